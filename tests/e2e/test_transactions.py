"""Transactions from the first batch to the answered question, broken and mended, and back: each test goes on from the one before."""

import gzip
import io
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.e2e.deployment import ROOT, Deployment
from tests.local_cloud import wait_for

pytestmark = pytest.mark.timeout(600)
BUCKET = "transactions-000000000000-us-east-1"
DATABASE = "ecommerce_db"
TRANSFORMER = "data-transformer"
SCHEDULE = "data-generator-schedule"
ARTIFACTS = ROOT / "artifacts"
#: Batches of a day, one every five minutes.
DAY = 288
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: Two days in which no transaction of the generator lies.
FIRST, SECOND = "2025-03-01", "2025-03-02"
OF_THEM = f"WHERE date_partition IN ('{FIRST}', '{SECOND}')"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("shop"), without={"orders", "order_history", "order_source", "clickstream"})
    deployment.settings["monthly_budget_usd"] = 25
    yield deployment
    deployment.play("playbooks/stop-localcloud.yml")


def panel(shop, query):
    """Rows of a query of the page, asked of Athena anew."""
    status, text = shop.get(f"/transactions/{query}.json?refresh=1")
    assert status == 200, text
    return json.loads(text)["rows"]


def ask(shop, sql):
    """Rows of a question to Athena, as texts."""
    athena = shop.client("athena")
    place = {"QueryExecutionContext": {"Database": DATABASE}, "WorkGroup": "transactions"}
    query = {"QueryExecutionId": athena.start_query_execution(QueryString=sql, **place)["QueryExecutionId"]}
    asked = lambda: athena.get_query_execution(**query)["QueryExecution"]["Status"]  # noqa: E731 - one line
    wait_for(lambda: asked()["State"] in ("SUCCEEDED", "FAILED"), "the query's end", 60)
    assert asked()["State"] == "SUCCEEDED", asked()
    rows = athena.get_query_results(**query)["ResultSet"]["Rows"][1:]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows]


def state_of_the_table(shop):
    """What is the same where every row is the same and there once: counts, sums and ids of each day."""
    sums = "count(*), count(DISTINCT transaction_id), sum(quantity), sum(total_amount), min(transaction_id), max(transaction_id)"
    return ask(shop, f"SELECT date_partition, {sums} FROM transactions GROUP BY date_partition ORDER BY 1")


def record(number, day=FIRST, time="10:00:00", quantity=1, **more):
    """A transaction of the test's own, for headphones."""
    product = {"product_id": "P-1001", "product_name": "Wireless Headphones", "category": "Electronics"}
    price = Decimal("89.90")
    amounts = {"quantity": quantity, "price": float(price), "total_amount": float(quantity * price)}
    return {"transaction_id": f"by-hand-{number}", "timestamp": f"{day}T{time}Z", "customer_id": "C-1", **product, **amounts, **more}


def lines(*records):
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in records).encode()


def audits(shop):
    """{key of the input: audit record}."""
    s3 = shop.client("s3")
    records = [json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"]) for key in shop.objects(BUCKET, "audit/")]
    return {each["source"]["key"]: each for each in records}


def put(shop, key, body):
    """Put an input; returns its audit record when it was processed in this version."""
    etag = shop.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"].strip('"')

    def done():
        found = audits(shop).get(key)
        return found if found and found["source"]["etag"] == etag and found["status"] != "publishing" else None

    return wait_for(done, f"the audit record of {key}", 60)


def event(key, version=None):
    """S3's event of an object, in this version."""
    thing = {"key": quote(key), **({"versionId": version} if version else {})}
    return {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": BUCKET}, "object": thing}}]}


def send(shop, *events):
    """Have the transformer handle events, one after the other."""
    for each in events:
        answer = shop.client("lambda").invoke(FunctionName=TRANSFORMER, Payload=json.dumps(each))
        assert "FunctionError" not in answer, answer["Payload"].read()


def waiting(shop):
    """How many failed events wait, in hand or not."""
    sqs = shop.client("sqs")
    url = sqs.get_queue_url(QueueName="transactions-failed-events")["QueueUrl"]
    numbers = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=numbers)["Attributes"].values()))


