"""The application with an AWS in memory."""

import csv
import io
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from dashboard import create_app
from dashboard.aws import AwsError
from dashboard.queries import FIRST_WAIT

from tests.unit.dashboard.fake_aws import FakeAws, table
from tests.unit.dashboard.sample import CONFIG, HOSTILE, NO_TABLE, REJECTS, SQL, answers, audit_record, fake_aws

TOTAL = SQL["total_sales_by_customer"]
QUERIES = list(SQL)
EVERY_PAGE = [
    "/",
    "/orders",
    "/orders.json",
    *[f"/orders/{name}{suffix}" for name in QUERIES for suffix in ("", ".json", ".csv")],
    "/audit/orders",
    "/audit/orders.json",
    "/audit/orders/rejects?record=audit/orders.csv-1a2b.json",
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/style.css",
]


@pytest.fixture
def aws():
    return fake_aws()


@pytest.fixture
def client(aws):
    return create_app(CONFIG, aws).test_client()


class Page(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, response):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(response.get_data(as_text=True))
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag, **attributes):
        return [found for name, found in self.tags if name == tag and all(found.get(k) == v for k, v in attributes.items())]


def samples(client):
    """{metric with labels: value}."""
    lines = client.get("/metrics").get_data(as_text=True).splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_answers_get_and_head_with_the_same_headers_and_no_cookie(client, path):
    got, head = client.get(path), client.head(path)
    assert got.status_code == head.status_code == 200
    assert got.data
    assert head.data == b""
    assert "Set-Cookie" not in got.headers
    # The second in which each was asked is in two of them.
    same = {name: value for name, value in got.headers.items() if name not in ("Date", "Expires", "Content-Length")}
    assert same == {name: value for name, value in head.headers.items() if name not in ("Date", "Expires", "Content-Length")}


@pytest.mark.parametrize("path", [*EVERY_PAGE, "/nope", "/orders/top_10_largest_orders?month=x"])
def test_every_response_is_guarded(client, path):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == ("public, max-age=86400" if path.startswith("/static") else "no-store")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/orders", "/static/style.css", "/nope"])
def test_other_methods_are_refused(client, aws, method, path):
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert aws.started == []


def test_the_overview_shows_health_and_freshness(client):
    page = Page(client.get("/"))
    assert "All 5 queries answer" in page.text
    assert "Fresh 3 minutes ago" in page.text
    assert {"href": "/orders"} in page.all("a")
    assert page.all("h1")


def test_the_overview_says_what_fails_and_what_is_old(aws, client):
    aws.answers[TOTAL] = "EXCEEDED_MEMORY_LIMIT: Query exhausted resources"
    aws.stored = {"audit/a.json": (audit_record(), datetime.now(UTC) - timedelta(hours=25))}
    text = Page(client.get("/")).text
    assert "1 of 5 queries fail" in text
    assert "EXCEEDED_MEMORY_LIMIT" in text
    assert "Older than 24 hours" in text


def test_the_overview_does_not_wait_for_slow_queries(aws, monkeypatch):
    monkeypatch.setattr("dashboard.pages.overview.PATIENCE", 0.05)
    client = create_app(CONFIG, aws).test_client()
    aws.gate.clear()
    assert "5 of 5 queries are still running" in Page(client.get("/")).text
    aws.gate.set()


def test_the_pipeline_page_has_five_panels_with_chart_and_table(client):
    page = Page(client.get("/orders"))
    assert [panel["id"] for panel in page.all("article")] == QUERIES
    assert len(page.all("table")) == 5
    assert len(page.all("svg", role="img")) == 6  # the months have two
    for title in ("Total Sales by Customer", "Top 10 Largest Orders in February 2025"):
        assert title in page.text
    assert page.text.count("Scanned 1.2 MB") == 5
    assert page.text.count("Cost $0.00005") == 5


