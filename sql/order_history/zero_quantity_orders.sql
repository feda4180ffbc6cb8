-- position: 6
-- title: Zero-Quantity Orders
-- description: Lines whose quantity or price is not more than zero. The job drops such lines, so anything here is a fault.
-- chart: none
SELECT
    orderid,
    invoiceno,
    stockcode,
    quantity,
    unitprice,
    country,
    invoicedateonly AS invoice_date
FROM transformed_orders
WHERE
    quantity <= 0
    OR unitprice <= 0
ORDER BY invoice_date, orderid, quantity
LIMIT 100
