-- title: Totals that do not add up
-- description: Transactions of the last {days} days whose total is not quantity × price.
-- position: 2
-- severity: error
-- parameter: days type=integer default=7
-- placeholders: days
-- remedy: The transformer rejects such transactions, so something else wrote the file (SELECT "$path" …). Upload its input to raw/ again to have it made anew.
SELECT
    transaction_id,
    product_id,
    quantity,
    price,
    total_amount,
    quantity * price AS expected,
    date_partition
FROM transactions
WHERE
    date_partition >= date_format(date_add('day', -1 * ?, current_date), '%Y-%m-%d')
    AND (
        total_amount IS NULL
        OR total_amount <> quantity * price
    )
ORDER BY date_partition DESC, transaction_id
