-- title: No new transactions
-- description: The newest transaction is more than {fresh_minutes} minutes old, or there is none of the last {days} days.
-- position: 8
-- severity: error
-- parameter: days type=integer default=7
-- parameter: fresh_minutes type=integer default=60
-- placeholders: days fresh_minutes
-- remedy: Follow the data: does the rule data-generator-schedule fire, do the functions data-generator and data-transformer fail (alarms, log groups), do events wait in the queue of failures? ansible-playbook playbooks/replay-failures.yml sends them again.
SELECT
    max("timestamp") AS newest,
    date_diff('minute', max("timestamp"), CAST(current_timestamp AS timestamp)) AS minutes_ago
FROM transactions
WHERE
    date_partition >= date_format(date_add('day', -1 * ?, current_date), '%Y-%m-%d')
    AND "timestamp" <= date_add('hour', 1, CAST(current_timestamp AS timestamp))
HAVING coalesce(date_diff('minute', max("timestamp"), CAST(current_timestamp AS timestamp)) > ?, true)
