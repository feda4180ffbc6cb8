-- title: Orders that are there more than once
-- description: Order ids that more than one row bears: every sum counts them twice.
-- position: 1
-- severity: error
-- remedy: Find the files that hold the order (page Files processed), delete all but one of them from raw/ and the file's outputs from processed/, or correct the system that writes the files.
SELECT
    order_id,
    count(*) AS orders,
    count(DISTINCT customer) AS customers,
    sum(amount) AS total_amount,
    min(order_date) AS first_date,
    max(order_date) AS last_date
FROM filtered_orders
GROUP BY order_id
HAVING count(*) > 1
ORDER BY orders DESC, order_id
