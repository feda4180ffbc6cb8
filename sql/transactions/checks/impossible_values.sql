-- title: Values that no transaction can have
-- description: Transactions of the last {days} days with a quantity or price that is not more than zero, without id or time, or of a time to come.
-- position: 3
-- severity: error
-- parameter: days type=integer default=7
-- placeholders: days
-- remedy: The transformer rejects such transactions, so something else wrote the file (SELECT "$path" …), or a clock is wrong. Upload its input to raw/ again to have it made anew.
SELECT
    CASE
        WHEN transaction_id IS NULL OR trim(transaction_id) = '' THEN 'no id'
        WHEN "timestamp" IS NULL THEN 'no time'
        WHEN quantity IS NULL OR quantity <= 0 THEN 'quantity'
        WHEN price IS NULL OR price <= 0 THEN 'price'
        ELSE 'time to come'
    END AS fault,
    transaction_id,
    "timestamp",
    product_id,
    quantity,
    price,
    date_partition
FROM transactions
WHERE
    date_partition >= date_format(date_add('day', -1 * ?, current_date), '%Y-%m-%d')
    AND (
        transaction_id IS NULL
        OR trim(transaction_id) = ''
        OR "timestamp" IS NULL
        OR quantity IS NULL
        OR quantity <= 0
        OR price IS NULL
        OR price <= 0
        OR "timestamp" > date_add('hour', 1, CAST(current_timestamp AS timestamp))
    )
ORDER BY fault, transaction_id
