-- position: 5
-- title: Missing Customers
-- description: Lines that name no customer, by country, their share of the country's lines in percent, and what they come to.
-- chart: bar x=country y=lines_without_customer
SELECT
    country,
    count_if(customerid IS NULL) AS lines_without_customer,
    CAST(100.0 * count_if(customerid IS NULL) / count(*) AS decimal(5, 1)) AS percent_of_lines,
    CAST(sum(CASE WHEN customerid IS NULL THEN totalamountusd END) AS decimal(18, 2)) AS revenue_usd
FROM transformed_orders
GROUP BY country
HAVING count_if(customerid IS NULL) > 0
ORDER BY lines_without_customer DESC, country
