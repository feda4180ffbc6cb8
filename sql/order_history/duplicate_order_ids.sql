-- position: 7
-- title: Duplicate Order Ids
-- description: Order ids that more than one line bears, most lines first. An id names invoice and product, so a repeated line repeats it.
-- chart: none
SELECT
    orderid,
    min(invoiceno) AS invoiceno,
    min(stockcode) AS stockcode,
    count(*) AS order_lines,
    count(*) - 1 AS extra_lines,
    sum(quantity) AS items,
    count(*) OVER () AS duplicated_ids,
    sum(count(*) - 1) OVER () AS all_extra_lines
FROM transformed_orders
GROUP BY orderid
HAVING count(*) > 1
ORDER BY order_lines DESC, orderid
LIMIT 100
