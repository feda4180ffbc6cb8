-- title: Transactions that are there more than once
-- description: Transaction ids of the last {days} days that more than one row bears: every sum counts them twice.
-- position: 1
-- severity: error
-- parameter: days type=integer default=7
-- placeholders: days
-- remedy: See which files hold the id (SELECT "$path" …). If one is a compacted file, compact the day again: ansible-playbook playbooks/compact-transactions.yml; otherwise two input files in raw/ bear the same transaction.
SELECT
    transaction_id,
    count(*) AS times,
    min("timestamp") AS first_time,
    max("timestamp") AS last_time,
    sum(total_amount) AS total_amount
FROM transactions
WHERE date_partition >= date_format(date_add('day', -1 * ?, current_date), '%Y-%m-%d')
GROUP BY transaction_id
HAVING count(*) > 1
ORDER BY times DESC, transaction_id
