"""Use of a deployment that reaches all that its roles may do."""

import gzip
import json
import time
from urllib.parse import quote

PASSWORD = "correct-horse-battery-staple"
HOSTILE = "OrderID,Customer,OrderDate,Status,Amount\n1,Ada,2025-02-02,shipped,3\n2,Bob,2023-02-30,shipped,3\n"


def use_everything(server, prefix, **settings):
    """Upload good and bad files, again and anew, let the crawler see them, read every page, let an event fail."""
    site, bucket = server.site, f"{prefix}orders-000000000000-us-east-1"
    file = site.folder / "hostile.csv"
    for text in (HOSTILE, HOSTILE.replace("2023-02-30", "2023-02-28"), HOSTILE):  # what was rejected is kept, and back again
        file.write_text(text)
        server.play("playbooks/upload-orders.yml", orders_csv=str(file), name_prefix=prefix, **settings).succeeded()
    crawl(site, f"{prefix}orders_processed_crawler", f"{prefix.replace('-', '_')}orders_db")
    fail(site, f"{prefix}FilterAndProcessOrders", bucket)
    use_history(server, prefix, **settings)
    pages = ["/", "/orders", "/order_history", "/readyz", "/audit/orders", "/audit/order_history"]
    pages += [f"/{pipeline}/{name}.json?refresh=1" for pipeline in ("orders", "order_history") for name in queries(site, pipeline)]
    (record,) = site.objects(bucket, "audit/hostile")
    pages.append(f"/audit/orders/rejects?record={quote(record)}")
    return {page: server.get(page, PASSWORD)[0] for page in pages}


def queries(site, pipeline):
    return [path.stem for path in sorted((site.root / "sql" / pipeline).glob("*.sql")) if path.stem != "create_table"]


def use_history(server, prefix, **settings):
    """Let the agent ship, the job read days of which one is a day's that it has read, and the crawler see what is raw.

    What arrived on the second day lands in a partition that the first day feeds, and each run of a day takes its former rejects away.
    """
    site, bucket = server.site, f"{prefix}order-history-000000000000-us-east-1"
    texts = {"InvoiceNo": "7", "StockCode": "B", "Description": "MUG", "InvoiceDate": "2026-01-02 11:00:00", "CustomerID": "1"}
    line = json.dumps({**texts, "Quantity": 1, "UnitPrice": 1, "Country": "France"})
    for day in ("01", "02"):
        body = gzip.compress(f"{line}\n{line.replace('01-02', '02-30')}\n".encode())
        site.client("s3").put_object(Bucket=bucket, Key=f"raw/year=2026/month=05/day={day}/by-hand.gz", Body=body)
    server.play("playbooks/run-etl.yml", name_prefix=prefix, **settings).succeeded()
    server.play("playbooks/run-etl.yml", name_prefix=prefix, days="2026-05-01", **settings).succeeded()
    database = f"{prefix.replace('-', '_')}order_history_db"
    crawl(site, f"{prefix}order-history-crawler", database)
    crawl(site, f"{prefix}order-history-crawler", database, "raw")


def crawl(site, crawler, database, table="filtered_orders"):
    """A further crawl, of a table that somebody has changed, so that the crawler sets it right."""
    glue = site.client("glue")
    there = {found["Name"]: found for found in glue.get_tables(DatabaseName=database)["TableList"]}
    if table in there:
        described = {key: there[table][key] for key in ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")}
        described["StorageDescriptor"]["Columns"].pop()
        glue.update_table(DatabaseName=database, TableInput=described)
    glue.start_crawler(Name=crawler)
    while glue.get_crawler(Name=crawler)["Crawler"]["State"] != "READY":
        time.sleep(0.1)


def fail(site, function, bucket):
    """An event that the function gives up on, which goes to the queue after its retries."""
    thing = {"key": "raw/never-there.csv", "versionId": "none", "sequencer": "00"}
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "s3": {"bucket": {"name": bucket}, "object": thing},
    }
    site.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"Records": [record]}))
    queue = function.removesuffix("FilterAndProcessOrders") + "orders-failed-events"
    sqs = site.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    for _ in range(4):
        if sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages"):
            return
    raise AssertionError("the event did not reach the queue within 40 s")
