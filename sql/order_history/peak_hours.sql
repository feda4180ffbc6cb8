-- position: 3
-- title: Peak Hours
-- description: Lines and revenue in US dollars by the hour in which invoices were written.
-- chart: column x=hour y=order_lines
-- chart: column x=hour y=revenue_usd
SELECT
    invoicehour AS hour,
    count(*) AS order_lines,
    count(DISTINCT invoiceno) AS invoices,
    CAST(sum(totalamountusd) AS decimal(18, 2)) AS revenue_usd
FROM transformed_orders
GROUP BY invoicehour
ORDER BY hour
