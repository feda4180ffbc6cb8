-- title: Dates that are no dates
-- description: Clicks of the last {days} days whose created_at is missing or is not a UTC time of ISO 8601.
-- position: 4
-- severity: error
-- parameter: days type=integer default=7
-- placeholders: days
-- remedy: The transform puts dates into form or rejects the click, so something else wrote the object (SELECT "$path" …), or the transform has a fault: created_at_sent has what was sent.
SELECT
    created_at,
    created_at_sent,
    element_clicked,
    source_menu,
    click_id,
    datehour
FROM my_ingested_data
WHERE
    datehour >= date_format(date_add('day', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
    AND (
        created_at IS NULL
        OR NOT regexp_like(created_at, '^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$')
        OR try(from_iso8601_timestamp(created_at)) IS NULL
    )
ORDER BY datehour DESC, created_at
