-- kind: table
-- title: Transactions
-- description: Valid transactions by UTC day; the transformer registers each new day, and compaction switches it to merged files.
CREATE EXTERNAL TABLE IF NOT EXISTS transactions (
    transaction_id string,
    `timestamp` timestamp COMMENT 'UTC',
    customer_id string,
    product_id string COMMENT 'always means the same product',
    product_name string,
    category string,
    quantity int,
    price decimal(10, 2),
    total_amount decimal(12, 2) COMMENT 'quantity × price',
    `year` int COMMENT 'this and the following: of the timestamp',
    `month` int,
    `day` int,
    `hour` int COMMENT '0 to 23',
    day_of_week int COMMENT '0 = Monday'
)
PARTITIONED BY (
    date_partition string COMMENT 'day of the timestamp, YYYY-MM-DD'
)
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES ('parquet.compression' = 'ZSTD', 'classification' = 'parquet')
