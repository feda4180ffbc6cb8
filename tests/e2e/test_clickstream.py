"""Clicks from a browser's POST to the answered question, and back: each test goes on from the one before."""

import gzip
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from localcloud.athena.projection import outside
from tests.e2e.deployment import ROOT, Deployment
from tests.local_cloud import wait_for

pytestmark = pytest.mark.timeout(600)
BUCKET = "clickstream-000000000000-us-east-1"
API = "clickstream-ingest-poc"
ARTIFACTS = ROOT / "artifacts"
#: Text that a careless mapping template or transform would change.
AWKWARD = 'a "quoted" \\ back\\slash, \ttab, new\nline, é, 中文, 🍜, </script>, ${x}, #set($a)'


@pytest.fixture(scope="module")
def clicks(tmp_path_factory):
    others = {"orders", "order_history", "order_source", "transactions"}
    deployment = Deployment(tmp_path_factory.mktemp("clicks"), without=others)
    yield deployment
    deployment.play("playbooks/stop-localcloud.yml")


@pytest.fixture(scope="module")
def up(clicks):
    """The first `make up`; returns what it wrote down."""
    played = clicks.play("playbooks/up.yml").succeeded()
    written = json.loads((clicks.state / "up.json").read_text())
    assert written["clickstream_url"] in played.text
    return written


def now():
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def click(number, **more):
    return {"element_clicked": "Ramen", "time_spent": number, "source_menu": "Noodles", "created_at": now(), **more}


