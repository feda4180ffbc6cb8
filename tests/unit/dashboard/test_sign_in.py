"""The application with `auth`, asked as a browser and as a program would."""

import base64
from urllib.parse import quote

import pytest
from dashboard import accounts, create_app

from tests.unit.dashboard.account import PASSWORD, USER, make_auth, set_password
from tests.unit.dashboard.sample import CONFIG, fake_aws
from tests.unit.dashboard.test_pages import EVERY_PAGE, Page

OPEN = ("/healthz", "/static/style.css")
CLOSED = [path for path in EVERY_PAGE if path not in (*OPEN, "/readyz")] + ["/nope", "/nope.json", "/orders/nope"]
TLS = {"base_url": "https://localhost", "environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def aws():
    return fake_aws()


@pytest.fixture
def app(aws, tmp_path):
    return create_app({**CONFIG, "auth": make_auth(tmp_path)}, aws)


@pytest.fixture
def client(app):
    return app.test_client()


def basic(user=USER, password=PASSWORD):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def sign_in(client, user=USER, password=PASSWORD, headers=OWN, address="192.0.2.7", **more):
    data = {"user": user, "password": password, **more}
    return client.post("/sign-in", data=data, headers=HTML | headers, base_url=TLS["base_url"], environ_base={"REMOTE_ADDR": address})


@pytest.mark.parametrize("path", CLOSED)
def test_people_are_sent_to_the_form_and_back(client, path):
    response = client.get(path, headers=HTML, **TLS)
    if path.partition("?")[0].endswith((".json", ".csv")):
        assert response.status_code == 401
        return
    assert response.status_code == 303
    assert response.headers["Location"] == "/sign-in" + ("" if path == "/" else f"?next={quote(path, safe='')}")
    assert sign_in(client, next=path).headers["Location"] == path


@pytest.mark.parametrize("path", CLOSED)
def test_programs_are_told_to_use_basic(client, aws, path):
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "text/csv"}):
        response = client.get(path, headers=headers, **TLS)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Basic realm="dashboard", charset="UTF-8"'
    assert aws.started == []


@pytest.mark.parametrize("path", [*CLOSED, "/sign-in"])
def test_who_is_not_signed_in_learns_nothing_of_what_is_there(client, path):
    for headers in (HTML, {}):
        text = client.get(path, headers=headers, **TLS).get_data(as_text=True)
        assert "Orders" not in text
        assert "terabyte" not in text
    assert "Orders" not in client.post("/", headers=HTML, **TLS).get_data(as_text=True)  # refused before anybody asks who it is


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_both_ways_open_every_page(app, path):
    assert app.test_client().get(path, headers=basic(), buffered=True, **TLS).status_code == 200
    client = app.test_client()
    assert sign_in(client).status_code == 303
    for each in (client.get, client.head):
        assert each(path, headers=HTML, buffered=True, **TLS).status_code == 200


