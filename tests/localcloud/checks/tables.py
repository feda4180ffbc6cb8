"""Tables as the pipelines have them, of the house's own samples, for the checks to look at.

Rows are dictionaries of plain values, so that a test plants its fault by changing one.
"""

import csv
import gzip
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from log_generator.shop import CURRENCIES, Shop

from tests.local_cloud import ROOT, wait_for
from tests.unit.orders_support import core as orders_core
from tests.unit.orders_support import load, rows_of, sample

NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
TODAY = NOW.date()
PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "decimal(10,2)": pa.decimal128(10, 2),
    "decimal(12,2)": pa.decimal128(12, 2),
    "decimal(16,6)": pa.decimal128(16, 6),
    "decimal(38,12)": pa.decimal128(38, 12),
}
NAMES = {
    "orders": "filtered_orders",
    "order_history": "transformed_orders",
    "transactions": "transactions",
    "clickstream": "my_ingested_data",
}
COLUMNS = {
    "orders": {"order_id": "string", "customer": "string", "amount": "decimal(12,2)", "status": "string", "order_date": "date"},
    "order_history": {
        "orderid": "string",
        "invoiceno": "string",
        "stockcode": "string",
        "description": "string",
        "quantity": "int",
        "invoicedateonly": "date",
        "invoicehour": "int",
        "unitprice": "decimal(16,6)",
        "customerid": "string",
        "country": "string",
        "region": "string",
        "totalamountusd": "decimal(38,12)",
        "ordertag": "string",
    },
    "transactions": {
        "transaction_id": "string",
        "timestamp": "timestamp",
        "customer_id": "string",
        "product_id": "string",
        "product_name": "string",
        "category": "string",
        "quantity": "int",
        "price": "decimal(10,2)",
        "total_amount": "decimal(12,2)",
        "year": "int",
        "month": "int",
        "day": "int",
        "hour": "int",
        "day_of_week": "int",
    },
    "clickstream": {
        "element_clicked": "string",
        "time_spent": "int",
        "source_menu": "string",
        "created_at": "string",
        "click_id": "string",
        "arrived_at": "string",
        "created_at_sent": "string",
    },
}
PARTITIONS = {
    "orders": {},
    "order_history": {"country_partition": "string", "date_partition": "date"},
    "transactions": {"date_partition": "string"},
    "clickstream": {"datehour": "string"},
}


def orders():
    """What the orders function keeps of the sample, processed today."""
    text, kept = io.StringIO(), io.BytesIO()
    sample.write(sample.rows(TODAY), text)
    orders_core.process(io.BytesIO(text.getvalue().encode()), TODAY, lambda: kept, io.BytesIO())
    return [dict(zip(COLUMNS["orders"], row, strict=True)) for row in rows_of(kept.getvalue())]


