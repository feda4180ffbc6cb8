-- title: Lines in a partition that is not theirs
-- description: Lines of the last {days} days that lie in the partition of another day or country: queries that name the partition miss them.
-- position: 5
-- severity: error
-- parameter: days type=integer default=30
-- placeholders: days
-- remedy: See where the partition's Location leads (Glue console, or SHOW PARTITIONS), and do the arrival days of these lines again: ansible-playbook playbooks/run-etl.yml -e days=DAY,DAY.
SELECT
    invoiceno,
    stockcode,
    country,
    country_partition,
    invoicedateonly,
    date_partition
FROM transformed_orders
WHERE
    date_partition >= date_add('day', -1 * ?, current_date)
    AND (
        invoicedateonly IS NULL
        OR invoicedateonly <> date_partition
        OR country <> country_partition
    )
ORDER BY date_partition DESC, invoiceno, stockcode