def day_folder(shop, day):
    """The prefix of the version of a day that readers follow."""
    found = shop.client("glue").get_partition(DatabaseName=DATABASE, TableName="transactions", PartitionValues=[day])["Partition"]
    return found["StorageDescriptor"]["Location"].removeprefix(f"s3://{BUCKET}/")


def files(shop, day):
    """Data files of a day, as readers see it."""
    return [key for key in shop.objects(BUCKET, day_folder(shop, day)) if key.endswith(".parquet")]


def batches(shop):
    """{time, such as 20261121T120000: key} of the generator's objects, in the order of their times."""
    return dict(sorted((re.search(r"/(\d{8}T\d{6})-", key)[1], key) for key in shop.objects(BUCKET, "raw/")))


def raw(shop, keys):
    """All transactions of these objects, as written; amounts are exact."""
    s3 = shop.client("s3")
    bodies = (s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys)
    return [json.loads(line, parse_float=Decimal) for body in bodies for line in body.splitlines()]


def totals(made, *names):
    """{value of the names: [transactions, sales, units]}; `names`: fields, or functions of a transaction."""
    found = {}
    for each in made:
        key = tuple(name(each) if callable(name) else each[name] for name in names)
        entry = found.setdefault(key if len(names) > 1 else key[0], [0, Decimal(0), 0])
        for place, value in enumerate((1, each["total_amount"], each["quantity"])):
            entry[place] += value
    return found


def cents(amount):
    return amount.quantize(Decimal("0.01"), "ROUND_HALF_UP")


def test_up_fills_a_day_and_the_five_answers_are_those_of_what_was_made(shop, browser):
    played = shop.play("playbooks/up.yml").succeeded()
    # What it makes while this file runs would be in no known answer; a later test switches it on.
    shop.client("events").disable_rule(Name=SCHEDULE)
    told = re.search(
        r"(\d+) transactions generated in 288 batches \((\d+) batches were there before\); of all (\d+): (\d+) kept, 0 rej", played.text
    )
    assert told, played.text[-3000:]
    # On a slow machine the schedule may have made a batch of its own, before or after.
    keys = list(batches(shop).values())
    wait_for(lambda: len(audits(shop)) == len(keys), "the transformation of every batch", 60)
    made, of_the_day = raw(shop, keys), raw(shop, keys[:DAY])
    assert set(told.groups()[2:]) == {str(len(of_the_day))}
    assert told[2] != "0" or told[1] == told[3]
    assert len({each["transaction_id"] for each in made}) == len(made)

    by_category = totals(made, "category")
    answer = [[row[0], Decimal(row[1]), row[2], row[3]] for row in panel(shop, "sales_by_category")]
    assert answer == sorted(([name, sales, count, units] for name, (count, sales, units) in by_category.items()), key=lambda row: -row[1])
    by_product = totals(made, "product_id", "product_name", "category")
    best = sorted(by_product.items(), key=lambda item: (-item[1][1], item[0][0]))[:10]
    expected = [[name, category, sales, units, product] for (product, name, category), (_, sales, units) in best]
    assert [[*row[:2], Decimal(row[2]), *row[3:]] for row in panel(shop, "top_products")] == expected
    by_hour = totals(made, lambda each: int(each["timestamp"][11:13]))
    answer = {row[0]: [row[1], Decimal(row[2])] for row in panel(shop, "hourly_pattern")}
    assert answer == {hour: [count, sales] for hour, (count, sales, _) in by_hour.items()}
    by_day = totals(made, lambda each: each["timestamp"][:10])
    answer = [[row[0], Decimal(row[1]), row[2], Decimal(row[3])] for row in panel(shop, "daily_revenue")]
    assert answer == [[day, sales, count, cents(sales / count)] for day, (count, sales, _) in sorted(by_day.items())]
    by_weekday = {WEEKDAYS[datetime.fromisoformat(day).weekday()]: [sales, count, 1, sales] for day, (count, sales, _) in by_day.items()}
    answer = panel(shop, "sales_by_weekday")
    assert {row[0]: [Decimal(row[1]), *row[2:4], Decimal(row[4])] for row in answer} == by_weekday

    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 1280, "height": 1600, "deviceScaleFactor": 1, "mobile": False})
    browser.get(f"{shop.page}/transactions")
    ARTIFACTS.mkdir(exist_ok=True)
    browser.save_screenshot(str(ARTIFACTS / "transactions.png"))
    panels = browser.find_elements("css selector", "article.ok")
    assert len(panels) == 5, browser.find_element("tag name", "main").text
    assert all(panel.find_elements("css selector", "svg") for panel in panels)


