-- position: 4
-- title: Country Performance, {from:%-d %B %Y} to {to:%-d %B %Y}
-- description: Revenue and volume of each country in a span of days; only the partitions of those days are read.
-- chart: bar x=country y=revenue_usd
-- parameter: from type=date default=2010-12-01
-- parameter: to type=date default=2030-12-31
-- placeholders: from to
SELECT
    country_partition AS country,
    CAST(sum(totalamountusd) AS decimal(18, 2)) AS revenue_usd,
    count(*) AS order_lines,
    count(DISTINCT customerid) AS customers,
    sum(quantity) AS items,
    count(DISTINCT date_partition) AS days_with_orders
FROM transformed_orders
WHERE date_partition BETWEEN date(?) AND date(?)
GROUP BY country_partition
ORDER BY revenue_usd DESC, country
