-- position: 1
-- title: Clicks by Element
-- description: The 50 elements that were clicked most in the last {hours} hours. A click that was sent again counts once.
-- parameter: hours type=integer default=24
-- chart: bar x=element y=clicks
SELECT
    element_clicked AS element,
    count(*) AS clicks,
    CAST(100.00 * count(*) / sum(count(*)) OVER () AS decimal(5, 2)) AS percent
FROM (
    SELECT
        element_clicked,
        click_id,
        row_number() OVER (PARTITION BY click_id ORDER BY arrived_at) AS copy
    FROM my_ingested_data
    WHERE datehour >= date_format(date_add('hour', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
) AS clicks
WHERE click_id IS NULL OR copy = 1
GROUP BY element_clicked
ORDER BY clicks DESC, element
LIMIT 50