def test_panels_fail_alone_with_athenas_reason(aws, client):
    aws.answers[TOTAL] = "COLUMN_NOT_FOUND: line 2:5: Column 'customer' cannot be resolved"
    response = client.get("/orders")
    page = Page(response)
    assert response.status_code == 200
    assert "COLUMN_NOT_FOUND: line 2:5" in page.text
    assert len(page.all("table")) == 4
    assert client.get("/orders/total_sales_by_customer").status_code == 502
    assert client.get("/orders/order_status_dashboard").status_code == 200


def test_a_fault_of_ours_fails_one_panel_and_tells_no_secret(aws, client):
    aws.answers[TOTAL] = RuntimeError("password=hunter2")
    text = Page(client.get("/orders")).text
    assert "An error of the dashboard itself" in text
    assert "hunter2" not in text


def test_panels_load_side_by_side(aws):
    """All five are started before any has finished: the gate opens only when all five run."""
    started = threading.Barrier(5, action=lambda: aws.gate.set())
    aws.gate.clear()
    start = aws.start_query

    def wait_for_the_others(*arguments):
        execution = start(*arguments)
        started.wait(5)
        return execution

    aws.start_query = wait_for_the_others
    assert create_app(CONFIG, aws).test_client().get("/orders").status_code == 200


def test_an_empty_pipeline_says_what_to_do_next():
    client = create_app(CONFIG, FakeAws(dict.fromkeys(SQL.values(), NO_TABLE))).test_client()
    for path in ("/", "/orders", "/orders/total_sales_by_customer", "/audit/orders"):
        response = client.get(path)
        assert response.status_code == 200
        assert "playbooks/upload-orders.yml" in Page(response).text
    data = client.get("/orders/total_sales_by_customer.json")
    assert (data.status_code, data.headers["Retry-After"]) == (503, "5")
    assert data.json["columns"] == data.json["rows"] == []
    assert "upload-orders.yml" in data.json["error"]["message"]
    assert client.get("/orders/total_sales_by_customer.csv").status_code == 503


def test_data_that_has_come_is_seen_within_seconds(aws):
    aws.answers[TOTAL] = NO_TABLE
    client = create_app({**CONFIG, "error_seconds": 0}, aws).test_client()
    assert client.get("/orders/total_sales_by_customer.json").status_code == 503
    aws.answers = answers()
    assert client.get("/orders/total_sales_by_customer.json").status_code == 200


def test_json_has_columns_rows_sql_and_stats(client):
    data = client.get("/orders/order_status_dashboard.json").json
    assert data["columns"] == ["status", "order_count", "percent_of_orders", "total_amount"]
    assert data["types"] == ["varchar", "bigint", "decimal(5,1)", "decimal(38,2)"]
    assert data["rows"][0] == ["confirmed", 63, "45.0", "17000.10"]
    assert data["sql"] == SQL["order_status_dashboard"]
    stats = data["stats"]
    assert (stats["row_count"], stats["bytes_scanned"], stats["cost_usd"], stats["truncated"]) == (3, 1_234_567, 0.00005, False)
    assert (stats["stale"], stats["error"], stats["source"]) == (False, None, "asked")
    assert datetime.fromisoformat(stats["finished_at"]).tzinfo is not None
    assert client.get("/orders.json").json["panels"][2]["rows"] == data["rows"]


def test_decimals_lose_no_digit(client):
    assert client.get("/orders/total_sales_by_customer.json").json["rows"][0] == ["Ada Lovelace", "12345678901234567890.12", 41]


def test_csv_is_the_same_data_and_safe_in_a_spreadsheet(client):
    response = client.get("/orders/total_sales_by_customer.csv")
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="orders-total_sales_by_customer.csv"'
    rows = list(csv.reader(io.StringIO(response.get_data(as_text=True), newline="")))
    assert rows[0] == ["customer", "total_sales", "order_count"]
    assert rows[4][0] == '\'=HYPERLINK("http://evil.example","click")'
    assert rows[5][1] == "-1500000000000000000.50"
    assert rows[6] == ["", "0.07", "1"]


