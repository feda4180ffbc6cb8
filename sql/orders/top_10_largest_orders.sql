-- position: 5
-- title: Top 10 Largest Orders in {month:%B %Y}
-- description: The ten orders of the month with the largest amounts.
-- chart: bar x=order_id y=amount
-- parameter: month type=month default=2025-02
-- placeholders: month month
SELECT
    order_id,
    customer,
    amount,
    status,
    order_date
FROM filtered_orders
WHERE
    order_date >= date(? || '-01')
    AND order_date < date_add('month', 1, date(? || '-01'))
ORDER BY amount DESC, order_id, order_date, customer, status
LIMIT 10
