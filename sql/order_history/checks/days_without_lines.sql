-- title: Days without lines
-- description: Stretches of more than {gap_days} days without any line, within the last {days} days.
-- position: 7
-- severity: warning
-- parameter: days type=integer default=30
-- parameter: gap_days type=integer default=2
-- placeholders: days gap_days
-- remedy: See whether the generator and the agent ran on these days (journalctl on the server), whether Firehose left something in errors/, and whether the job's runs of these days succeeded.
SELECT
    previous_day,
    day AS next_day,
    date_diff('day', previous_day, day) - 1 AS days_without_lines
FROM (
    SELECT
        day,
        lag(day) OVER (ORDER BY day) AS previous_day
    FROM (
        SELECT DISTINCT date_partition AS day
        FROM transformed_orders
        WHERE date_partition BETWEEN date_add('day', -1 * ?, current_date) AND current_date
    ) AS days
) AS stretches
WHERE date_diff('day', previous_day, day) - 1 > ?
ORDER BY previous_day
