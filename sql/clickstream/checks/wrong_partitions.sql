-- title: Clicks in an hour that is not theirs
-- description: Clicks of the last {days} days without a time of arrival, or whose hour (datehour) is not that of their arrival. Firehose names an object by its first click, so some arrive up to {buffer_minutes} minutes later.
-- position: 5
-- severity: error
-- parameter: days type=integer default=7
-- parameter: buffer_minutes type=integer default=20
-- placeholders: days buffer_minutes
-- remedy: Something else than the stream wrote the object (SELECT "$path" …), or the stream's prefix was changed: it must be clicks/ with Firehose's own YYYY/MM/DD/HH/ after it.
SELECT
    datehour,
    arrived_at,
    element_clicked,
    source_menu,
    click_id
FROM my_ingested_data
WHERE
    datehour >= date_format(date_add('day', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
    AND (
        try(from_iso8601_timestamp(arrived_at)) IS NULL
        OR from_iso8601_timestamp(arrived_at) < date_parse(datehour, '%Y/%m/%d/%H')
        OR from_iso8601_timestamp(arrived_at) > date_add('minute', 60 + ?, date_parse(datehour, '%Y/%m/%d/%H'))
    )
ORDER BY datehour DESC, arrived_at
