-- position: 2
-- title: Regional Revenue
-- description: Revenue in US dollars of each region, its number of lines and of lines tagged High, largest first.
-- chart: bar x=region y=revenue_usd
SELECT
    region,
    CAST(sum(totalamountusd) AS decimal(18, 2)) AS revenue_usd,
    count(*) AS order_lines,
    count_if(ordertag = 'High') AS high_value_lines,
    count(DISTINCT country) AS countries
FROM transformed_orders
GROUP BY region
ORDER BY revenue_usd DESC, region
