-- title: Clicks of a time to come
-- description: Clicks of the last {days} days that were made more than {early_minutes} minutes after they arrived, by the browser's clock.
-- position: 6
-- severity: warning
-- parameter: days type=integer default=7
-- parameter: early_minutes type=integer default=5
-- placeholders: days early_minutes
-- remedy: The browser's clock is ahead, or created_at was written in local time as if it were UTC: created_at_sent has what was sent where it was put into form.
SELECT
    created_at,
    arrived_at,
    created_at_sent,
    element_clicked,
    source_menu,
    click_id
FROM my_ingested_data
WHERE
    datehour >= date_format(date_add('day', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
    AND date_diff('second', try(from_iso8601_timestamp(arrived_at)), try(from_iso8601_timestamp(created_at))) > 60 * ?
ORDER BY created_at DESC, arrived_at
