-- title: Values that no line can have
-- description: Lines of the last {days} days with a quantity or price that is not more than zero, an hour outside the day, no country, or a date to come. The job drops or rejects such lines.
-- position: 3
-- severity: error
-- parameter: days type=integer default=30
-- placeholders: days
-- remedy: Something else than the job wrote to curated/, or the clock of the shop's server is wrong. Correct it, then do the arrival days again: ansible-playbook playbooks/run-etl.yml -e days=DAY,DAY.
SELECT
    CASE
        WHEN quantity IS NULL OR quantity <= 0 THEN 'quantity'
        WHEN unitprice IS NULL OR unitprice <= 0 THEN 'price'
        WHEN invoicehour IS NULL OR invoicehour NOT BETWEEN 0 AND 23 THEN 'hour'
        WHEN country IS NULL OR trim(country) = '' THEN 'country'
        ELSE 'date to come'
    END AS fault,
    invoiceno,
    stockcode,
    quantity,
    unitprice,
    invoicehour,
    country,
    date_partition
FROM transformed_orders
WHERE
    date_partition >= date_add('day', -1 * ?, current_date)
    AND (
        quantity IS NULL
        OR quantity <= 0
        OR unitprice IS NULL
        OR unitprice <= 0
        OR invoicehour IS NULL
        OR invoicehour NOT BETWEEN 0 AND 23
        OR country IS NULL
        OR trim(country) = ''
        OR date_partition > date_add('day', 1, current_date)
    )
ORDER BY fault, date_partition DESC, invoiceno, stockcode