def test_hostile_values_are_text_everywhere(aws, client):
    aws.answers[TOTAL] = table((HOSTILE, "total_sales"), ("varchar", "bigint"), [(HOSTILE, 1)])
    aws.answers[SQL["order_status_dashboard"]] = f"reason {HOSTILE}"
    for path in (
        "/",
        "/orders",
        "/orders/total_sales_by_customer",
        "/orders/order_status_dashboard",
        "/audit/orders",
        "/<script>alert(1)</script>",
    ):
        page = Page(client.get(path))
        assert page.all("script") == []
        assert [name for _, found in page.tags for name in found if name.startswith("on") or name == "style"] == []
    assert "<script>alert(1)</script>\"'&[U+202E][U+0007]" in Page(client.get("/audit/orders")).text


def test_a_parameter_in_the_address_reaches_athena_as_an_execution_parameter(aws, client):
    page = Page(client.get("/orders/top_10_largest_orders?month=2024-12"))
    assert "Top 10 Largest Orders in December 2024" in page.text
    assert "No rows for month 2024-12." in page.text
    assert page.all("input", name="month")[0]["value"] == "2024-12"
    assert aws.started[-1][:2] == (SQL["top_10_largest_orders"], ["'2024-12'", "'2024-12'"])
    assert "month=2024-12" in page.all("a", rel="nofollow")[0]["href"]
    data = client.get("/orders/top_10_largest_orders.json?month=2025-02").json
    assert data["parameters"] == {"month": "2025-02"}
    assert len(data["rows"]) == 10


def test_parameters_on_the_pipeline_page_apply_to_the_panels_that_have_them(client):
    assert "Top 10 Largest Orders in January 2025" in Page(client.get("/orders?month=2025-01")).text


def test_a_description_names_what_was_asked_for(tmp_path):
    (tmp_path / "orders").mkdir()
    header = "-- title: Clicks\n-- description: Of the last {hours} hours.\n-- parameter: hours type=integer default=24\n"
    (tmp_path / "orders" / "one.sql").write_text(f"{header}SELECT ? AS a")
    answers = FakeAws({"SELECT ? AS a": table(("a",), ("varchar",), [("1",)])})
    client = create_app({**CONFIG, "sql_dir": str(tmp_path)}, answers).test_client()
    for path in ("/orders?hours=7", "/orders/one?hours=7"):
        assert "Of the last 7 hours." in Page(client.get(path)).text
    assert client.get("/orders/one.json").json["description"] == "Of the last 24 hours."


def test_links_keep_the_parameters_whatever_their_names_are(tmp_path):
    """`name` is also what Flask calls a part of the address."""
    (tmp_path / "orders").mkdir()
    sql = "SELECT ? AS a"
    (tmp_path / "orders" / "one.sql").write_text(f"-- title: One of {{name}}\n-- parameter: name type=text default=x\n{sql}")
    client = create_app({**CONFIG, "sql_dir": str(tmp_path)}, FakeAws({sql: table(("a",), ("varchar",), [("1",)])})).test_client()
    for path in ("/orders?name=a%26b%3D%22", "/orders/one?name=a%26b%3D%22"):
        links = [link["href"] for link in Page(client.get(path)).all("a") if "?" in link["href"]]
        assert len(links) >= 3
        assert all("?name=a%26b%3D%22" in link for link in links)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/orders/top_10_largest_orders?month=2025-13", "month must be a month as YYYY-MM, such as 2025-02; got '2025-13'"),
        ("/orders/top_10_largest_orders?month=' OR 1=1", "month must be a month"),
        ("/orders/top_10_largest_orders?month=2025-01&month=2025-02", "given 2 times"),
        ("/orders/top_10_largest_orders?year=2025", "'year' is not a parameter of this page. It takes: month, refresh."),
        ("/orders/total_sales_by_customer?month=2025-01", "It takes: refresh."),
        ("/orders/total_sales_by_customer?refresh=yes", "refresh takes 1"),
        ("/?x=1", "It takes: none."),
        ("/audit/orders?page=0", "whole number from 1"),
        ("/audit/orders?page=-1", "whole number from 1"),
        ("/audit/orders/rejects", "record is missing"),
    ],
)
def test_a_wrong_address_says_what_is_allowed(client, aws, path, words):
    response = client.get(path)
    assert response.status_code == 400
    assert words in Page(response).text
    assert aws.started == []