def test_the_same_day_again_changes_nothing(shop):
    before = shop.objects(BUCKET)
    newest = list(batches(shop))[DAY - 1]
    end = datetime.strptime(newest, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    played = shop.play("playbooks/generate-transactions.yml", hours=24, end=f"{end:%Y-%m-%dT%H:%M:%SZ}").succeeded()
    assert (played.changed, shop.objects(BUCKET)) == (0, before)


GOOD = [record(1), record(2, time="11:30:00.250", quantity=3), record(3, SECOND, "00:00:00")]
BAD = {
    "json_invalid": '{"transaction_id": "cut o',
    "quantity_not_positive": record("none", quantity=0),
    "product_unknown": record("unknown", product_id="P-0"),
    "product_name_mismatch": record("renamed", product_name="Mug"),
    "total_amount_mismatch": record("sum", total_amount=1),
    "timestamp_invalid": record("never", "2025-02-30"),
    "not_an_object": '"a text"',
}


def test_a_hostile_object_is_kept_line_by_line_and_an_array_and_gzip_are_read(shop):
    found = put(shop, f"raw/date={FIRST}/hostile é+.json", lines(*GOOD[:2], *BAD.values()))
    assert found["rows"] == {"in": 9, "kept": 2, "dropped": 0, "rejected": 7}
    body = shop.client("s3").get_object(Bucket=BUCKET, Key=found["output"]["rejected"])["Body"].read()
    rejected = [json.loads(line) for line in body.splitlines()]
    assert [(each["line"], each["reason"]) for each in rejected] == list(enumerate(BAD, 3))
    assert [each["text"] for each in rejected] == [each if isinstance(each, str) else json.dumps(each) for each in BAD.values()]
    assert all(each["message"] for each in rejected)
    found = put(shop, f"raw/date={SECOND}/array.json.gz", gzip.compress(json.dumps(GOOD[2:]).encode()))
    assert (found["rows"]["kept"], found["days"]) == (1, {SECOND: 1})
    rows = ask(
        shop, f'SELECT transaction_id, "timestamp", quantity, total_amount, "hour", day_of_week FROM transactions {OF_THEM} ORDER BY 1'
    )
    assert rows == [
        ["by-hand-1", "2025-03-01 10:00:00.000", "1", "89.90", "10", "5"],
        ["by-hand-2", "2025-03-01 11:30:00.250", "3", "269.70", "11", "5"],
        ["by-hand-3", "2025-03-02 00:00:00.000", "1", "89.90", "0", "6"],
    ]


def test_a_replaced_object_replaces_its_rows_and_events_again_or_out_of_order_change_nothing(shop):
    key = f"raw/date={FIRST}/hostile é+.json"
    put(shop, key, lines(record(1, SECOND), record(2, quantity=5)))  # one row goes to another day
    question = f"SELECT transaction_id, date_partition, quantity FROM transactions {OF_THEM} ORDER BY 1"
    expected = [["by-hand-1", SECOND, "1"], ["by-hand-2", FIRST, "5"], ["by-hand-3", SECOND, "1"]]
    assert ask(shop, question) == expected
    assert [at for at in shop.objects(BUCKET, "rejected/") if "hostile" in at] == []
    found = shop.client("s3").list_object_versions(Bucket=BUCKET, Prefix=key)["Versions"]
    newest, former = sorted(found, key=lambda each: not each["IsLatest"])
    send(shop, event(key, newest["VersionId"]), event(key, former["VersionId"]), event(key), event(key, newest["VersionId"]))
    assert ask(shop, question) == expected


def compact(shop, *days):
    return shop.play("playbooks/compact-transactions.yml", days=",".join(days)).succeeded()


def test_compaction_makes_one_file_of_a_day_and_no_row_is_lost_or_doubled(shop):
    before = state_of_the_table(shop)
    days = [row[0] for row in before]
    assert sum(len(files(shop, day)) for day in days) >= 288
    played = compact(shop, *days)
    assert played.changed == 1
    assert [len(files(shop, day)) for day in days] == [1] * len(days)
    assert state_of_the_table(shop) == before
    played = compact(shop, *days)
    assert played.changed == 0
    assert state_of_the_table(shop) == before


def test_an_input_of_a_merged_day_that_is_replaced_is_right_after_the_next_compaction(shop):
    others = [row for row in state_of_the_table(shop) if row[0] not in (FIRST, SECOND)]
    put(shop, f"raw/date={FIRST}/hostile é+.json", lines(record(4, time="23:59:59.999", quantity=2)))
    question = f"SELECT transaction_id, date_partition, quantity FROM transactions {OF_THEM} ORDER BY 1"
    # Of the second day, which is merged, the former row stays until then; of the first the input's file was the only one.
    assert ask(shop, question) == [["by-hand-1", SECOND, "1"], ["by-hand-3", SECOND, "1"], ["by-hand-4", FIRST, "2"]]
    compact(shop, FIRST, SECOND)
    assert ask(shop, question) == [["by-hand-3", SECOND, "1"], ["by-hand-4", FIRST, "2"]]
    assert [row for row in state_of_the_table(shop) if row[0] not in (FIRST, SECOND)] == others


def test_the_schedule_runs_while_the_transformer_is_broken(shop):
    functions = shop.client("lambda")
    variables = functions.get_function_configuration(FunctionName=TRANSFORMER)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=TRANSFORMER, Environment={"Variables": variables | {"TABLE": "not_there"}})
    # What comes of it is seen below; the checks need no transformer meanwhile.
    shop.client("events").put_rule(Name=SCHEDULE, ScheduleExpression="rate(1 minute)", State="ENABLED")
    shop.client("s3").put_object(Bucket=BUCKET, Key=f"raw/date={FIRST}/late.json", Body=lines(record(5, SECOND)))
    wait_for(lambda: waiting(shop) == 1, "the failed event", 40)