@pytest.mark.parametrize("path", [*CLOSED, "/sign-in"])
def test_what_needs_a_sign_in_is_kept_by_no_cache_and_only_over_tls(client, path):
    for headers in (HTML, {}, basic()):
        found = client.get(path, headers=headers, buffered=True, **TLS).headers
        assert found["Cache-Control"] == "no-store"
        assert found["Strict-Transport-Security"] == "max-age=31536000"
        assert "form-action 'self'" in found["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in client.get(path, headers=basic(), buffered=True).headers


def test_the_cookie_is_for_this_host_and_out_of_reach(client):
    cookie = sign_in(client).headers["Set-Cookie"]
    name, *attributes = cookie.split("; ")
    assert name.startswith("__Host-dashboard=")
    assert set(attributes) == {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"}


def test_without_tls_the_cookie_has_another_name_and_no_claim(client):
    response = client.post("/sign-in", data={"user": USER, "password": PASSWORD}, headers=OWN)
    assert response.headers["Set-Cookie"].startswith("dashboard=")
    assert "Secure" not in response.headers["Set-Cookie"]
    assert client.get("/orders").status_code == 200


def test_the_wrong_password_shows_the_form_again_and_sets_no_cookie(client):
    for user, password in ((USER, "wrong"), ("root", PASSWORD), ("", ""), (USER, "x" * 3000), ("<b>", "\x00")):
        response = sign_in(client, user, password, next="/orders?month=2025-01")
        page = Page(response)
        assert response.status_code == 403
        assert "User or password is wrong." in page.text
        assert page.all("input", name="next")[0]["value"] == "/orders?month=2025-01"
        assert "value" not in page.all("input", name="password")[0]
        assert page.all("b") == []
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "evil",
        "",
        "/\t/evil.example",
        "/\r\nSet-Cookie: a=b",
        "\\\\evil.example",
        "/sign-out",
        "/sign-in?next=/sign-in",
        "/" + "x" * 2500,
    ],
)
def test_it_leads_back_to_own_pages_only(client, wanted):
    assert sign_in(client, next=wanted).headers["Location"] == "/"
    assert Page(client.get("/sign-in", query_string={"next": wanted}, **TLS)).all("input", name="next") == []  # signed in: goes on
    client.delete_cookie("__Host-dashboard", domain="localhost")
    assert Page(client.get("/sign-in", query_string={"next": wanted}, **TLS)).all("input", name="next")[0]["value"] == "/"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://localhost"}, False),
        ({"Origin": "https://localhost"}, True),
        ({"Origin": "http://localhost"}, False),
        ({"Origin": "https://localhost.evil.example"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_only_our_own_form_signs_in_or_out(app, headers, allowed):
    client = app.test_client()
    assert sign_in(client, headers=headers).status_code == (303 if allowed else 403)
    sign_in(client)
    client.post("/sign-out", headers=HTML | headers, **TLS)
    assert client.get("/orders", headers=HTML, **TLS).status_code == (303 if allowed else 200)


def test_signing_out_ends_the_session_of_every_copy(client, app):
    sign_in(client)
    copy = client.get_cookie("__Host-dashboard", domain="localhost").value
    assert "Sign out" in Page(client.get("/", headers=HTML, **TLS)).text
    response = client.post("/sign-out", headers=HTML | OWN, **TLS)
    assert (response.status_code, response.headers["Location"]) == (303, "/sign-in")
    assert "Max-Age=0" in response.headers["Set-Cookie"]
    other = app.test_client()
    other.set_cookie("__Host-dashboard", copy, domain="localhost")
    assert other.get("/orders", headers=HTML, **TLS).status_code == 303
    assert client.get("/sign-out", headers=HTML | basic(), **TLS).status_code in (404, 405)


def test_the_cookie_is_renewed_in_use(client, app, monkeypatch):
    sign_in(client)
    keeper, now = app.extensions["guard"].accounts, accounts.time.time()
    assert "Set-Cookie" not in client.get("/orders", headers=HTML, **TLS).headers
    monkeypatch.setattr(keeper, "_clock", lambda: now + accounts.RENEW_SECONDS + 5)
    assert "Secure; HttpOnly" in client.get("/orders", headers=HTML, **TLS).headers["Set-Cookie"]
    monkeypatch.setattr(keeper, "_clock", lambda: now + accounts.IDLE_SECONDS + accounts.RENEW_SECONDS)
    assert client.get("/orders", headers=HTML, **TLS).status_code == 200
    monkeypatch.setattr(keeper, "_clock", lambda: now + accounts.ABSOLUTE_SECONDS)
    assert client.get("/orders", headers=HTML, **TLS).status_code == 303


def test_a_new_password_signs_out_at_once(client, tmp_path):
    sign_in(client)
    assert client.get("/orders.json", headers=basic(), **TLS).status_code == 200
    set_password(tmp_path, "another one")
    assert client.get("/orders", headers=HTML, **TLS).status_code == 303
    assert client.get("/orders.json", headers=basic(), **TLS).status_code == 401
    assert client.get("/orders.json", headers=basic(password="another one"), **TLS).status_code == 200


def test_programs_cost_one_hash_in_some_minutes(client, monkeypatch):
    hashed, verify = [], accounts.passwords.verify
    monkeypatch.setattr(accounts.passwords, "verify", lambda *given: hashed.append(1) or verify(*given))
    assert [client.get("/orders.json", headers=basic(), **TLS).status_code for _ in range(20)] == [200] * 20
    assert len(hashed) == 1


def test_attempts_are_limited_by_address_for_both_ways(client, app):
    assert client.get("/orders.json", headers=basic(), **TLS).status_code == 200
    found = [sign_in(client, password="wrong").status_code for _ in range(5)]
    found += [client.get("/orders.json", headers=basic(password=f"wrong {n}"), **TLS).status_code for n in range(5)]
    assert found == [403] * 5 + [401] * 5
    refused = sign_in(client)  # the right one too, or the limit would be none
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
    assert "Try again in 30 seconds." in Page(refused).text
    refused = client.get("/orders.json", headers=basic(password="wrong"), **TLS)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
    assert client.get("/orders.json", headers=basic(), **TLS).status_code == 200  # it was verified before
    assert sign_in(app.test_client(), address="198.51.100.1").status_code == 303  # others are not affected


@pytest.mark.parametrize(
    "value", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"viewer").decode(), "Bearer x", "Basic \xff", "Digest a=b"]
)
def test_a_broken_authorization_is_no_sign_in(client, value):
    assert client.get("/orders.json", headers={"Authorization": value}, **TLS).status_code == 401