def test_addresses_have_bounds(client):
    response = client.get("/orders?month=" + "x" * 4000)
    assert response.status_code == 414
    assert "3,500" in Page(response).text


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/orders/nope",
        "/nope/x",
        "/audit/nope",
        "/orders/x/y",
        "/audit//orders",
        "/audit/orders?page=2",
        "/static/../config.py",
        "/static/",
    ],
)
def test_what_is_not_there_is_404_in_the_same_look(client, path):
    response = client.get(path)
    page = Page(response)
    assert response.status_code == 404
    assert page.all("link", rel="stylesheet")
    assert page.all("main", id="content")


def test_errors_of_data_are_data(client):
    response = client.get("/orders/nope.json")
    assert response.status_code == 404
    assert response.json["error"]["status"] == 404
    assert client.get("/orders/nope.csv").content_type.startswith("text/plain")


def test_500_is_a_page_that_says_where_to_look(aws, client, caplog):
    aws.objects = lambda *_: 1 / 0
    response = client.get("/audit/orders")
    assert response.status_code == 500
    mark = re.search(r"under ([0-9a-f]{8})", Page(response).text)[1]
    assert mark in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_the_host_header_is_never_repeated(client):
    for path in (*EVERY_PAGE, "/orders/", "/nope"):
        response = client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert response.status_code < 300 or response.status_code == 404
        assert b"evil.example/" not in response.data.replace(b'http://evil.example"', b"")
        assert "evil.example" not in str(response.headers)


def test_nothing_comes_from_another_host(client):
    for path in ("/", "/orders", "/orders/total_sales_by_customer", "/audit/orders", "/nope"):
        links = [
            found.get("href") or found.get("src")
            for tag, found in Page(client.get(path)).tags
            if tag in ("link", "img", "a", "script", "form")
        ]
        assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links if link)


def test_answers_are_kept_and_refresh_asks_again(aws, client):
    path = "/orders/total_sales_by_customer.json"
    assert [client.get(path).json["stats"]["source"] for _ in range(2)] == ["asked", "hit"]
    aws.answers[TOTAL] = table(("customer",), ("varchar",), [("new",)])
    assert client.get(path).json["rows"] != [["new"]]
    fresh = client.get(path + "?refresh=1").json
    assert (fresh["rows"], fresh["stats"]["source"]) == ([["new"]], "asked")
    assert len(aws.started) == 2
    client.get("/orders?refresh=1")
    assert len(aws.started) == 7


