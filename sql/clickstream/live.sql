-- position: 6
-- title: The Last Minutes
-- description: Clicks of the last 15 minutes by the minute (UTC) in which they arrived; what arrives now can be queried when the stream has written it, after about a minute.
-- live: yes
-- chart: column x=minute y=clicks
SELECT
    date_format(minutes.moment, '%H:%i') AS minute,
    count(clicks.arrived_at) AS clicks,
    count(DISTINCT clicks.element_clicked) AS elements
FROM unnest(
    sequence(
        date_trunc('minute', date_add('minute', -15, CAST(current_timestamp AS timestamp))),
        date_trunc('minute', CAST(current_timestamp AS timestamp)),
        INTERVAL '1' MINUTE
    )
) AS minutes (moment)
LEFT JOIN (
    SELECT
        arrived_at,
        element_clicked,
        click_id,
        row_number() OVER (PARTITION BY click_id ORDER BY arrived_at) AS copy
    FROM my_ingested_data
    WHERE datehour >= date_format(date_add('minute', -15, current_timestamp), '%Y/%m/%d/%H')
) AS clicks
    ON
        substr(clicks.arrived_at, 1, 16) = date_format(minutes.moment, '%Y-%m-%dT%H:%i')
        AND (clicks.click_id IS NULL OR clicks.copy = 1)
GROUP BY minutes.moment
ORDER BY minutes.moment
