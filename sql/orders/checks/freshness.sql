-- title: No new orders
-- description: The newest order is dated more than {fresh_days} days ago.
-- position: 6
-- severity: warning
-- parameter: fresh_days type=integer default=7
-- placeholders: fresh_days
-- remedy: Upload the files that are due: ansible-playbook playbooks/upload-orders.yml -e orders_csv=FILE. If they were, look for rejected files and for events in the queue of failures.
SELECT
    max(order_date) AS newest_order,
    date_diff('day', max(order_date), current_date) AS days_ago
FROM filtered_orders
WHERE order_date <= current_date
HAVING date_diff('day', max(order_date), current_date) > ?
