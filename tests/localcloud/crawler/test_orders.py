"""The crawl that the orders pipeline stands on."""

import datetime
import decimal
import io

import pyarrow as pa
import pyarrow.parquet as pq


def orders(rows=3):
    """A Parquet file as the function FilterAndProcessOrders writes it."""
    schema = pa.schema(
        [
            ("order_id", pa.string()),
            ("customer", pa.string()),
            ("amount", pa.decimal128(12, 2)),
            ("status", pa.string()),
            ("order_date", pa.date32()),
        ]
    )
    row = {
        "order_id": "O1",
        "customer": "Ada",
        "amount": decimal.Decimal("10.50"),
        "status": "shipped",
        "order_date": datetime.date(2025, 2, 1),
    }
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row] * rows, schema), buffer)
    return buffer.getvalue()


def test_processed_orders_become_the_table_filtered_orders(site):
    site.put("processed/filtered_orders/", "")
    site.put("processed/filtered_orders/a.parquet", orders(3))
    site.put("processed/filtered_orders/b.parquet", orders(5))
    site.create("processed/filtered_orders/")
    site.crawl()
    (table,) = site.tables().values()
    assert table["Name"] == "filtered_orders"
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert site.columns("filtered_orders") == {
        "order_id": "string",
        "customer": "string",
        "amount": "decimal(12,2)",
        "status": "string",
        "order_date": "date",
    }
    storage = table["StorageDescriptor"]
    assert storage["Location"] == f"s3://{site.bucket}/processed/filtered_orders/"
    assert storage["InputFormat"] == "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    assert storage["OutputFormat"] == "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
    assert storage["SerdeInfo"]["SerializationLibrary"] == "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    parameters = table["Parameters"]
    assert parameters["classification"] == "parquet"
    assert parameters["UPDATED_BY_CRAWLER"] == site.crawler
    assert parameters["recordCount"] == "8"
    assert parameters["objectCount"] == "2"
    assert table.get("PartitionKeys", []) == []
    assert site.metrics()["TablesCreated"] == 1


def test_a_second_crawl_of_the_same_files_changes_nothing(site):
    site.put("processed/filtered_orders/a.parquet", orders())
    site.create("processed/filtered_orders/")
    site.crawl()
    before = site.tables()
    site.crawl()
    assert site.tables() == before
    assert site.metrics()["TablesUpdated"] == 0


def test_more_files_update_the_tables_statistics(site):
    site.put("processed/filtered_orders/a.parquet", orders(3))
    site.create("processed/filtered_orders/")
    site.crawl()
    site.put("processed/filtered_orders/b.parquet", orders(4))
    site.crawl()
    assert site.tables()["filtered_orders"]["Parameters"]["recordCount"] == "7"
    assert site.metrics()["TablesUpdated"] == 1


def test_a_crawl_of_an_empty_folder_succeeds_without_a_table(site):
    site.create("processed/filtered_orders/")
    site.crawl()
    assert site.tables() == {}


def test_a_small_crawl_takes_well_under_a_second(site):
    site.put("processed/filtered_orders/a.parquet", orders())
    site.create("processed/filtered_orders/")
    for _ in range(3):
        site.crawl()
    assert site.metrics()["MedianRuntimeSeconds"] < 1.0
