-- title: Gaps in time
-- description: Stretches of more than {gap_minutes} minutes without any transaction, within the last {days} days.
-- position: 7
-- severity: warning
-- parameter: days type=integer default=7
-- parameter: gap_minutes type=integer default=60
-- placeholders: days gap_minutes
-- remedy: See whether the generator's schedule was off or its function failed at that time (alarms, log group), and whether events wait in the queue of failures; ansible-playbook playbooks/replay-failures.yml sends them again.
SELECT
    previous_time,
    moment AS next_time,
    date_diff('minute', previous_time, moment) AS minutes_without_transactions
FROM (
    SELECT
        "timestamp" AS moment,
        lag("timestamp") OVER (ORDER BY "timestamp") AS previous_time
    FROM transactions
    WHERE date_partition >= date_format(date_add('day', -1 * ?, current_date), '%Y-%m-%d')
) AS stretches
WHERE date_diff('minute', previous_time, moment) > ?
ORDER BY previous_time
