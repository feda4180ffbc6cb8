-- position: 4
-- title: Menus Compared
-- description: The menus from which people clicked in the last {hours} hours, with their share of the clicks and the time spent.
-- parameter: hours type=integer default=24
-- chart: bar x=menu y=clicks
-- chart: bar x=menu y=average_seconds
SELECT
    source_menu AS menu,
    count(*) AS clicks,
    CAST(100.00 * count(*) / sum(count(*)) OVER () AS decimal(5, 2)) AS percent,
    count(DISTINCT element_clicked) AS elements,
    CAST(round(avg(CAST(time_spent AS double)), 1) AS decimal(8, 1)) AS average_seconds
FROM (
    SELECT
        source_menu,
        element_clicked,
        time_spent,
        click_id,
        row_number() OVER (PARTITION BY click_id ORDER BY arrived_at) AS copy
    FROM my_ingested_data
    WHERE datehour >= date_format(date_add('hour', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
) AS clicks
WHERE click_id IS NULL OR copy = 1
GROUP BY source_menu
ORDER BY clicks DESC, menu
LIMIT 50
