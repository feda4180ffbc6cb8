-- position: 5
-- title: Late and Early Clicks
-- description: Clicks of the last {hours} hours by how long after they were made they arrived. Early ones come of browsers whose clock is ahead.
-- parameter: hours type=integer default=24
-- chart: column x=arrival y=clicks
SELECT
    classes.arrival,
    count(clicks.class) AS clicks,
    min(clicks.seconds) AS least_seconds,
    max(clicks.seconds) AS most_seconds
FROM (
    VALUES
        (1, 'early'),
        (2, 'within a minute'),
        (3, 'within an hour'),
        (4, 'within a day'),
        (5, 'within a week'),
        (6, 'later'),
        (7, 'unknown')
) AS classes (class, arrival)
LEFT JOIN (
    SELECT
        CASE
            WHEN seconds IS NULL THEN 7
            WHEN seconds < 0 THEN 1
            WHEN seconds < 60 THEN 2
            WHEN seconds < 3600 THEN 3
            WHEN seconds < 86400 THEN 4
            WHEN seconds < 604800 THEN 5
            ELSE 6
        END AS class,
        seconds
    FROM (
        SELECT
            click_id,
            date_diff('second', try(from_iso8601_timestamp(created_at)), try(from_iso8601_timestamp(arrived_at))) AS seconds,
            row_number() OVER (PARTITION BY click_id ORDER BY arrived_at) AS copy
        FROM my_ingested_data
        WHERE datehour >= date_format(date_add('hour', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
    ) AS arrivals
    WHERE click_id IS NULL OR copy = 1
) AS clicks
    ON classes.class = clicks.class
GROUP BY classes.class, classes.arrival
ORDER BY classes.class
