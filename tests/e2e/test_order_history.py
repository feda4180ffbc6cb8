"""Order history from the first line to the answered question, and back: each test goes on from the one before."""

import csv
import json
import os
import signal
from decimal import Decimal

import pytest

from tests.e2e.deployment import ROOT, Deployment
from tests.local_cloud import wait_for

pytestmark = pytest.mark.timeout(600)
BUCKET = "order-history-000000000000-us-east-1"
ARTIFACTS = ROOT / "artifacts"
HEADER = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
QUERIES = (
    "top_10_high_value_orders",
    "regional_revenue",
    "peak_hours",
    "country_performance",
    "missing_customers",
    "zero_quantity_orders",
    "duplicate_order_ids",
)
#: Two days of 2011, in which no other line of this deployment lies.
ROWS = [
    ["536365", "85123A", 'WHITE "HEART", red\nand blue', "6", "2011-02-06 08:26:00", "2.55", "17850.0", "France"],
    ["536365", "85123A", "the same line's key again", "2", "2011-02-06 08:26:00", "2.55", "17850.0", "France"],
    ["536366", "71053", "NOBODY'S", "10000", "2011-02-06 23:59:59", "3.333", "", "EIRE"],
    ["C36367", "71053", "RETURNED", "-6", "2011-02-07 00:00:00", "3.39", "17850.0", "France"],
    ["536368", "22752", "FREE", "1", "2011-02-07 10:00:00", "0", "17850.0", "France"],
    ["536369", "22752", "OF A DAY THAT IS NOT", "1", "2011-02-30 10:00:00", "1.00", "17850.0", "France"],
    ["536370", "22752", "A ROW TOO SHORT"],
    ["536371", "22752", "ŒUFS ☕", "3", "2011-02-07 10:00:00", "1.10", "13047.0", "Atlantis"],
]


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("history"), without={"orders", "transactions", "clickstream"})
    yield deployment
    deployment.play("playbooks/stop-localcloud.yml")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    file = tmp_path_factory.mktemp("rows") / "two days.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([HEADER, *ROWS])
    return file


def panel(history, query, **parameters):
    """The whole answer of a query of the page, asked of Athena anew."""
    extra = "".join(f"&{name}={value}" for name, value in parameters.items())
    status, text = history.get(f"/order_history/{query}.json?refresh=1{extra}")
    assert status == 200, text
    return json.loads(text)


def ask(history, sql):
    """(rows, bytes scanned) of a question to Athena."""
    athena = history.client("athena")
    place = {"QueryExecutionContext": {"Database": "order_history_db"}, "WorkGroup": "order_history"}
    query = {"QueryExecutionId": athena.start_query_execution(QueryString=sql, **place)["QueryExecutionId"]}
    asked = lambda: athena.get_query_execution(**query)["QueryExecution"]  # noqa: E731 - one line
    wait_for(lambda: asked()["Status"]["State"] in ("SUCCEEDED", "FAILED"), "the query's end", 60)
    assert asked()["Status"]["State"] == "SUCCEEDED", asked()["Status"]
    found = athena.get_query_results(**query)["ResultSet"]["Rows"][1:]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in found], asked()["Statistics"]["DataScannedInBytes"]


