-- position: 2
-- title: Monthly Order Volume and Revenue
-- description: How many orders were placed in each month, and what they come to.
-- chart: column x=month y=order_count
-- chart: line x=month y=revenue
SELECT
    date_format(order_date, '%Y-%m') AS month,
    count(*) AS order_count,
    sum(amount) AS revenue
FROM filtered_orders
GROUP BY date_format(order_date, '%Y-%m')
ORDER BY month
