"""The way of a newcomer, in order: deploy, look, upload, converge, check, tear down. Each test goes on from the one before."""

import csv
import importlib.util
import io
import json
import stat
import time
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import psutil
import pytest

from tests.e2e.deployment import ROOT

pytestmark = pytest.mark.timeout(300)
BUCKET = "orders-000000000000-us-east-1"
FUNCTION = "FilterAndProcessOrders"
ARTIFACTS = ROOT / "artifacts"

_spec = importlib.util.spec_from_file_location("sample_orders", ROOT / "files" / "samples" / "generate_orders.py")
sample = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sample)


def kept_orders():
    """The sample's orders that the rule keeps today, worked out apart from the function."""
    today = datetime.now(UTC).date()
    stale = lambda order: order.status in ("pending", "cancelled") and (today - order.order_date).days > 30  # noqa: E731
    return [order for order in sample.rows(today) if not stale(order)]


def totals(orders, key):
    """{key: [count, sum of amounts]}."""
    found = {}
    for order in orders:
        entry = found.setdefault(key(order), [0, Decimal(0)])
        entry[0] += 1
        entry[1] += order.amount
    return found


def test_check_mode_before_the_first_deployment_says_what_it_would_do_and_writes_nothing(site):
    played = site.play("site.yml", "--check", "--diff").succeeded()
    assert played.recap["orders"]["changed"] >= 10
    assert "DenyInsecureTransport" in played.text
    assert site.writes() == []


def test_up_deploys_everything_and_says_where_it_is(site):
    played = site.play("playbooks/up.yml").succeeded()
    assert "sample-orders.csv: 200 rows in, 140 kept, 60 dropped by rule, 0 rejected" in played.text
    box = " ".join(line.strip("│ ") for line in played.text[played.text.index("┌") :].splitlines())
    for words in (
        site.page,
        site.endpoint,
        "upload-orders.yml -e",
        "total_sales_by_customer.json",
        "make down",
        "4 roles",
        "2 functions",
        "1 topic",
        "1 dashboard",
    ):
        assert words in box
    up = site.state / "up.json"
    assert json.loads(up.read_text()) == {"dashboard_url": site.page, "endpoint_url": site.endpoint, "region": "us-east-1"}
    assert stat.S_IMODE(up.stat().st_mode) == 0o600


def test_bucket_role_and_function_are_as_specified(site):
    s3, iam, functions = site.client("s3"), site.client("iam"), site.client("lambda")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    encryption = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    assert {rule["ID"] for rule in s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]} >= {"unfinished-uploads", "old-versions"}
    assert {tag["Key"] for tag in s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]} == {"project", "pipeline", "environment"}
    for role in ("Lambda-S3-Processing-Role", "Glue-S3-Crawler-Role", "EC2-Athena-Dashboard-Role"):
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        policy = iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
        for statement in policy["Statement"]:
            assert not any(action.endswith("*") for action in statement["Action"])
            # Metrics have no resource; a condition names their namespace.
            assert "*" not in statement["Resource"] or statement["Action"] == ["cloudwatch:PutMetricData"]
    function = functions.get_function_configuration(FunctionName=FUNCTION)
    assert function["Runtime"] == "python3.12"
    assert "headwater-pyarrow" in function["Layers"][0]["Arn"]
    invoke = functions.get_function_event_invoke_config(FunctionName=FUNCTION)
    assert invoke["MaximumRetryAttempts"] == 2
    assert invoke["DestinationConfig"]["OnFailure"]["Destination"].endswith(":orders-failed-events")
    permission = json.loads(functions.get_policy(FunctionName=FUNCTION)["Policy"])["Statement"][0]["Condition"]
    assert "AWS:SourceAccount" in json.dumps(permission)
    assert site.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{FUNCTION}")["logGroups"][0]["retentionInDays"] == 30


