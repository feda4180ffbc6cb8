"""The menu to click on, and the way by which a browser that leaves it passes clicks on."""

import json

import pytest
from dashboard import config, create_app
from dashboard.config import ConfigError
from dashboard.forward import AT_ONCE, LARGEST, Forwarder, Refused
from dashboard.pages.menu import CARD

from tests.local_cloud import free_port
from tests.unit.dashboard.account import PASSWORD, USER, make_auth
from tests.unit.dashboard.clicks import KEY, ClicksApi, clicks_aws, clicks_config
from tests.unit.dashboard.sample import CONFIG, fake_aws

API = "https://abc123.execute-api.us-east-1.amazonaws.com/v1"
OWN = {"Sec-Fetch-Site": "same-origin"}
CLICK = {"element_clicked": "Coffee", "time_spent": 1, "source_menu": "Drinks", "created_at": "2026-11-21T12:00:00Z"}
BATCH = json.dumps({"clicks": [CLICK]}).encode()


@pytest.fixture
def api():
    with ClicksApi() as found:
        yield found


def client(tmp_path, url=API, **more):
    return create_app(clicks_config(tmp_path, url, **more), clicks_aws()).test_client()


def pass_on(client, body=BATCH, headers=OWN, content_type="application/json"):
    return client.post("/clicks/poc/batch", data=body, headers=headers, content_type=content_type)


def test_the_menu_has_dishes_and_what_its_script_needs_and_may_talk_to_the_api_alone(tmp_path):
    response = client(tmp_path).get("/clicks/menu")
    text = response.get_data(as_text=True)
    assert all(dish["name"].replace("'", "&#39;") in text for menu in CARD["menus"] for dish in menu["dishes"])
    assert f'data-url="{API}"' in text
    assert f'data-key="{KEY}"' in text
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert policy.endswith("; script-src 'self'; connect-src 'self' https://abc123.execute-api.us-east-1.amazonaws.com")
    assert "unsafe" not in policy
    assert "<script>" not in text
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("url", "host", "relayed"),
    [
        ("http://127.0.0.1:4566/_aws/execute-api/abc/v1", "10.77.128.1:5000", True),
        ("http://127.0.0.1:4566/_aws/execute-api/abc/v1", "dashboard.example:5000", True),
        ("http://127.0.0.1:4566/_aws/execute-api/abc/v1", "127.0.0.1:5000", False),
        ("http://127.0.0.1:4566/_aws/execute-api/abc/v1", "localhost:5000", False),
        (API, "10.77.128.1:5000", False),
    ],
)
def test_where_browsers_may_not_reach_the_api_clicks_go_by_way_of_the_page(tmp_path, url, host, relayed):
    response = client(tmp_path, url).get("/clicks/menu", headers={"Host": host})
    text = response.get_data(as_text=True)
    assert ('data-url="/clicks" data-key=""' in text) is relayed
    assert (f'data-url="{url}" data-key="{KEY}"' in text) is not relayed
    assert response.headers["Content-Security-Policy"].endswith("; connect-src 'self'") is relayed
    assert ("by way of this page" in text) is relayed


def test_a_script_without_a_session_is_refused_and_the_browser_asks_for_no_password(tmp_path, api):
    made = client(tmp_path, api.url, auth=make_auth(tmp_path))
    refused = pass_on(made, headers=OWN | {"Sec-Fetch-Dest": "empty"})
    assert (refused.status_code, "WWW-Authenticate" in refused.headers) == (401, False)
    assert "WWW-Authenticate" in pass_on(made).headers


def test_other_pages_link_to_the_menu_and_may_talk_to_nobody_else(tmp_path):
    response = client(tmp_path).get("/clicks/clicks_by_element")
    assert "script-src" not in response.headers["Content-Security-Policy"]
    assert 'href="/clicks/menu"' in client(tmp_path).get("/clicks").get_data(as_text=True)


def test_without_an_api_there_is_no_menu(tmp_path):
    for made in (client(tmp_path, url=""), create_app(CONFIG, fake_aws()).test_client()):
        for path in ("/clicks/menu", "/orders/menu"):
            assert made.get(path).status_code == 404
    assert pass_on(client(tmp_path, url="")).status_code == 404
    assert "/clicks/menu" not in client(tmp_path, url="").get("/clicks").get_data(as_text=True)


def test_the_menu_and_what_is_passed_on_are_behind_the_sign_in(tmp_path, api):
    made = client(tmp_path, api.url, auth=make_auth(tmp_path))
    assert made.get("/clicks/menu", headers={"Accept": "text/html"}).location == "/sign-in?next=%2Fclicks%2Fmenu"
    assert pass_on(made).status_code == 401
    assert api.batches == []
    assert made.get("/clicks/menu", auth=(USER, PASSWORD)).status_code == 200