def order_history():
    """The lines of the log generator's shop over fourteen days that the job would keep, with the job's columns."""
    regions = {}
    with (ROOT / "files" / "glue" / "order_history" / "regions.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            country, region = list(row.values())[:2]
            regions[country.lower()] = region
    shop, made = Shop("checks", NOW - timedelta(days=14), 1500 / (14 * 86_400), CURRENCIES["INR"]), []
    for line in shop.lines(1500):
        made.append(history_line(line, regions))
    # Two countries: a partition for each day and country takes its time.
    return [row for row in made if row["quantity"] > 0 and row["country"] in ("United Kingdom", "Germany")]


def history_line(line, regions):
    fields = json.loads(line, parse_float=Decimal)
    moment = datetime.fromisoformat(fields["InvoiceDate"])
    amount = fields["Quantity"] * Decimal(fields["UnitPrice"]) * Decimal("0.012")
    return {
        "orderid": hashlib.sha256((fields["InvoiceNo"] + fields["StockCode"]).encode()).hexdigest(),
        "invoiceno": fields["InvoiceNo"],
        "stockcode": fields["StockCode"],
        "description": fields["Description"],
        "quantity": fields["Quantity"],
        "invoicedateonly": moment.date(),
        "invoicehour": moment.hour,
        "unitprice": Decimal(fields["UnitPrice"]),
        "customerid": fields["CustomerID"],
        "country": fields["Country"],
        "region": regions[fields["Country"].lower()],
        "totalamountusd": amount,
        "ordertag": "High" if amount > 100 else "Low",
        "country_partition": fields["Country"],
        "date_partition": moment.date(),
    }


def generator():
    """The core of the function that makes transactions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "files" / "lambda")  # packages that several functions take along
        return load("headwater_generator_core", ROOT / "files" / "lambda" / "data_generator" / "core.py")


def transactions():
    """What the generator makes in a day and a half, with the transformer's columns."""
    core, every, made = generator(), timedelta(minutes=5), []
    for end in core.slots(NOW.replace(tzinfo=UTC), timedelta(hours=36), every):
        for sale in core.transactions(core.Batch(end, "sample"), every, 3, 1):
            price, told = Decimal(sale.product.cents) / 100, transaction(sale.time.replace(tzinfo=None), sale.id)
            told |= {"customer_id": sale.customer_id, "product_id": sale.product.id, "product_name": sale.product.name}
            told |= {"category": sale.product.category, "quantity": sale.quantity, "price": price, "total_amount": sale.quantity * price}
            made.append(told)
    return made


def transaction(moment, identity, product=1, quantity=2):
    price = Decimal(product + 1) + Decimal("0.99")
    return {
        "transaction_id": identity,
        "timestamp": moment,
        "customer_id": f"customer-{product % 7}",
        "product_id": f"product-{product}",
        "product_name": f"Product {product}",
        "category": f"Category {product % 4}",
        "quantity": quantity,
        "price": price,
        "total_amount": quantity * price,
        "year": moment.year,
        "month": moment.month,
        "day": moment.day,
        "hour": moment.hour,
        "day_of_week": moment.weekday(),
        "date_partition": moment.date().isoformat(),
    }


def clickstream():
    """Clicks of a day and a half, one every five minutes, each seen two seconds after it was made; a few came twice."""
    made = [click(NOW - timedelta(minutes=5 * n), f"click-{n}", n) for n in range(432)]
    return made + [{**made[n], "arrived_at": made[n]["arrived_at"].replace(".250Z", ".750Z")} for n in range(0, 432, 100)]


def click(arrived, identity, number=0, **changes):
    """A click with the table's columns, the partition's among them."""
    return {
        "element_clicked": f"Dish {number % 9}",
        "time_spent": number % 40,
        "source_menu": ("Breakfast", "Lunch", "Dinner")[number % 3],
        "created_at": (arrived - timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "click_id": identity,
        "arrived_at": arrived.strftime("%Y-%m-%dT%H:%M:%S.250Z"),
        "created_at_sent": None,
        "datehour": arrived.strftime("%Y/%m/%d/%H"),
        **changes,
    }


SAMPLES = {"orders": orders, "order_history": order_history, "transactions": transactions, "clickstream": clickstream}


def create(cloud, pipeline, database, bucket, rows):
    """The pipeline's table over `rows`."""
    (create_json if pipeline == "clickstream" else create_parquet)(cloud, pipeline, database, bucket, rows)


def create_json(cloud, pipeline, database, bucket, rows):
    """The table that the pipeline's own statement makes, and for each of its hours an object of JSON lines."""
    cloud.client("glue").create_database(DatabaseInput={"Name": database})
    statement = (ROOT / "sql" / pipeline / "create_table.sql").read_text().replace("${location}", f"s3://{bucket}/{database}/")
    athena = cloud.client("athena")
    place = {"QueryExecutionContext": {"Database": database}, "ResultConfiguration": {"OutputLocation": f"s3://{bucket}/results/"}}
    run = athena.start_query_execution(QueryString=statement, **place)["QueryExecutionId"]
    wait_for(lambda: athena.get_query_execution(QueryExecutionId=run)["QueryExecution"]["Status"]["State"] == "SUCCEEDED", "the table")
    hours = {}
    for row in rows:
        line = {name: row[name] for name in COLUMNS[pipeline] if row[name] is not None}
        hours.setdefault(row["datehour"], []).append(json.dumps(line) + "\n")
    for hour, lines in hours.items():
        body = gzip.compress("".join(lines).encode())
        cloud.client("s3").put_object(Bucket=bucket, Key=f"{database}/{hour}/clicks.gz", Body=body)


def create_parquet(cloud, pipeline, database, bucket, rows):
    """A table of Parquet: a file a partition, each registered."""
    glue, s3, columns, keys = cloud.client("glue"), cloud.client("s3"), COLUMNS[pipeline], PARTITIONS[pipeline]
    place = f"s3://{bucket}/{database}/"
    described = [{"Name": name, "Type": kind} for name, kind in columns.items()]
    glue.create_database(DatabaseInput={"Name": database})
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": NAMES[pipeline],
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "StorageDescriptor": {"Columns": described, "Location": place, **PARQUET},
            "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in keys.items()],
        },
    )
    parts = {}
    for row in rows:
        parts.setdefault(tuple(str(row[key]) for key in keys), []).append(row)
    inputs = []
    for number, (values, found) in enumerate(parts.items()):
        schema = pa.schema([(name, TYPES[kind]) for name, kind in columns.items()])
        out = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([{name: row[name] for name in columns} for row in found], schema), out)
        folder = f"{database}/{number}/" if keys else f"{database}/"
        s3.put_object(Bucket=bucket, Key=f"{folder}part.parquet", Body=out.getvalue())
        storage = {"Columns": described, "Location": f"s3://{bucket}/{folder}", **PARQUET}
        inputs.append({"Values": list(values), "StorageDescriptor": storage})
    for first in range(0, len(inputs) if keys else 0, 100):
        answer = glue.batch_create_partition(
            DatabaseName=database, TableName=NAMES[pipeline], PartitionInputList=inputs[first : first + 100]
        )
        assert not answer["Errors"], answer["Errors"]