def test_workgroup_crawler_and_named_queries_are_as_specified(site):
    athena, glue = site.client("athena"), site.client("glue")
    group = athena.get_work_group(WorkGroup="orders")["WorkGroup"]["Configuration"]
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["BytesScannedCutoffPerQuery"] == 1_000_000_000
    assert group["ResultConfiguration"]["OutputLocation"] == f"s3://{BUCKET}/enriched/"
    ids = athena.list_named_queries(WorkGroup="orders")["NamedQueryIds"]
    named = {query["Name"] for query in athena.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"]}
    assert named == {
        "Total Sales by Customer",
        "Monthly Order Volume and Revenue",
        "Order Status Dashboard",
        "Average Order Value per Customer",
        "Top 10 Largest Orders in February 2025",
    }
    assert glue.get_crawler(Name="orders_processed_crawler")["Crawler"]["Schedule"]["ScheduleExpression"] == "cron(0 3 * * ? *)"
    columns = glue.get_table(DatabaseName="orders_db", Name="filtered_orders")["Table"]["StorageDescriptor"]["Columns"]
    assert [(column["Name"], column["Type"]) for column in columns] == [
        ("order_id", "string"),
        ("customer", "string"),
        ("amount", "decimal(12,2)"),
        ("status", "string"),
        ("order_date", "date"),
    ]


def test_the_five_answers_are_exact(site):
    orders = kept_orders()
    assert len(orders) == sample.KEPT
    by_customer = totals(orders, lambda order: order.customer)
    rows = site.answer("total_sales_by_customer")
    assert {row[0]: [row[2], Decimal(row[1])] for row in rows} == by_customer
    assert [Decimal(row[1]) for row in rows] == sorted((Decimal(row[1]) for row in rows), reverse=True)
    by_month = totals(orders, lambda order: f"{order.order_date:%Y-%m}")
    assert [[row[0], row[1], Decimal(row[2])] for row in site.answer("monthly_order_volume_and_revenue")] == [
        [month, *by_month[month]] for month in sorted(by_month)
    ]
    by_status = totals(orders, lambda order: order.status)
    assert {row[0]: [row[1], Decimal(row[3])] for row in site.answer("order_status_dashboard")} == by_status
    averages = {customer: (total / count).quantize(Decimal("0.01"), "ROUND_HALF_UP") for customer, (count, total) in by_customer.items()}
    assert {row[0]: Decimal(row[1]) for row in site.answer("average_order_value_per_customer")} == averages
    february = [order for order in orders if f"{order.order_date:%Y-%m}" == "2025-02"]
    february.sort(key=lambda order: (-order.amount, order.order_id))
    largest = [(order.order_id, order.amount) for order in february[:10]]
    assert [(row[0], Decimal(row[2])) for row in site.answer("top_10_largest_orders")] == largest
    assert site.answer("top_10_largest_orders", month="2019-01") == []


def test_the_page_shows_them_in_a_browser(site, browser):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 1280, "height": 1600, "deviceScaleFactor": 1, "mobile": False})
    browser.get(f"{site.page}/orders")
    ARTIFACTS.mkdir(exist_ok=True)
    browser.save_screenshot(str(ARTIFACTS / "orders.png"))
    panels = browser.find_elements("css selector", "article")
    assert len(panels) == 5
    for panel in panels:
        assert "ok" in panel.get_attribute("class").split(), panel.text
        assert panel.find_elements("css selector", "svg")
        assert panel.find_elements("css selector", "table tbody tr")
    top = totals(kept_orders(), lambda order: order.customer)
    text = browser.find_element("id", "total_sales_by_customer").text
    for customer, (_, total) in top.items():
        assert customer in text
        assert f"{total:,}" in text
    browser.get(f"{site.page}/audit/orders")
    assert "sample-orders.csv" in browser.find_element("tag name", "main").text


def test_the_same_file_again_changes_nothing(site):
    before = site.objects(BUCKET)
    played = site.play("playbooks/upload-orders.yml", orders_csv=str(site.state / "sample-orders.csv")).succeeded()
    assert played.changes == []
    after = site.objects(BUCKET)
    assert {key: value for key, value in after.items() if not key.startswith("enriched/")} == {
        key: value for key, value in before.items() if not key.startswith("enriched/")
    }


def event_record(item, time):
    """A record of S3's event for an object."""
    return {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": time,
        "s3": {"bucket": {"name": BUCKET}, "object": item},
    }


def test_the_same_event_three_times_leaves_the_same_table(site):
    before = site.answer("order_status_dashboard")
    head = site.client("s3").head_object(Bucket=BUCKET, Key="raw/sample-orders.csv")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    item = {"key": "raw/sample-orders.csv", "versionId": head["VersionId"], "sequencer": "00", "eTag": head["ETag"].strip('"'), "size": 1}
    record = event_record(item, now)
    for _ in range(3):
        answer = site.client("lambda").invoke(FunctionName=FUNCTION, Payload=json.dumps({"Records": [record]}))
        assert "FunctionError" not in answer, answer["Payload"].read()
    assert site.answer("order_status_dashboard") == before


