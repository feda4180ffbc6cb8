-- title: Transactions of nobody or of nothing
-- description: Transactions of the last {days} days that name no customer or no product, or a product without name or category.
-- position: 4
-- severity: error
-- parameter: days type=integer default=7
-- placeholders: days
-- remedy: The transformer rejects such transactions, so something else wrote the file (SELECT "$path" …). Upload its input to raw/ again to have it made anew.
SELECT
    transaction_id,
    customer_id,
    product_id,
    product_name,
    category,
    total_amount,
    date_partition
FROM transactions
WHERE
    date_partition >= date_format(date_add('day', -1 * ?, current_date), '%Y-%m-%d')
    AND (
        coalesce(trim(customer_id), '') = ''
        OR coalesce(trim(product_id), '') = ''
        OR coalesce(trim(product_name), '') = ''
        OR coalesce(trim(category), '') = ''
    )
ORDER BY date_partition DESC, transaction_id
