-- title: Products that mean different things
-- description: Product ids of the last {days} days under which more than one name or category was sold.
-- position: 5
-- severity: error
-- parameter: days type=integer default=7
-- placeholders: days
-- remedy: See since when the other name is there (SELECT min("timestamp") … GROUP BY product_name) and correct the catalogue of the generator, or whoever else writes to raw/; then upload the inputs again.
SELECT
    product_id,
    count(DISTINCT product_name) AS names,
    count(DISTINCT category) AS categories,
    min(product_name) AS one_name,
    max(product_name) AS other_name,
    min(category) AS one_category,
    max(category) AS other_category,
    count(*) AS transactions
FROM transactions
WHERE date_partition >= date_format(date_add('day', -1 * ?, current_date), '%Y-%m-%d')
GROUP BY product_id
HAVING
    count(DISTINCT product_name) > 1
    OR count(DISTINCT category) > 1
ORDER BY product_id