HOSTILE = [
    ("H1", '<script>alert("x")</script>', "10.00", "confirmed"),
    ("H2", '=HYPERLINK("http://a.example","x")', "20.00", "shipped"),
    ("H3", "+1234", "30.00", "confirmed"),
    ("H4", "@SUM(A1:A9)", "40.00", "confirmed"),
    ("H5", "-2+3", "50.00", "confirmed"),
    ("H6", "Robert'); DROP TABLE filtered_orders;--", "60.00", "shipped"),
    ("H7", "new\nline, and comma", "70.00", "confirmed"),
    ("H8", "Ⅻ 𝕏 ﷽ 👩‍👩‍👧 \u202eright to left", "80.00", "confirmed"),
    ("H9", '"quoted"', "90.00", "confirmed"),
]
BAD = [
    ",Nobody,1.00,confirmed,2025-02-01",
    "B2,No date,1.00,confirmed,",
    "B3,Impossible,1.00,confirmed,2023-02-30",
    "B4,No amount,,confirmed,2025-02-01",
    "B5,Negative,-1.00,confirmed,2025-02-01",
    "B6,Not a number,N/A,confirmed,2025-02-01",
    "B7,Exponent,1e3,confirmed,2025-02-01",
    "B8,NaN,NaN,confirmed,2025-02-01",
    "B9,Unknown,1.00,lost,2025-02-01",
    "B10,Too few,1.00,confirmed",
    "B11,Too many,1.00,confirmed,2025-02-01,more",
]


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([" orderid ", "CUSTOMER", "Amount", "Status", "OrderDate"])
    for order_id, customer, amount, status in HOSTILE:
        writer.writerow([order_id, customer, amount, status, "2025-02-10"])
    text.write("".join(line + "\r\n" for line in BAD))
    text.write("B12,\udcff\udcfe undecodable,1.00,confirmed,2025-02-01\r\n")
    text.write("D1,Stale,1.00,Canceled,2020-01-01\r\n")
    path = tmp_path_factory.mktemp("hostile") / "höstile file+1.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "surrogateescape"))
    return path


def test_every_row_of_a_hostile_file_is_accounted_for(site, hostile_file):
    played = site.play("playbooks/upload-orders.yml", orders_csv=str(hostile_file), orders_folder="from/a folder/").succeeded()
    rejected = len(BAD) + 1
    total = len(HOSTILE) + rejected + 1
    assert f"{total} rows in, {len(HOSTILE)} kept, 1 dropped by rule, {rejected} rejected" in played.text
    audit = json.loads(site.get("/audit/orders.json")[1])
    record = next(file for file in audit["records"] if "höstile" in json.dumps(file, ensure_ascii=False))
    lines = site.client("s3").get_object(Bucket=BUCKET, Key=record["output"]["rejected"])["Body"].read().decode().splitlines()
    rejects = [json.loads(line) for line in lines]
    assert [reject["text"].rstrip("\r\n") for reject in rejects[: len(BAD)]] == BAD
    assert all(reject["reason"] and reject["row"] and reject["line"] for reject in rejects)


def test_hostile_values_stay_text_everywhere(site, browser):
    rows = {row[0] for row in site.answer("total_sales_by_customer")}
    assert {customer for _, customer, _, _ in HOSTILE} <= rows
    table = list(csv.reader(io.StringIO(site.get("/orders/total_sales_by_customer.csv")[1])))
    assert len({len(row) for row in table}) == 1
    assert not [cell for row in table[1:] for cell in row[:1] if cell[:1] in "=+-@"]
    browser.get(f"{site.page}/orders")
    assert not browser.execute_script("return [...document.scripts].some(script => script.textContent.includes('alert'))")
    assert "<script>alert" in browser.find_element("id", "total_sales_by_customer").text


def test_a_file_that_cannot_be_processed_reaches_the_queue(site):
    queue = site.client("sqs").get_queue_url(QueueName="orders-failed-events")["QueueUrl"]
    item = {"key": "raw/never-there.csv", "versionId": "none", "sequencer": "00"}
    record = event_record(item, "2026-01-01T00:00:00.000Z")
    site.client("lambda").invoke(FunctionName=FUNCTION, InvocationType="Event", Payload=json.dumps({"Records": [record]}))
    found = []
    for _ in range(3):
        found = site.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=10).get("Messages", [])
        if found:
            break
    assert found, "the event did not reach the queue within 30 s"
    assert "never-there.csv" in found[0]["Body"]
    site.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=found[0]["ReceiptHandle"])