def test_without_a_password_file_it_says_so_and_nobody_gets_in(client, tmp_path, caplog):
    sign_in(client)
    (tmp_path / "password").unlink()
    for response in (sign_in(client), client.get("/orders.json", headers=basic(), **TLS)):
        assert response.status_code == 503
        assert "Nobody can sign in now" in response.get_data(as_text=True)
    assert client.get("/orders", headers=HTML, **TLS).status_code == 303
    assert client.get("/healthz", **TLS).status_code == 200
    assert "No such file" in caplog.text


def test_readyz_is_open_on_loopback_only_and_healthz_tells_its_release_there(client, monkeypatch):
    monkeypatch.setenv("DASHBOARD_RELEASE", "r42")
    assert client.get("/readyz").json == {"ready": True, "problems": {}}
    assert client.get("/readyz", **TLS).status_code == 401
    assert client.get("/healthz").json == {"ok": True, "release": "r42"}
    assert client.get("/healthz", **TLS).json == {"ok": True}


def test_attempts_are_counted(client):
    sign_in(client)
    sign_in(client, password="wrong")
    text = client.get("/metrics", headers=basic(), **TLS).get_data(as_text=True)
    assert 'dashboard_sign_ins_total{way="form",outcome="good"} 1' in text
    assert 'dashboard_sign_ins_total{way="form",outcome="wrong"} 1' in text


def test_no_secret_comes_into_the_log(client, caplog):
    caplog.set_level("DEBUG")
    sign_in(client, password="hunter2")
    client.get("/orders.json", headers=basic(password="hunter2"), **TLS)
    assert "sign-in by form failed from 192.0.2.7" in caplog.text
    assert "hunter2" not in caplog.text


def test_without_auth_there_is_no_form(aws):
    client = create_app(CONFIG, aws).test_client()
    assert client.get("/sign-in").status_code == 404
    assert client.post("/sign-in").status_code == 405
    assert "Sign out" not in Page(client.get("/")).text


def test_an_address_too_long_to_come_back_to_leads_to_the_form_all_the_same(client):
    path = "/audit/orders/rejects?record=" + "/" * 3000
    assert client.get(path, headers=HTML, **TLS).headers["Location"] == "/sign-in"
