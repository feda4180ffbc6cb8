-- position: 3
-- title: Hourly Pattern
-- description: Transactions and sales by the hour of the day (UTC), over all days.
-- chart: column x=hour y=transactions
-- chart: column x=hour y=sales
SELECT
    "hour",
    count(*) AS transactions,
    sum(total_amount) AS sales
FROM transactions
GROUP BY "hour"
ORDER BY "hour"
