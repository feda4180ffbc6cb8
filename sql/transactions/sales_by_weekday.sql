-- position: 4
-- title: Sales by Weekday
-- description: Sales of each weekday (UTC), and what they come to for one such day, since a weekday may have come more often than another.
-- chart: column x=weekday y=sales_per_day
-- chart: column x=weekday y=sales
SELECT
    element_at(ARRAY['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'], day_of_week + 1) AS weekday,
    sum(total_amount) AS sales,
    count(*) AS transactions,
    count(DISTINCT date_partition) AS days,
    CAST(sum(total_amount) / count(DISTINCT date_partition) AS decimal(18, 2)) AS sales_per_day
FROM transactions
GROUP BY day_of_week
ORDER BY day_of_week
