-- position: 4
-- title: Average Order Value per Customer
-- description: The mean amount of each customer's orders, rounded to cents, largest first.
-- chart: bar x=customer y=average_order_value
SELECT
    customer,
    avg(amount) AS average_order_value,
    count(*) AS order_count
FROM filtered_orders
GROUP BY customer
ORDER BY average_order_value DESC, customer
