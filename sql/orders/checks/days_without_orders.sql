-- title: Days without orders
-- description: Stretches of more than {gap_days} days without any order, within the last {days} days.
-- position: 5
-- severity: warning
-- parameter: days type=integer default=30
-- parameter: gap_days type=integer default=14
-- placeholders: days gap_days
-- remedy: See whether a file of these days was never uploaded or was rejected whole (page Files processed), and upload it.
SELECT
    previous_date,
    order_date AS next_date,
    date_diff('day', previous_date, order_date) - 1 AS days_without_orders
FROM (
    SELECT
        order_date,
        lag(order_date) OVER (ORDER BY order_date) AS previous_date
    FROM (
        SELECT DISTINCT order_date
        FROM filtered_orders
        WHERE order_date BETWEEN date_add('day', -1 * ?, current_date) AND current_date
    ) AS days
) AS stretches
WHERE date_diff('day', previous_date, order_date) - 1 > ?
ORDER BY previous_date
