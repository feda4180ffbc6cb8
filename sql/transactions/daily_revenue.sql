-- position: 5
-- title: Daily Revenue
-- description: Revenue of each of the last 90 days that have transactions (UTC), and of a transaction on average.
-- chart: line x=date y=revenue
-- chart: column x=date y=transactions
SELECT
    "date",
    revenue,
    transactions,
    CAST(revenue / transactions AS decimal(18, 2)) AS average_transaction
FROM (
    SELECT
        CAST(date_partition AS date) AS "date",
        sum(total_amount) AS revenue,
        count(*) AS transactions
    FROM transactions
    GROUP BY date_partition
    ORDER BY date_partition DESC
    LIMIT 90
) AS latest
ORDER BY "date"