def test_functions_have_only_their_layers_packages(site):
    """Without the layer there is no pyarrow, though the local cloud's own packages have it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("probe.py", "def handler(event, context):\n    import boto3\n    import pyarrow\n")
    functions = site.client("lambda")
    role = "arn:aws:iam::000000000000:role/Lambda-S3-Processing-Role"
    functions.create_function(
        FunctionName="probe", Runtime="python3.12", Role=role, Handler="probe.handler", Code={"ZipFile": archive.getvalue()}
    )
    try:
        answer = functions.invoke(FunctionName="probe")
        assert "FunctionError" in answer
        assert "No module named 'pyarrow'" in answer["Payload"].read().decode()
    finally:
        functions.delete_function(FunctionName="probe")
    # Its role may write the log of the function that it is for, and make no group for another.
    assert site.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/probe")["logGroups"] == []


def test_a_second_run_changes_nothing(site):
    assert site.play("playbooks/up.yml").succeeded().changes == []


def test_check_mode_of_what_is_deployed_writes_nothing(site):
    before = len(site.writes())
    assert site.play("site.yml", "--check", "--diff").succeeded().changes == []
    assert site.play("teardown.yml", "--check").succeeded().changed > 5
    assert len(site.writes()) == before


def test_one_pipeline_or_one_service_alone(site):
    alone = site.play("site.yml", "--limit", "orders").succeeded()
    assert list(alone.recap) == ["orders"]
    assert alone.changes == []
    glue = site.play("site.yml", "--tags", "glue").succeeded()
    assert "TASK [glue : Databases are present]" in glue.text
    assert "TASK [lambda : Functions are present]" not in glue.text
    assert glue.changes == []


def test_a_misspelt_setting_is_named(site):
    run = site.play("site.yml", "--tags", "glue", glue_databases=[{"name": "orders_db", "descripton": "x"}])
    assert run.code == 2
    assert "descripton" in run.text


def test_a_port_in_use_names_its_user_and_the_setting(site):
    run = site.play("site.yml", "--tags", "dashboard", dashboard_port=site.endpoint_port)
    assert run.code == 2
    assert "dashboard_port" in run.text
    assert f"(process {psutil_listener(site.endpoint_port)}" in run.text
    site.play("site.yml", "--tags", "dashboard").succeeded()


def psutil_listener(port):
    """Id of the process that listens on a port."""
    return next(item.pid for item in psutil.net_connections("tcp") if item.laddr.port == port and item.status == "LISTEN")


def test_the_page_comes_back_when_it_is_killed(site):
    listener = psutil_listener(site.page_port)
    master = psutil.Process(listener)
    while "gunicorn" in " ".join(master.parent().cmdline()):
        master = master.parent()
    master.kill()
    for _ in range(100):
        try:
            if site.get("/healthz")[0] == 200 and psutil_listener(site.page_port) != listener:
                return
        except (OSError, StopIteration):
            pass
        time.sleep(0.1)
    pytest.fail("the page did not come back within 10 s")


def test_teardown_leaves_nothing(site):
    site.play("teardown.yml").succeeded()
    client = site.client
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("lambda").list_functions()["Functions"] == []
    assert client("lambda").list_layers()["Layers"] == []
    assert client("logs").describe_log_groups()["logGroups"] == []
    assert client("iam").list_roles()["Roles"] == []
    assert client("iam").list_instance_profiles()["InstanceProfiles"] == []
    assert client("sqs").list_queues().get("QueueUrls", []) == []
    assert client("glue").get_databases()["DatabaseList"] == []
    assert client("glue").list_crawlers()["CrawlerNames"] == []
    assert [group["Name"] for group in client("athena").list_work_groups()["WorkGroups"]] == ["primary"]
    assert client("athena").list_named_queries()["NamedQueryIds"] == []
    assert client("ec2").describe_key_pairs()["KeyPairs"] == []


def test_a_second_teardown_changes_nothing(site):
    assert site.play("teardown.yml").succeeded().changes == []


def test_the_proof_fails_when_something_is_left(site):
    site.client("logs").create_log_group(logGroupName=f"/aws/lambda/{FUNCTION}")
    played = site.play("teardown.yml", "--tags", "leftovers")
    assert played.code == 2
    assert f"logs log group /aws/lambda/{FUNCTION}" in played.text
    site.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{FUNCTION}")


def test_a_deployment_after_a_teardown_works(site):
    site.play("site.yml").succeeded()
    assert site.get("/readyz")[0] == 200
    status, text = site.get("/orders")
    assert status == 200
    assert "upload-orders.yml" in text


def test_stopping_leaves_no_process_and_no_file_of_what_is_deployed(site):
    processes = [psutil.Process(pid) for pid in site.pids().values()]
    children = [child for process in processes for child in process.children(recursive=True)]
    assert set(site.pids()) == {"localcloud", "dashboard"}
    site.play("playbooks/stop-localcloud.yml").succeeded()
    psutil.wait_procs([*processes, *children], timeout=10)
    assert [process for process in (*processes, *children) if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert not site.state.exists()


def test_missing_settings_for_aws_are_all_named_at_once(site):
    dead = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    run = site.play("site.yml", "-i", "inventory/aws.yml", environment=dead, aws_region="mars-1")
    assert run.code == 2
    for words in ("aws_account_id is not set", "'mars-1'", "allowed_cidrs is empty", "does not answer"):
        assert words in run.text
