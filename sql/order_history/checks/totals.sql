-- title: Amounts that do not add up
-- description: Lines of the last {days} days whose amount is not quantity × price × {usd_rate}, or whose tag does not say whether it is above {high_value_usd} dollars.
-- position: 4
-- severity: error
-- parameter: days type=integer default=30
-- parameter: usd_rate type=text default=0.012
-- parameter: high_value_usd type=text default=100
-- placeholders: usd_rate high_value_usd days usd_rate high_value_usd
-- remedy: After a change of the job's rate or bound the days of before it have the old one: do them again with ansible-playbook playbooks/run-etl.yml -e days=DAY,DAY. Otherwise something else than the job wrote to curated/.
SELECT
    invoiceno,
    stockcode,
    quantity,
    unitprice,
    totalamountusd,
    quantity * unitprice * CAST(? AS decimal(10, 6)) AS expected_usd,
    ordertag,
    CASE WHEN totalamountusd > CAST(? AS decimal(18, 6)) THEN 'High' ELSE 'Low' END AS expected_tag,
    date_partition
FROM transformed_orders
WHERE
    date_partition >= date_add('day', -1 * ?, current_date)
    AND (
        totalamountusd IS NULL
        OR totalamountusd <> quantity * unitprice * CAST(? AS decimal(10, 6))
        OR ordertag IS NULL
        OR ordertag <> CASE WHEN totalamountusd > CAST(? AS decimal(18, 6)) THEN 'High' ELSE 'Low' END
    )
ORDER BY date_partition DESC, invoiceno, stockcode
