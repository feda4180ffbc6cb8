"""Use of a deployment that reaches all that its roles may do."""

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
    pages = ["/", "/orders", "/readyz", "/audit/orders", *(f"/orders/{name}.json?refresh=1" for name in queries(site))]
    (record,) = site.objects(bucket, "audit/hostile")
    pages.append(f"/audit/orders/rejects?record={quote(record)}")
    return {page: server.get(page, PASSWORD)[0] for page in pages}


def queries(site):
    return [path.stem for path in sorted((site.root / "sql" / "orders").glob("*.sql"))]


def crawl(site, crawler, database):
    """A further crawl, of a table that somebody has changed, so that the crawler sets it right."""
    glue = site.client("glue")
    table = glue.get_table(DatabaseName=database, Name="filtered_orders")["Table"]
    described = {key: table[key] for key in ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters") if key in table}
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
