-- position: 2
-- title: Top Products
-- description: The ten products that sold for most, and how many units of each.
-- chart: bar x=product_name y=sales
SELECT
    product_name,
    category,
    sum(total_amount) AS sales,
    sum(quantity) AS units,
    product_id
FROM transactions
GROUP BY product_id, product_name, category
ORDER BY sales DESC, product_id
LIMIT 10
