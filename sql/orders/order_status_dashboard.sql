-- position: 3
-- title: Order Status Dashboard
-- description: How many orders stand at each status, their share of all orders in percent, and what they come to.
-- chart: bar x=status y=order_count
SELECT
    status,
    count(*) AS order_count,
    CAST(100.0 * count(*) / sum(count(*)) OVER () AS decimal(5, 1)) AS percent_of_orders,
    sum(amount) AS total_amount
FROM filtered_orders
GROUP BY status
ORDER BY order_count DESC, status
