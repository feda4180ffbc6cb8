-- title: Order ids that do not name their line
-- description: Lines of the last {days} days whose id is not the SHA-256 of invoice and product.
-- position: 2
-- severity: error
-- parameter: days type=integer default=30
-- placeholders: days
-- remedy: Something else than the job wrote to curated/, or an older version of it. Do the arrival days again: ansible-playbook playbooks/run-etl.yml -e days=DAY,DAY.
SELECT
    orderid,
    invoiceno,
    stockcode,
    date_partition
FROM transformed_orders
WHERE
    date_partition >= date_add('day', -1 * ?, current_date)
    AND (
        orderid IS NULL
        OR invoiceno IS NULL
        OR stockcode IS NULL
        OR orderid <> lower(to_hex(sha256(to_utf8(invoiceno || stockcode))))
    )
ORDER BY date_partition DESC, invoiceno, stockcode
