-- title: Orders without a customer
-- description: Orders that name nobody: they count in no customer's sales.
-- position: 3
-- severity: warning
-- remedy: Ask the system that wrote the file for the customer, and upload the corrected file under the same name.
SELECT
    order_id,
    amount,
    status,
    order_date
FROM filtered_orders
WHERE
    customer IS NULL
    OR trim(customer) = ''
ORDER BY order_date DESC, order_id
