-- kind: table
-- title: Orders, transformed
-- description: Invoice lines by country and day; the Spark job of files/glue registers the partitions, so no crawl is needed.
CREATE EXTERNAL TABLE IF NOT EXISTS transformed_orders (
    orderid string COMMENT 'SHA-256 of invoiceno and stockcode, in hexadecimal; names a line and is not unique',
    invoiceno string,
    stockcode string,
    description string,
    quantity int,
    invoicedateonly date,
    invoicehour int COMMENT '0 to 23',
    unitprice decimal(16, 6) COMMENT 'in the source currency',
    customerid string COMMENT 'null where the line has none',
    country string,
    region string COMMENT 'by the job''s map; Other where that lacks the country',
    totalamountusd decimal(38, 12) COMMENT 'quantity × unitprice × usd_rate, never rounded',
    ordertag string COMMENT 'High or Low'
)
PARTITIONED BY (
    country_partition string,
    date_partition date
)
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES ('parquet.compression' = 'ZSTD', 'classification' = 'parquet')
