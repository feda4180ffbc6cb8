-- title: No new lines
-- description: The newest invoice is dated more than {fresh_hours} hours ago (they may be a day late), or not within the last {days} days.
-- position: 8
-- severity: error
-- parameter: days type=integer default=30
-- parameter: fresh_hours type=integer default=30
-- placeholders: days fresh_hours
-- remedy: Follow the lines: are generator and agent active on the server, does the stream deliver to raw/, did the job's last run succeed? ansible-playbook playbooks/run-etl.yml runs it now.
SELECT
    max(date_add('hour', invoicehour, CAST(invoicedateonly AS timestamp))) AS newest_hour,
    max(date_partition) AS newest_day
FROM transformed_orders
WHERE date_partition BETWEEN date_add('day', -1 * ?, current_date) AND current_date
HAVING coalesce(date_diff('hour', max(date_add('hour', invoicehour, CAST(invoicedateonly AS timestamp))), CAST(current_timestamp AS timestamp)) > ?, true)