def test_data_as_they_should_be_have_no_findings(shop):
    played = shop.play("playbooks/check-data.yml", pipeline="transactions").succeeded()
    assert "transactions: 8 of 8 checks passed; 0 errors, 0 warnings, 0 could not be run" in played.text


def planted(day):
    """A Parquet file that no transformer writes: a transaction twice, for a sum that is not quantity × price."""
    money, total = pa.decimal128(10, 2), pa.decimal128(12, 2)
    time = datetime.fromisoformat(f"{day}T00:00:01")
    parts = {"year": time.year, "month": time.month, "day": time.day, "hour": 0, "day_of_week": time.weekday()}
    columns = {name: pa.array([value] * 2, pa.int32()) for name, value in parts.items()}
    texts = ("transaction_id", "customer_id", "product_id", "product_name", "category")
    columns |= {name: pa.array([record("planted")[name]] * 2) for name in texts}
    columns |= {"timestamp": pa.array([time] * 2, pa.timestamp("ms")), "quantity": pa.array([2] * 2, pa.int32())}
    columns |= {"price": pa.array([Decimal("89.90")] * 2, money), "total_amount": pa.array([Decimal("1.00")] * 2, total)}
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_wrong_rows_are_found_and_named_until_they_are_gone(shop):
    day = state_of_the_table(shop)[-1][0]
    s3, key = shop.client("s3"), f"{day_folder(shop, day)}planted.parquet"
    s3.put_object(Bucket=BUCKET, Key=key, Body=planted(day))
    played = shop.play("playbooks/check-data.yml", pipeline="transactions")
    assert played.code != 0
    assert "transactions: 3 errors were found, and 0 checks could not be run" in played.text
    assert "6 of 8 checks passed; 3 errors" in played.text  # the id that is there twice, and two sums
    assert "by-hand-planted" in played.text
    (found,) = json.loads(shop.get("/status.json")[1])["pipelines"]
    assert found["checks"]["errors"] == 3
    s3.delete_object(Bucket=BUCKET, Key=key)
    shop.play("playbooks/check-data.yml", pipeline="transactions").succeeded()


