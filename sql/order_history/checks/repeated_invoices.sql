-- title: Invoices that arrived twice
-- description: Invoices of the last {days} days of which every line is there at least twice. Single lines repeat legitimately, whole invoices of three lines and more do not.
-- position: 1
-- severity: error
-- parameter: days type=integer default=30
-- placeholders: days
-- remedy: Find the doubled file in raw/ (the agent sent a log file again, or somebody replayed lines), delete one copy and do its day again: ansible-playbook playbooks/run-etl.yml -e days=DAY.
SELECT
    invoiceno,
    date_partition,
    count(*) AS different_lines,
    sum(times) AS order_lines,
    CAST(sum(amount) AS decimal(18, 2)) AS total_usd
FROM (
    SELECT
        invoiceno,
        date_partition,
        count(*) AS times,
        sum(totalamountusd) AS amount
    FROM transformed_orders
    WHERE date_partition >= date_add('day', -1 * ?, current_date)
    GROUP BY invoiceno, date_partition, stockcode, description, quantity, unitprice, customerid, country, invoicehour
) AS lines
GROUP BY invoiceno, date_partition
HAVING
    min(times) > 1
    AND count(*) > 2
ORDER BY date_partition DESC, invoiceno
