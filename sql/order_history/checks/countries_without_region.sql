-- title: Countries without a region
-- description: Countries of the last {days} days that the job's map does not know, and whose revenue therefore counts as Other.
-- position: 6
-- severity: warning
-- parameter: days type=integer default=30
-- placeholders: days
-- remedy: Add the country to files/glue/order_history/regions.csv, deploy, and do the arrival days again: ansible-playbook playbooks/run-etl.yml -e days=DAY,DAY.
SELECT
    country,
    count(*) AS order_lines,
    CAST(sum(totalamountusd) AS decimal(18, 2)) AS revenue_usd,
    min(date_partition) AS first_day,
    max(date_partition) AS last_day
FROM transformed_orders
WHERE
    date_partition >= date_add('day', -1 * ?, current_date)
    AND (
        region IS NULL
        OR region = 'Other'
    )
GROUP BY country
ORDER BY order_lines DESC, country
