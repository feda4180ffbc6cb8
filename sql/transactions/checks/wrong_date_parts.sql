-- title: Date parts that are not the time's
-- description: Transactions of the last {days} days whose year, month, day, hour, weekday (0 is Monday) or partition is not that of their time.
-- position: 6
-- severity: error
-- parameter: days type=integer default=7
-- placeholders: days
-- remedy: Something else than the transformer wrote the file (SELECT "$path" …), or a partition's Location is wrong. Upload the input to raw/ again, or compact the day again: ansible-playbook playbooks/compact-transactions.yml.
SELECT
    transaction_id,
    "timestamp",
    date_partition,
    year,
    month,
    day,
    hour,
    day_of_week
FROM transactions
WHERE
    date_partition >= date_format(date_add('day', -1 * ?, current_date), '%Y-%m-%d')
    AND (
        date_partition <> date_format("timestamp", '%Y-%m-%d')
        OR coalesce(year, -1) <> year("timestamp")
        OR coalesce(month, -1) <> month("timestamp")
        OR coalesce(day, -1) <> day("timestamp")
        OR coalesce(hour, -1) <> hour("timestamp")
        OR coalesce(day_of_week, -1) <> day_of_week("timestamp") - 1
    )
ORDER BY date_partition DESC, transaction_id