def test_a_batch_is_passed_on_with_the_key_and_answered_as_the_api_does(tmp_path, api):
    response = pass_on(client(tmp_path, api.url))
    assert (response.status_code, response.json["failed"]) == (200, 0)
    assert (api.batches, api.keys) == ([[CLICK]], [KEY])
    api.answers = [(429, {"Retry-After": "7"})]
    response = pass_on(client(tmp_path, api.url))
    assert (response.status_code, response.json["message"], response.headers["Retry-After"]) == (429, "Too many requests", "7")


def test_in_the_local_cloud_a_batch_goes_to_the_endpoint_of_the_server_itself(tmp_path, api):
    endpoint, _, path = api.url.rpartition("/v1")
    made = client(tmp_path, "http://127.0.0.1:1/v1" + path, endpoint_url=endpoint)
    assert pass_on(made).status_code == 200
    assert len(api.batches) == 1


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_batch_of_another_site_is_refused(tmp_path, api, headers):
    assert pass_on(client(tmp_path, api.url), headers=headers).status_code == 403
    assert api.batches == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (BATCH, "text/plain", 415),
        (b"{", "application/json", 400),
        (b"[" * 5_000, "application/json", 400),
        (b'{"clicks": {}}', "application/json", 400),
        (b'{"clicks": [], "more": 1}', "application/json", 400),
        (b" " * (LARGEST + 1), "application/json", 413),
    ],
)
def test_what_is_no_batch_is_not_passed_on(tmp_path, api, body, kind, status):
    assert pass_on(client(tmp_path, api.url), body, content_type=kind).status_code == status
    assert api.batches == []


def test_batches_of_one_client_are_limited(tmp_path, api):
    made = client(tmp_path, api.url)
    statuses = [pass_on(made).status_code for _ in range(40)]
    assert statuses[:30] == [200] * 30
    assert 429 in statuses[30:]
    refused = next(filter(lambda answer: answer.status_code == 429, (pass_on(made) for _ in range(40))))
    assert int(refused.headers["Retry-After"]) >= 1
    assert len(api.batches) < 60


def test_an_api_that_cannot_be_reached_or_leads_elsewhere_is_told(tmp_path, api):
    assert pass_on(client(tmp_path, f"http://127.0.0.1:{free_port()}/v1")).status_code == 502
    api.answers = [(302, {"Location": f"{api.url}/poc/batch"})]
    assert pass_on(client(tmp_path, api.url)).status_code == 302
    assert len(api.batches) == 1  # nobody followed


def test_what_is_passed_on_holds_few_threads(tmp_path, api):
    forwarder = Forwarder()
    for _ in range(AT_ONCE):
        forwarder._working.acquire()
    with pytest.raises(Refused, match="Too many batches") as refused:
        forwarder.send(config.Menu("clicks", api.url, KEY), BATCH, "a")
    assert (refused.value.status, refused.value.retry_after) == (503, 1)


@pytest.mark.parametrize(
    ("menus", "words"),
    [
        ({}, "menus must be a list of objects"),
        ([1], r"menus\[0\] must be an object"),
        ([{"pipeline": "clicks", "url": "ftp://x/v1", "key": "k"}], r"menus\[0\].url must be the URL of an API's stage"),
        ([{"pipeline": "clicks", "url": "https://x/v1;script-src *", "key": "k"}], r"menus\[0\].url must be"),
        ([{"pipeline": "clicks", "url": "https://x/v1"}], r"menus\[0\].key is missing"),
        ([{"pipeline": "clicks", "url": API, "key": "k", "more": 1}], r"menus\[0\].more is not a setting"),
        ([{"pipeline": "other", "url": API, "key": "k"}], r"menus\[0\].pipeline names 'other', which is no pipeline; there are clicks"),
        ([{"pipeline": "clicks", "url": API, "key": "k"}] * 2, r"menus\[1\].pipeline: 'clicks' has a menu already"),
    ],
)
def test_a_menu_that_cannot_be_used_is_told(tmp_path, menus, words):
    with pytest.raises(ConfigError, match=words):
        config.check(clicks_config(tmp_path, menus=menus))


def test_no_query_may_have_the_address_of_the_menu(tmp_path):
    made = clicks_config(tmp_path)
    (tmp_path / "sql" / "clicks" / "menu.sql").write_text("-- title: T\nSELECT 1")
    with pytest.raises(ConfigError, match="`menu` is the address of a page of its own"):
        config.check(made)
