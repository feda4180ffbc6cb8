-- title: Values that no order can have
-- description: Orders without id, amount, date or known status, or with a negative amount. The function rejects such rows, so anything here came another way.
-- position: 2
-- severity: error
-- remedy: See which file in processed/ holds the row (SELECT "$path" …) and who wrote it; upload its source file again to have it made anew.
SELECT
    CASE
        WHEN order_id IS NULL OR trim(order_id) = '' THEN 'no order id'
        WHEN amount IS NULL THEN 'no amount'
        WHEN amount < 0 THEN 'negative amount'
        WHEN order_date IS NULL THEN 'no date'
        WHEN status IS NULL THEN 'no status'
        ELSE 'unknown status'
    END AS fault,
    order_id,
    customer,
    amount,
    status,
    order_date
FROM filtered_orders
WHERE
    order_id IS NULL
    OR trim(order_id) = ''
    OR amount IS NULL
    OR amount < 0
    OR order_date IS NULL
    OR status IS NULL
    OR status NOT IN ('cancelled', 'confirmed', 'pending', 'shipped')
ORDER BY fault, order_id