def audits(history):
    """Counts of each arrival day."""
    s3 = history.client("s3")
    return [json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"]) for key in history.objects(BUCKET, "audit/")]


OF_2011 = "FROM transformed_orders WHERE date_partition BETWEEN date '2011-02-06' AND date '2011-02-07'"


def test_up_sends_the_sample_through_the_agent_and_every_question_is_answered(history, browser):
    played = history.play("playbooks/up.yml").succeeded()
    assert "sample-order-lines.csv: 5000 lines have arrived, none is missing" in played.text
    assert {"log_generator", "kinesis_agent"} <= set(history.pids())
    for record in audits(history):
        counts = record["rows"]
        assert counts["in"] == counts["kept"] + counts["dropped"] + counts["rejected"]
        assert counts["kept"] > 4000
    answers = {query: panel(history, query)["rows"] for query in QUERIES}
    assert [query for query, found in answers.items() if not found and query != "zero_quantity_orders"] == []
    browser.get(f"{history.page}/order_history")
    ARTIFACTS.mkdir(exist_ok=True)
    browser.save_screenshot(str(ARTIFACTS / "order_history.png"))
    assert "Regional Revenue" in browser.find_element("tag name", "main").text
    queries = history.client("athena").list_named_queries(WorkGroup="order_history")["NamedQueryIds"]
    assert len(queries) == len(QUERIES)


def test_lines_that_the_server_writes_arrive_by_themselves_though_both_programs_are_killed(history):
    before = history.objects(BUCKET, "raw/")
    for name in ("log_generator", "kinesis_agent"):
        os.kill(child(history.pids()[name]), signal.SIGKILL)
    wait_for(lambda: len(history.objects(BUCKET, "raw/")) > len(before), "a further object", 60)


def child(supervisor):
    """The process that a supervisor keeps."""
    with open(f"/proc/{supervisor}/task/{supervisor}/children") as file:
        return int(file.read().split()[0])


def test_each_row_of_a_file_is_kept_dropped_or_rejected_with_its_text(history, rows):
    played = history.play("playbooks/replay-history.yml", source=str(rows)).succeeded()
    assert "8 lines have arrived, none is missing" in played.text
    sums = f"SELECT count(*), sum(quantity), sum(quantity * unitprice), sum(totalamountusd), count_if(ordertag = 'High') {OF_2011}"
    (found,), _ = ask(history, sums)
    assert [int(found[0]), int(found[1]), int(found[4])] == [4, 10011, 1]
    assert [Decimal(found[2]), Decimal(found[3])] == [Decimal("33353.7"), Decimal("400.2444")]
    invoices, _ = ask(history, f"SELECT invoiceno, customerid, country, region, invoicehour {OF_2011} AND quantity <> 2 ORDER BY 1")
    assert invoices == [
        ["536365", "17850", "France", "Europe", "8"],
        ["536366", None, "EIRE", "Europe", "23"],
        ["536371", "13047", "Atlantis", "Other", "10"],
    ]
    assert ask(history, f"SELECT invoiceno, count(*) {OF_2011} GROUP BY invoiceno, orderid HAVING count(*) > 1")[0] == [["536365", "2"]]
    s3 = history.client("s3")
    keys = [key for key in history.objects(BUCKET, "rejected/") if not key.endswith("/")]
    rejected = "".join(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys)
    assert "OF A DAY THAT IS NOT" in rejected
    assert "A ROW TOO SHORT" in rejected
    (record,) = [record for record in audits(history) if "Atlantis" in record["unmapped_countries"]]
    assert record["rejected_by_reason"]


def test_a_day_that_is_done_again_is_the_same_and_only_what_is_asked_for_is_read(history):
    _, everything = ask(history, "SELECT count(*), sum(quantity), sum(totalamountusd) FROM transformed_orders")
    before, some = ask(history, f"SELECT orderid, description, totalamountusd, customerid {OF_2011} ORDER BY 1, 2")
    assert some < everything
    days = ",".join(record["source"]["key"].replace("raw/year=", "").replace("/month=", "-").replace("/day=", "-").strip("/")
                    for record in audits(history))  # fmt: skip
    history.play("playbooks/run-etl.yml", days=days).succeeded()
    assert ask(history, f"SELECT orderid, description, totalamountusd, customerid {OF_2011} ORDER BY 1, 2")[0] == before


def test_a_second_run_changes_nothing(history):
    assert history.play("site.yml").succeeded().changes == []


def test_teardown_leaves_nothing(history):
    history.play("teardown.yml").succeeded()
    assert history.client("firehose").list_delivery_streams()["DeliveryStreamNames"] == []
    assert history.client("glue").list_jobs()["JobNames"] == []
    assert not {"log_generator", "kinesis_agent"} & set(history.pids())
    assert history.play("teardown.yml").succeeded().changes == []
