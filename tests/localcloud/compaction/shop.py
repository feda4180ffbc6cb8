"""The table transactions on a local cloud: its files, and what Athena answers about it."""

import io
import time
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from day_versions import Days

ROOT = Path(__file__).resolve().parents[3]
DATABASE, TABLE = "ecommerce_db", "transactions"
SCHEMA = pa.schema(
    {
        "transaction_id": pa.string(),
        "timestamp": pa.timestamp("ms"),
        "customer_id": pa.string(),
        "product_id": pa.string(),
        "product_name": pa.string(),
        "category": pa.string(),
        "quantity": pa.int32(),
        "price": pa.decimal128(10, 2),
        "total_amount": pa.decimal128(12, 2),
        "year": pa.int32(),
        "month": pa.int32(),
        "day": pa.int32(),
        "hour": pa.int32(),
        "day_of_week": pa.int32(),
    }
)


def transaction(identity, time, product="P-1", name="Lamp", category="Home", quantity=1, price="10.00", customer="C-1"):
    """A row of the table, as a dict. `time`: naive UTC datetime."""
    price = Decimal(price)
    values = [identity, time, customer, product, name, category, quantity, price, quantity * price]
    return dict(zip(SCHEMA.names, [*values, time.year, time.month, time.day, time.hour, time.weekday()], strict=True))


def parquet(rows):
    """A Parquet file of transactions, as bytes."""
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), file, compression="zstd")
    return file.getvalue()


class Shop:
    """A bucket with the table on a running Cloud."""

    def __init__(self, cloud):
        self.cloud, self.bucket = cloud, f"transactions-{uuid.uuid4().hex[:8]}"
        self.s3, self.glue, self.athena = (cloud.client(name) for name in ("s3", "glue", "athena"))
        self.database = f"ecommerce_{uuid.uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.glue.create_database(DatabaseInput={"Name": self.database})
        statement = (ROOT / "sql/transactions/create_table.sql").read_text()
        self.ask(statement.replace("${location}", f"s3://{self.bucket}/processed/"))
        self.days = self.another_days()

    def another_days(self):
        """Days with clients of its own, for another thread."""
        return Days(self.cloud.client("s3"), self.cloud.client("glue"), self.bucket, "processed/", self.database, TABLE)

    def put(self, day, name, rows, etag="1"):
        return self.days.put(day, name, etag, parquet(rows))

    def fill(self, day, inputs):
        """Put many inputs that were never there, {name: rows}, in one go."""
        self.days.catalog.register(day)
        for name, rows in inputs.items():
            self.days.objects.put(self.days.file_key(day, "v0", name), "1", parquet(rows))

    def ask(self, sql, athena=None):
        """All rows of a query, as tuples of texts; a failed query is an error."""
        athena = athena or self.athena
        output = {"OutputLocation": f"s3://{self.bucket}/results/"}
        started = athena.start_query_execution(
            QueryString=sql, QueryExecutionContext={"Database": self.database}, ResultConfiguration=output
        )["QueryExecutionId"]
        while True:
            status = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.01)
        if status["State"] != "SUCCEEDED":
            raise RuntimeError(f"{status.get('StateChangeReason')} in {sql}")
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=started)
        rows = [tuple(cell.get("VarCharValue") for cell in row["Data"]) for page in pages for row in page["ResultSet"]["Rows"]]
        return rows[1:]

    def query(self, file):
        """Rows of one of the pipeline's queries."""
        return self.ask((ROOT / "sql/transactions" / file).read_text())

    def environment(self):
        """The compactor's settings."""
        return {"BUCKET_NAME": self.bucket, "DATABASE": self.database, "TABLE": TABLE}

    def files(self, prefix="processed/"):
        return self.days.objects.listing(prefix)

    def visible(self, day):
        """Keys of the files that a query of the day reads."""
        start = self.days.catalog.locations()[day].removeprefix(f"s3://{self.bucket}/")
        return [each.key for each in self.files(start) if not each.key.rpartition("/")[2].startswith("_")]


def full_day(day, files=288, rows=5):
    """{name: rows}: what the schedule gives in a day, an input each five minutes; its name is the rows' customer too."""
    start, inputs = datetime.fromisoformat(day), {}
    for number in range(files):
        time = start + number * timedelta(minutes=5)
        name = f"{time:%Y%m%dT%H%M}"
        inputs[name] = [transaction(f"{name}-{row}", time, f"P-{row}", quantity=1 + row % 3, customer=name) for row in range(rows)]
    return inputs


def yesterday():
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
