-- position: 1
-- title: Top 10 High-Value Orders
-- description: The ten lines with the largest amounts in US dollars among those tagged High.
-- chart: bar x=order_line y=amount_usd
SELECT
    invoiceno || ' / ' || stockcode AS order_line,
    description,
    country,
    invoicedateonly AS invoice_date,
    quantity,
    CAST(totalamountusd AS decimal(18, 2)) AS amount_usd,
    orderid
FROM transformed_orders
WHERE ordertag = 'High'
ORDER BY totalamountusd DESC, orderid, invoicedateonly, quantity
LIMIT 10
