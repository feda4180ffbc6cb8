-- position: 3
-- title: Clicks per Hour
-- description: Clicks of the last {hours} hours by the hour (UTC) in which they arrived, hours without any included.
-- parameter: hours type=integer default=24
-- placeholders: hours hours
-- chart: column x=hour y=clicks
SELECT
    date_format(hours.moment, '%Y-%m-%d %H:00') AS hour,
    count(clicks.datehour) AS clicks,
    count(DISTINCT clicks.element_clicked) AS elements
FROM unnest(
    sequence(
        date_trunc('hour', date_add('hour', -1 * ?, CAST(current_timestamp AS timestamp))),
        date_trunc('hour', CAST(current_timestamp AS timestamp)),
        INTERVAL '1' HOUR
    )
) AS hours (moment)
LEFT JOIN (
    SELECT
        datehour,
        element_clicked,
        click_id,
        row_number() OVER (PARTITION BY click_id ORDER BY arrived_at) AS copy
    FROM my_ingested_data
    WHERE datehour >= date_format(date_add('hour', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
) AS clicks
    ON
        clicks.datehour = date_format(hours.moment, '%Y/%m/%d/%H')
        AND (clicks.click_id IS NULL OR clicks.copy = 1)
GROUP BY hours.moment
ORDER BY hour
