-- position: 1
-- title: Sales by Category
-- description: What each category sold, with its number of transactions and of units, largest first.
-- chart: bar x=category y=sales
SELECT
    category,
    sum(total_amount) AS sales,
    count(*) AS transactions,
    sum(quantity) AS units
FROM transactions
GROUP BY category
ORDER BY sales DESC, category
