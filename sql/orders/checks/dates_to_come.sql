-- title: Orders of days to come
-- description: Orders dated later than tomorrow (UTC): usually a mistyped year, or day and month in the wrong order.
-- position: 4
-- severity: warning
-- remedy: Correct the date in the file and upload it again under the same name.
SELECT
    order_id,
    customer,
    amount,
    order_date,
    date_diff('day', current_date, order_date) AS days_ahead
FROM filtered_orders
WHERE order_date > date_add('day', 1, current_date)
ORDER BY order_date DESC, order_id
