-- position: 1
-- title: Total Sales by Customer
-- description: What each customer's orders come to, largest first.
-- chart: bar x=customer y=total_sales
SELECT
    customer,
    sum(amount) AS total_sales,
    count(*) AS order_count
FROM filtered_orders
GROUP BY customer
ORDER BY total_sales DESC, customer