def test_what_failed_waits_and_is_told(shop):
    def failed():
        return shop.objects(BUCKET, "raw/").keys() - {key for key, each in audits(shop).items() if each["status"] != "publishing"}

    wait_for(lambda: len(failed()) > 1, "a batch of the schedule", 75)
    shop.client("events").disable_rule(Name=SCHEDULE)
    wait_for(lambda: waiting(shop) == len(failed()), "the failed events", 40)
    points = shop.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": TRANSFORMER}],
        StartTime=datetime.now(UTC) - timedelta(minutes=10),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    assert sum(point["Sum"] for point in points) == 3 * waiting(shop)  # each is tried three times
    (found,) = json.loads(shop.get("/status.json")[1])["pipelines"]
    assert (found["state"], found["failed_events"]) == ("bad", {"transactions-failed-events": waiting(shop)})
    told = shop.play("playbooks/show-status.yml").succeeded().text
    assert f"transactions: Failed events: {waiting(shop)} wait — After a mend: ansible-playbook playbooks/replay-failures.yml" in told


def test_a_run_mends_it_and_replaying_brings_each_row_in_once(shop):
    changes = shop.play("site.yml").succeeded().changes
    assert sorted(changes) == ["events : Rules are present (transactions)", "lambda : Functions are present (transactions)"]
    number, before = waiting(shop), shop.objects(BUCKET, "processed/")
    shown = shop.play("playbooks/replay-failures.yml", "--check").succeeded()
    assert shown.text.count("would be done again") == number
    assert (waiting(shop), shop.objects(BUCKET, "processed/")) == (number, before)
    done = shop.play("playbooks/replay-failures.yml").succeeded()
    assert done.changed == 1
    assert waiting(shop) == 0
    assert ask(shop, "SELECT date_partition, quantity FROM transactions WHERE transaction_id = 'by-hand-5'") == [[SECOND, "1"]]
    made = {each["transaction_id"] for each in raw_by_the_generator(shop)}
    (row,) = ask(shop, "SELECT count(*), count(DISTINCT transaction_id) FROM transactions WHERE transaction_id NOT LIKE 'by-hand-%'")
    assert row == [str(len(made))] * 2
    assert shop.play("playbooks/replay-failures.yml").succeeded().changed == 0


def raw_by_the_generator(shop):
    s3 = shop.client("s3")
    keys = [key for key in shop.objects(BUCKET, "raw/") if re.search(r"/\d{8}T\d{6}-", key)]
    return [json.loads(line) for key in keys for line in s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().splitlines()]


def test_teardown_leaves_nothing(shop):
    events, cloudwatch = shop.client("events"), shop.client("cloudwatch")

    def watched():
        budgets = shop.client("budgets").describe_budgets(AccountId="000000000000").get("Budgets", [])
        return {
            "topics": shop.client("sns").list_topics()["Topics"],
            "rules": events.list_rules()["Rules"],
            "alarms": cloudwatch.describe_alarms()["MetricAlarms"],
            "dashboards": cloudwatch.list_dashboards()["DashboardEntries"],
            "budgets": budgets,
        }

    assert all(watched().values())
    shop.play("teardown.yml").succeeded()
    assert not any(watched().values()), watched()
    assert shop.client("lambda").list_functions()["Functions"] == []
    assert shop.client("s3").list_buckets()["Buckets"] == []
