"""Use of a deployment that reaches all that its roles may do."""

import gzip
import json
import time
import urllib.request
from datetime import UTC, datetime
from urllib.parse import quote

PASSWORD = "correct-horse-battery-staple"
PIPELINES = ("orders", "order_history", "transactions", "clickstream")
HOSTILE = "OrderID,Customer,OrderDate,Status,Amount\n1,Ada,2025-02-02,shipped,3\n2,Bob,2023-02-30,shipped,3\n"


def use_everything(server, prefix, **settings):
    """Upload good and bad files, again and anew, let the crawler see them, read every page, let an event fail."""
    site, bucket = server.site, f"{prefix}orders-000000000000-us-east-1"
    always = ["/", "/readyz", "/status.json"]
    first, begun = {page: server.get(page, PASSWORD)[0] for page in always}, time.monotonic()
    file = site.folder / "hostile.csv"
    for text in (HOSTILE, HOSTILE.replace("2023-02-30", "2023-02-28"), HOSTILE):  # what was rejected is kept, and back again
        file.write_text(text)
        server.play("playbooks/upload-orders.yml", orders_csv=str(file), name_prefix=prefix, **settings).succeeded()
    crawl(site, f"{prefix}orders_processed_crawler", f"{prefix.replace('-', '_')}orders_db")
    fail(site, f"{prefix}FilterAndProcessOrders", "orders", bucket)
    use_history(server, prefix, **settings)
    use_transactions(server, prefix, **settings)
    use_clickstream(server, prefix, **settings)
    # What was planted is found, so the checks end with an error.
    assert server.play("playbooks/check-data.yml", name_prefix=prefix, **settings).code != 0
    pages = []
    for pipeline in PIPELINES:
        pages += [f"/{pipeline}", f"/audit/{pipeline}", f"/{pipeline}/checks"]
        pages += [f"/{pipeline}/{name}.json?refresh=1" for name in queries(site, pipeline)]
    (record,) = site.objects(bucket, "audit/hostile")
    pages.append(f"/audit/orders/rejects?record={quote(record)}")
    answers = {page: server.get(page, PASSWORD)[0] for page in pages}
    # The page says once a minute that it is healthy, and status is asked again.
    time.sleep(max(0, begun + 60 - time.monotonic()))
    assert set(first.values()) == {200}, first
    return answers | {page: server.get(page, PASSWORD)[0] for page in always}


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
    for name in ("first", "later"):  # the day has grown when the crawler sees it again
        site.client("s3").put_object(Bucket=bucket, Key=f"raw/year=2026/month=05/day=02/{name}.gz", Body=body)
        crawl(site, f"{prefix}order-history-crawler", database, "raw")


def use_transactions(server, prefix, **settings):
    """Let transactions be made, merged, replaced where they are merged, and merged again; let an event fail.

    An object by hand comes with a record that is rejected, then without, then with.
    """
    site, bucket, today = server.site, f"{prefix}transactions-000000000000-us-east-1", f"{datetime.now(UTC):%Y-%m-%d}"
    server.play("playbooks/generate-transactions.yml", hours=1, name_prefix=prefix, **settings).succeeded()
    s3 = site.client("s3")
    made = next(key for key in site.objects(bucket, f"raw/date={today}/"))
    line = s3.get_object(Bucket=bucket, Key=made)["Body"].read().splitlines()[0]
    by_hand = json.dumps({**json.loads(line), "transaction_id": "by-hand", "timestamp": f"{today}T00:00:00Z"})

    def arrive(text):
        key = f"raw/date={today}/by-hand.json"
        etag = s3.put_object(Bucket=bucket, Key=key, Body=text)["ETag"].strip('"')
        for _ in range(200):
            records = [json.load(s3.get_object(Bucket=bucket, Key=each)["Body"]) for each in site.objects(bucket, "audit/by-hand")]
            if any(each["source"]["etag"] == etag and each["status"] == "processed" for each in records):
                return
            time.sleep(0.1)
        raise AssertionError(f"{key} was not transformed within 20 s: {records}")

    database = f"{prefix.replace('-', '_')}ecommerce_db"
    for text in (f"{by_hand}\n{{}}\n", by_hand, f"{by_hand}\n[]\n"):
        arrive(text)
        crawl(site, f"{prefix}ecommerce-crawler", database, "raw")  # the second time of a day that has grown
        server.play("playbooks/compact-transactions.yml", days=today, name_prefix=prefix, **settings).succeeded()
    for function in ("data-transformer", "data-generator"):  # to the other this is no event of its schedule
        fail(site, f"{prefix}{function}", "transactions", bucket)


def use_clickstream(server, prefix, **settings):
    """Let clicks be posted, together and one alone; one of them has a date that is none."""
    server.play("playbooks/send-clicks.yml", clicks=600, name_prefix=prefix, **settings).succeeded()
    api = server.site.client("apigateway")
    (found,), (key,) = api.get_rest_apis()["items"], api.get_api_keys(includeValues=True)["items"]
    click = {"element_clicked": "Ramen", "time_spent": 1, "source_menu": "Noodles", "created_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    headers = {"x-api-key": key["value"], "Content-Type": "application/json"}
    url = f"{server.site.endpoint}/_aws/execute-api/{found['id']}/v1/poc"
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(click).encode(), headers), timeout=30) as answer:
        assert answer.status == 200


def crawl(site, crawler, database, table="filtered_orders"):
    """A further crawl, of a table that somebody has changed, so that the crawler sets it right."""
    glue = site.client("glue")
    there = {found["Name"]: found for found in glue.get_tables(DatabaseName=database)["TableList"]}
    if table in there:
        described = {key: there[table][key] for key in ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")}
        described["StorageDescriptor"]["Columns"].pop()
        glue.update_table(DatabaseName=database, TableInput=described)
    while glue.get_crawler(Name=crawler)["Crawler"]["State"] != "READY":  # its own schedule may have come first
        time.sleep(0.1)
    glue.start_crawler(Name=crawler)
    while (found := glue.get_crawler(Name=crawler)["Crawler"])["State"] != "READY":
        time.sleep(0.1)
    assert found["LastCrawl"]["Status"] == "SUCCEEDED", found["LastCrawl"]


def fail(site, function, pipeline, bucket):
    """An event that the function gives up on, which goes to the queue after its retries."""
    thing = {"key": "raw/never-there.json", "versionId": "none", "sequencer": "00"}
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "s3": {"bucket": {"name": bucket}, "object": thing},
    }
    site.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"Records": [record]}))
    sqs = site.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{bucket.partition(pipeline)[0]}{pipeline}-failed-events")["QueueUrl"]
    for _ in range(4):
        if sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages"):
            return
    raise AssertionError("the event did not reach the queue within 40 s")
