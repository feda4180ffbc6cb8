-- position: 2
-- title: Time Spent by Menu Item
-- description: How long people looked at an item before they clicked it, in the last {hours} hours: the 50 items with the longest time in all.
-- parameter: hours type=integer default=24
-- chart: bar x=item y=seconds
-- chart: bar x=item y=average_seconds
SELECT
    element_clicked AS item,
    sum(CAST(time_spent AS bigint)) AS seconds,
    CAST(round(avg(CAST(time_spent AS double)), 1) AS decimal(8, 1)) AS average_seconds,
    max(time_spent) AS longest_seconds,
    count(*) AS clicks
FROM (
    SELECT
        element_clicked,
        time_spent,
        click_id,
        row_number() OVER (PARTITION BY click_id ORDER BY arrived_at) AS copy
    FROM my_ingested_data
    WHERE datehour >= date_format(date_add('hour', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
) AS clicks
WHERE click_id IS NULL OR copy = 1
GROUP BY element_clicked
ORDER BY seconds DESC, item
LIMIT 50