def test_many_refreshes_at_once_are_one_query(aws, client):
    aws.gate.clear()
    app, found = client.application, []
    threads = [
        threading.Thread(target=lambda: found.append(app.test_client().get("/orders/total_sales_by_customer.json?refresh=1").json))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    joined = 'dashboard_requests_total{route="/healthz",method="GET",status="200"}'
    client.get("/healthz")
    assert joined in samples(client)
    # The gate opens once all eight wait: seven of them have joined the flight of the first.
    board = app.extensions["dashboard"]
    while len(next(iter(board._answers._entries.values())).flight._done_callbacks) < 8:
        threading.Event().wait(FIRST_WAIT)
    aws.gate.set()
    for thread in threads:
        thread.join(5)
    assert len(aws.started) == 1
    assert sorted(data["stats"]["source"] for data in found) == ["asked"] + ["joined"] * 7


def test_the_last_good_answer_stays_with_its_age_and_the_reason(aws, client):
    path = "/orders/total_sales_by_customer"
    client.get(path)
    aws.answers[TOTAL] = AwsError("ThrottlingException", "Rate exceeded")
    response = client.get(path + "?refresh=1")
    page = Page(response)
    assert response.status_code == 200
    assert "These numbers are old. Asking again failed: ThrottlingException: Rate exceeded" in page.text
    assert page.all("table")
    stats = client.get(path + ".json").json["stats"]
    assert (stats["stale"], stats["error"]) == (True, "ThrottlingException: Rate exceeded")
    assert client.get(path + ".csv").status_code == 200


def test_an_empty_answer_does_not_hide_a_later_failure(aws):
    client = create_app({**CONFIG, "error_seconds": 0}, aws).test_client()
    aws.answers[TOTAL] = table(("customer",), ("varchar",), [])
    assert client.get("/orders/total_sales_by_customer.json").json["rows"] == []
    aws.answers[TOTAL] = "GENERIC_INTERNAL_ERROR: boom"
    assert [client.get(f"/orders/total_sales_by_customer{suffix}").status_code for suffix in ("", ".json", ".csv")] == [502] * 3


def test_too_many_questions_at_once_are_told_to_come_back(aws, client, monkeypatch):
    board = client.application.extensions["dashboard"]
    monkeypatch.setattr(board._answers, "_flights", 0)
    response = client.get("/orders/total_sales_by_customer.json")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "try again in a moment" in response.json["error"]["message"]


def test_cut_answers_say_so(aws):
    aws.answers[TOTAL] = table(("customer", "total_sales"), ("varchar", "bigint"), [(f"c{n}", n) for n in range(30)])
    client = create_app({**CONFIG, "row_limit": 20}, aws).test_client()
    page = Page(client.get("/orders/total_sales_by_customer"))
    assert "These are the first 20 rows; there are more" in page.text
    assert client.get("/orders/total_sales_by_customer.json").json["stats"]["truncated"] is True
    assert client.get("/orders/total_sales_by_customer.csv").headers["X-Truncated"] == "true"
    assert "The first 10 of 20 or more rows." in Page(client.get("/orders")).text


def test_a_chart_that_does_not_fit_says_so_and_leaves_the_table(aws, client):
    aws.answers[TOTAL] = table(("customer", "total"), ("varchar", "bigint"), [("a", 1)])
    page = Page(client.get("/orders/total_sales_by_customer"))
    assert "The chart cannot be drawn: the chart names the column 'total_sales'" in page.text
    assert page.all("table")


def test_files_are_listed_newest_first_with_their_counts(client):
    page = Page(client.get("/audit/orders"))
    names = [page.text.index(name) for name in ("raw/orders.csv", "audit/broken.json", "the column OrderDate is missing")]
    assert names == sorted(names)
    assert "Malformed record the record is not JSON" in page.text
    records = client.get("/audit/orders.json").json["records"]
    assert records[0]["rows"] == {"in": 200, "kept": 140, "dropped": 57, "rejected": 3}
    assert records[0]["rejected_by_reason"] == {"bad_date": 2, "missing_order_id": 1}
    assert records[1]["problem"].startswith("the record is not JSON")
    assert records[2]["status"] == "rejected"


def test_files_of_the_same_second_are_ordered_by_their_events(client, aws):
    when = datetime.now(UTC)
    aws.stored = {
        f"audit/{n}.json": (audit_record(f"raw/{n}.csv", event_time=f"2025-04-22T09:30:0{t}Z"), when) for n, t in ((1, 5), (2, 9), (3, 7))
    }
    assert [record["source"]["key"] for record in client.get("/audit/orders.json").json["records"]] == [
        "raw/2.csv",
        "raw/3.csv",
        "raw/1.csv",
    ]


def test_files_are_paged(aws):
    aws.stored = {f"audit/{n}.json": (audit_record(f"raw/{n}.csv"), datetime(2025, 4, 22, 0, n, tzinfo=UTC)) for n in range(5)}
    client = create_app({**CONFIG, "audit_page_size": 2, "audit_list_limit": 4}, aws).test_client()
    data = client.get("/audit/orders.json?page=2").json
    assert [record["source"]["key"] for record in data["records"]] == ["raw/1.csv", "raw/0.csv"]
    assert (data["page"], data["pages"], data["total"], data["truncated"]) == (2, 2, 4, True)
    page = Page(client.get("/audit/orders?page=1"))
    assert page.all("a", rel="next")
    assert page.all("a", rel="prev") == []
    assert "the newest may not be among these" in page.text


def test_rejects_are_streamed_as_text(aws, client):
    page = Page(client.get("/audit/orders"))
    link = next(found["href"] for found in page.all("a") if "rejects" in found["href"])
    response = client.get(link)
    assert response.data == REJECTS
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["Content-Length"] == str(len(REJECTS))
    assert response.headers["Content-Disposition"] == "inline; filename=orders.csv-1a2b.jsonl"
    response.close()
    assert aws.closed == ["rejected/orders.csv-1a2b.jsonl"]


@pytest.mark.parametrize(
    "record",
    [
        "rejected/orders.csv-1a2b.jsonl",
        "audit/../raw/x",
        "audit/nope.json",
        "audit/hostile.json",
        "audit/broken.json",
        "audit/evil.json",
        "raw/x",
        "raw/record.json",
        "audit//x",
    ],
)
def test_only_rejects_that_a_record_names_are_served(aws, client, record):
    aws.put("raw/x", b"secret")
    aws.put("raw/record.json", audit_record())
    aws.put("audit/evil.json", audit_record(output={"processed": None, "rejected": "raw/x"}))
    response = client.get("/audit/orders/rejects", query_string={"record": record})
    assert response.status_code == 404
    assert aws.opened == []


def test_rejects_that_are_no_text_are_a_download(aws, client):
    aws.put("audit/whole.json", audit_record(output={"processed": None, "rejected": 'rejected/a\r\nb".csv.gz'}))
    aws.put('rejected/a\r\nb".csv.gz', b"\x1f\x8b")
    response = client.get("/audit/orders/rejects?record=audit/whole.json")
    assert response.content_type == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment; filename")
    assert "\n" not in response.headers["Content-Disposition"]


def test_trouble_with_s3_is_an_error_page_with_the_reason(aws, client):
    aws.down = AwsError("AccessDenied", "not authorized to perform s3:ListBucket")
    response = client.get("/audit/orders")
    assert response.status_code == 502
    assert "AccessDenied: not authorized to perform s3:ListBucket" in Page(response).text
    assert client.get("/audit/orders.json").json["error"]["status"] == 502


def test_healthz_asks_nothing_and_readyz_asks_athena(aws, client):
    assert client.get("/readyz").json == {"ready": True, "problems": {}}
    aws.down = AwsError("AccessDeniedException", "no")
    assert client.get("/healthz").json == {"ok": True}
    assert client.get("/readyz").status_code == 200  # it is remembered for a few seconds
    response = create_app(CONFIG, aws).test_client().get("/readyz")
    assert response.status_code == 503
    assert response.json == {"ready": False, "problems": {"orders": "AccessDeniedException: no"}}
    aws.down, aws.workgroup = None, "DISABLED"
    assert create_app(CONFIG, aws).test_client().get("/readyz").json["problems"] == {"orders": "its workgroup is DISABLED"}


def test_metrics_count_requests_queries_and_bytes(aws, client):
    aws.answers[SQL["order_status_dashboard"]] = "SYNTAX_ERROR"
    for _ in range(2):
        client.get("/orders")
    client.get("/no/such/page")
    found = samples(client)
    assert found['dashboard_requests_total{route="/<name>",method="GET",status="200"}'] == 2
    assert found['dashboard_requests_total{route="none",method="GET",status="404"}'] == 1
    assert found['dashboard_queries_total{pipeline="orders",query="total_sales_by_customer",outcome="succeeded"}'] == 1
    assert found['dashboard_queries_total{pipeline="orders",query="order_status_dashboard",outcome="failed"}'] == 1
    assert found['dashboard_query_scanned_bytes_total{pipeline="orders",query="total_sales_by_customer"}'] == 1_234_567
    assert found['dashboard_answers_total{source="hit"}'] == 5
    assert found['dashboard_request_seconds_count{route="/<name>"}'] == 2


def test_json_is_readable_by_a_strict_reader(aws, client):
    aws.answers[TOTAL] = table(("a", "b"), ("double", "bigint"), [("NaN", 9007199254740993)])
    text = client.get("/orders/total_sales_by_customer.json").get_data(as_text=True)

    def refuse(constant):
        raise ValueError(constant)

    assert json.loads(text, parse_constant=refuse)["rows"] == [["NaN", 9007199254740993]]
