-- title: Very late clicks
-- description: Clicks of the last {days} days that arrived more than {late_hours} hours after they were made.
-- position: 7
-- severity: warning
-- parameter: days type=integer default=7
-- parameter: late_hours type=integer default=24
-- placeholders: days late_hours
-- remedy: A browser kept them while it had no connection, or its clock is behind. They count in the hour in which they arrived.
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
    AND date_diff('second', try(from_iso8601_timestamp(created_at)), try(from_iso8601_timestamp(arrived_at))) > 3600 * ?
ORDER BY created_at, arrived_at