def post(up, body, path="/poc", key=None, **headers):
    """(status, answer) of a POST as a browser makes it; `body` is bytes, or what JSON says."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": "application/json", "x-api-key": up["clickstream_api_key"] if key is None else key, **headers}
    request = urllib.request.Request(up["clickstream_url"] + path, data, {name: value for name, value in given.items() if value})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def lines(clicks, prefix="clicks/"):
    """Lines of all objects below a prefix, as bytes."""
    s3 = clicks.client("s3")
    bodies = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in clicks.objects(BUCKET, prefix)]
    return [line for body in bodies for line in (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).splitlines()]


def stored(clicks, click_id):
    """The line of a click, when it has arrived."""

    def found():
        return next((line for line in lines(clicks) if json.loads(line).get("click_id") == click_id), None)

    return wait_for(found, f"the click {click_id}", 60)


def panel(clicks, query):
    """Rows of a query of the page, asked of Athena anew."""
    status, text = clicks.get(f"/clickstream/{query}.json?refresh=1")
    assert status == 200, text
    return json.loads(text)["rows"]


def test_a_click_is_stored_byte_for_byte_and_answered(clicks, up):
    body = json.dumps(click(1, click_id="awkward", element_clicked=AWKWARD), ensure_ascii=False, indent=1).encode()
    status, _ = post(up, body)
    assert status == 200
    line = stored(clicks, "awkward")
    # The members that arrive are appended; a line has no newline inside.
    assert line.startswith(body[:-1].rstrip().replace(b"\n", b" ")), line
    found = json.loads(line)
    assert found["element_clicked"] == AWKWARD
    assert datetime.fromisoformat(found["arrived_at"]).tzinfo is not None
    rows = wait_for(lambda: [row for row in panel(clicks, "clicks_by_element") if row[0] == AWKWARD], "the panel's row", 30)
    assert rows[0][1] == 1


def test_what_is_no_click_is_refused_with_its_reason(clicks, up):
    lacking = {key: value for key, value in click(1).items() if key != "element_clicked"}
    for body, word in ((lacking, "element_clicked"), (click("long"), "integer"), (b"{no json", "JSON"), (click(-1), "minimum")):
        status, answer = post(up, body)
        assert (status, word.lower() in json.dumps(answer).lower()) == (400, True), (body, answer)
    assert post(up, click(1), key="")[0] == 403
    assert post(up, click(1), key="wrong")[0] == 403
    assert post(up, b'{"element_clicked": "' + b"x" * (11 << 20) + b'"}')[0] == 413


def test_a_batch_is_answered_record_by_record(clicks, up):
    batch = {"clicks": [click(number, click_id=f"batch-{number}", element_clicked=AWKWARD) for number in range(3)]}
    status, answer = post(up, batch, "/poc/batch")
    assert (status, len(answer["results"])) == (200, 3), answer
    for number in range(3):
        assert json.loads(stored(clicks, f"batch-{number}"))["element_clicked"] == AWKWARD
    assert post(up, {"clicks": []}, "/poc/batch")[0] == 400
    assert post(up, {"clicks": [click(1), {"no": "click"}]}, "/poc/batch")[0] == 400


def test_the_access_log_tells_of_requests_and_not_of_people(clicks, up):
    logs = clicks.client("logs")

    def told():
        return [json.loads(each["message"]) for each in logs.filter_log_events(logGroupName=f"/aws/apigateway/{API}")["events"]]

    wait_for(lambda: {"200", "400", "403", "413"} <= {str(each["status"]) for each in told()}, "the requests of the tests before", 30)
    assert {"POST"} == {each["method"] for each in told() if each["path"] == "/poc"}
    known = {
        "requestId",
        "time",
        "method",
        "path",
        "status",
        "latency_ms",
        "integration_latency_ms",
        "integration_status",
        "bytes",
        "error",
    }
    assert {name for each in told() for name in each} == known
    everything = json.dumps(told())
    assert not [word for word in (up["clickstream_api_key"], "127.0.0.1", "Python-urllib", "Ramen") if word in everything]


def test_dates_as_people_send_them_are_set_right_or_refused_with_a_reason(clicks, up):
    today = datetime.now(UTC).replace(microsecond=0)
    sent = {
        "dash": f"{today:%Y\u2013%m\u2013%dT%H:%M:%SZ}",
        "zone": f"{today + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00",
        "millis": f"{today:%Y-%m-%dT%H:%M:%S}.250Z",
    }
    for name, text in sent.items():
        assert post(up, click(1, click_id=name, created_at=text))[0] == 200
    camel = {key: value for key, value in click(1, click_id="camel").items() if key != "created_at"}
    assert post(up, camel | {"createdAt": now()})[0] == 200
    assert post(up, click(1, click_id="never", created_at="2026-02-30T00:00:00Z"))[0] == 200
    for name in ("dash", "zone"):
        found = json.loads(stored(clicks, name))
        assert (found["created_at"], found["created_at_sent"]) == (f"{today:%Y-%m-%dT%H:%M:%SZ}", sent[name])
    assert "created_at_sent" not in json.loads(stored(clicks, "millis"))
    assert json.loads(stored(clicks, "camel"))["created_at"]
    rejected = wait_for(lambda: [json.loads(line) for line in lines(clicks, "rejected/")], "the reject", 60)
    assert [(each["reason"], json.loads(each["text"])["click_id"]) for each in rejected] == [("created_at_invalid", "never")]
    # Each click that was accepted is in the table or among the rejects.
    s3 = clicks.client("s3")
    audits = [json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"]) for key in clicks.objects(BUCKET, "audit/")]
    totals = {name: sum(each["rows"][name] for each in audits) for name in ("in", "kept", "dropped", "rejected")}
    assert totals == {"in": totals["kept"] + 1, "kept": len(lines(clicks)), "dropped": 0, "rejected": 1}


def test_send_clicks_counts_every_click(clicks, up):
    before = len({json.loads(line).get("click_id") for line in lines(clicks)})
    played = clicks.play("playbooks/send-clicks.yml", clicks=500).succeeded()
    after = len({json.loads(line).get("click_id") for line in lines(clicks)})
    assert "500" in played.text
    rejected = len(lines(clicks, "rejected/")) - 1
    assert after - before + rejected == 500


def test_the_data_checks_find_no_error_and_warn_of_clocks_that_are_ahead(clicks, up):
    played = clicks.play("playbooks/check-data.yml", pipeline="clickstream").succeeded()
    assert "of 8 checks passed; 0 errors" in played.text
    assert clicks.get("/clickstream/checks")[0] == 200


def test_every_object_lies_in_the_projection(clicks, up):
    table = clicks.client("glue").get_table(DatabaseName="clickstream_db", Name="my_ingested_data")["Table"]
    assert outside(table, BUCKET, clicks.objects(BUCKET, "clicks/"), datetime.now(UTC)) == []


def test_a_click_on_the_menu_appears_in_a_chart(clicks, up, browser):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 1280, "height": 1600, "deviceScaleFactor": 1, "mobile": False})
    browser.get(f"{clicks.page}/clickstream/menu")
    ARTIFACTS.mkdir(exist_ok=True)
    browser.save_screenshot(str(ARTIFACTS / "menu.png"))
    before = len(lines(clicks))
    browser.find_element("css selector", "main button").click()
    wait_for(lambda: len(lines(clicks)) == before + 1, "the click", 60)
    clicked = json.loads(lines(clicks)[-1])["element_clicked"]
    assert any(json.loads(line)["element_clicked"] == clicked for line in lines(clicks))
    panel(clicks, "clicks_by_element")
    browser.get(f"{clicks.page}/clickstream")
    browser.save_screenshot(str(ARTIFACTS / "clickstream.png"))
    assert len(browser.find_elements("css selector", "article.ok")) >= 5, browser.find_element("tag name", "main").text


def test_a_change_of_the_api_is_deployed_and_the_next_run_changes_nothing(clicks, up):
    assert clicks.play("site.yml").succeeded().changes == []
    changes = clicks.play(
        "site.yml", clickstream_allowed_origin="https://shop.example", clickstream_burst_limit=1, clickstream_rate_limit=1
    )
    assert {change.partition(" (")[0].partition(" : ")[0] for change in changes.succeeded().changes} == {"apigateway"}
    statuses = [post(up, click(1))[0] for _ in range(10)]
    assert set(statuses) == {200, 429}
    request = urllib.request.Request(up["clickstream_url"] + "/poc", method="OPTIONS")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_what_somebody_changes_in_the_api_is_set_right(clicks, up):
    api = clicks.client("apigateway")
    (found,) = [each for each in api.get_rest_apis()["items"] if each["name"] == API]
    resources = {each["path"]: each["id"] for each in api.get_resources(restApiId=found["id"])["items"]}
    api.update_method(
        restApiId=found["id"],
        resourceId=resources["/poc"],
        httpMethod="POST",
        patchOperations=[{"op": "replace", "path": "/apiKeyRequired", "value": "false"}],
    )
    api.create_deployment(restApiId=found["id"], stageName="v1")
    # One a second, since the test before.
    wait_for(lambda: post(up, click(1), key="")[0] == 200, "the answer without a key", 10)
    assert clicks.play("site.yml").succeeded().changes
    assert post(up, click(1), key="")[0] == 403
    assert post(up, click(1))[0] == 200
    assert clicks.play("site.yml").succeeded().changed == 0


def test_teardown_leaves_nothing(clicks, up):
    clicks.play("teardown.yml").succeeded()
    api = clicks.client("apigateway")
    assert api.get_rest_apis()["items"] == api.get_usage_plans()["items"] == api.get_api_keys()["items"] == []
    assert clicks.client("firehose").list_delivery_streams()["DeliveryStreamNames"] == []
    assert clicks.client("s3").list_buckets()["Buckets"] == []
    assert post(up, click(1))[0] == 403
