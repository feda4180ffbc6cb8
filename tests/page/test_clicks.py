"""The demo menu and its client (static/clicks.js), in a real browser, against an API on a port of its own."""

import json
import time

import jsonschema
import pytest
from selenium.webdriver.common.by import By

from tests.local_cloud import ROOT, wait_for
from tests.page.conftest import serve
from tests.page.test_page import keep_picture, requested
from tests.page.test_sign_in import fill_in
from tests.unit.dashboard.account import PASSWORD
from tests.unit.dashboard.clicks import KEY, ClicksApi, clicks_aws, clicks_config
from tests.unit.dashboard.server import Server

CLICK = json.loads((ROOT / "files" / "openapi" / "clickstream.json").read_text())["components"]["schemas"]["Click"]


@pytest.fixture
def api():
    with ClicksApi() as found:
        yield found


@pytest.fixture
def menu(api, page, tmp_path):
    """Opens the menu at a width and in a scheme."""
    server = serve(clicks_aws(), clicks_config(tmp_path, api.url))

    def visit(width=1280, scheme="light"):
        return page(f"http://127.0.0.1:{server.server_port}/clicks/menu", width, scheme)

    yield visit
    visit().get("about:blank")
    server.shutdown()
    server.server_close()


def client(browser, api, **options):
    """A client of its own on the page, `mine`, that keeps what it is told."""
    script = "window.mine = new Clicks({url: arguments[0], key: arguments[1], menu: 'Test', retry: 0.1, ...arguments[2]})"
    browser.execute_script(script, api.url, KEY, options)


def click(browser, *elements):
    """The click_ids of clicks by `mine`."""
    return browser.execute_script("return arguments[0].map(element => mine.click(element, 3))", list(elements))


def counts(browser):
    return browser.execute_script("return mine.counts")


def settled(browser, seconds=10):
    """The counts once nothing waits."""
    return wait_for(lambda: (found := counts(browser))["waiting"] == 0 and found, "the clicks to be answered", seconds)


def ids(clicks):
    return [each["click_id"] for each in clicks]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_a_click_on_a_dish_is_sent_and_the_page_says_so_without_barriers(menu, api, axe, width, scheme):
    browser = menu(width, scheme)
    dishes = browser.find_elements(By.CSS_SELECTOR, "main button.dish")
    assert len(dishes) >= 10
    time.sleep(1.1)
    dishes[0].click()
    told = browser.find_element(By.ID, "told")
    wait_for(lambda: told.text == "1 of 1 stored.", "the page to say that the click is stored")
    (sent,) = api.clicks
    assert (sent["element_clicked"], sent["source_menu"]) == (dishes[0].get_attribute("data-dish"), dishes[0].get_attribute("data-menu"))
    assert 1 <= sent["time_spent"] <= 20
    jsonschema.validate(sent, CLICK, jsonschema.Draft4Validator)
    assert sent.keys() == {"element_clicked", "time_spent", "source_menu", "created_at", "click_id"}
    assert api.keys == [KEY]
    keep_picture(browser, f"menu-{width}-{scheme}", width)

    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    own = browser.current_url.removesuffix("clicks/menu")
    assert {url for url in requested(browser) if not url.startswith(own)} == {f"{api.url}/poc/batch"}
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    browser.execute_script(axe)
    found = browser.execute_async_script("const done = arguments[0]; axe.run(document).then(done, error => done({error: String(error)}))")
    assert len(found["passes"]) > 10
    assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found["violations"]] == []


def test_without_javascript_the_menu_says_that_it_needs_it(menu, browser):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    menu()
    assert "This page needs JavaScript" in browser.find_element(By.TAG_NAME, "noscript").text
    assert not any(dish.is_enabled() for dish in browser.find_elements(By.CSS_SELECTOR, "button.dish"))


def test_clicks_travel_in_batches_by_number_and_by_time(menu, api):
    browser = menu()
    client(browser, api, size=3, seconds=0.4)
    sent = click(browser, *"abcdefg")
    found = settled(browser)
    assert (found["sent"], found["stored"]) == (7, 7)
    assert ids(api.clicks) == sent
    assert len(set(sent)) == 7
    assert [len(batch) for batch in api.batches] == [3, 3, 1]


def test_only_what_the_stream_did_not_take_is_sent_again_with_the_same_id(menu, api):
    browser = menu()
    api.answers = [{1}]
    client(browser, api, seconds=0.1)
    first, second, third = click(browser, *"abc")
    found = settled(browser)
    assert [ids(batch) for batch in api.batches] == [[first, second, third], [second]]
    assert api.batches[0][1] == api.batches[1][0]
    assert (found["sent"], found["stored"], found["refused"]) == (3, 3, 0)


@pytest.mark.parametrize("answer", [429, 500, 503])
def test_a_busy_api_is_asked_again_with_the_same_id(menu, api, answer):
    browser = menu()
    api.answers = [answer, answer]
    client(browser, api, seconds=0.1)
    (sent,) = click(browser, "a")
    assert settled(browser)["stored"] == 1
    assert ids(api.clicks) == [sent] * 3


def test_a_busy_api_is_given_the_time_that_it_asks_for(menu, api):
    browser = menu()
    api.answers = [(429, {"Retry-After": "2"})]
    client(browser, api, seconds=0.1)
    click(browser, "a")
    wait_for(lambda: len(api.batches) == 1, "the first try")
    began = time.monotonic()
    click(browser, "b")  # does not go before it either
    wait_for(lambda: len(api.batches) == 2, "the second try")
    assert 1.8 <= time.monotonic() - began < 8
    assert counts(browser)["reason"] == "Too many requests: send it again later"
    assert [each["element_clicked"] for each in api.batches[1]] == ["a", "b"]


def test_a_click_that_is_none_is_found_and_the_others_are_stored(menu, api):
    browser = menu()
    api.refusing = "bad"
    client(browser, api, seconds=0.1)
    click(browser, "a", "b", "bad", "c", "d")
    found = settled(browser)
    assert (found["stored"], found["refused"], found["lost"]) == (4, 1, 0)
    assert found["reason"] == "Not a click: [the element is refused]"


def test_a_wrong_key_is_refused_with_its_reason_and_not_tried_again(menu, api):
    browser = menu()
    client(browser, api, seconds=0.1, key="wrong")
    click(browser, "a", "b")
    found = settled(browser)
    assert (found["refused"], found["reason"], len(api.batches)) == (2, "No valid key", 1)


def test_what_no_api_would_take_is_not_sent(menu, api):
    browser = menu()
    client(browser, api, seconds=0.1)
    assert [*click(browser, "", "x" * 201, 7), browser.execute_script("return mine.click('\\ud800')")] == [""] * 4
    assert click(browser, "🍜" * 200) != [""]
    found = settled(browser)
    assert (found["sent"], found["refused"], found["stored"]) == (5, 4, 1)
    assert "element_clicked must be a text of 1 to 200 characters" in found["reason"]


def test_clicks_are_given_up_after_some_tries_and_the_queue_is_bounded(menu, api):
    browser = menu()
    api.answers = [503] * 20
    client(browser, api, seconds=0.05, tries=3, limit=5, retry=0.05)
    click(browser, *"abcdefgh")
    found = settled(browser)
    assert (found["sent"], found["lost"], found["stored"], len(api.batches)) == (8, 8, 0, 3)
    assert [len(batch) for batch in api.batches] == [5, 5, 5]


def test_an_api_that_cannot_be_reached_is_tried_again(menu, api):
    browser = menu()
    browser.execute_script("window.real = fetch; window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))")
    client(browser, api, seconds=0.05)
    click(browser, "a")
    wait_for(lambda: "cannot be reached" in counts(browser)["reason"], "the failure")
    browser.execute_script("window.fetch = real")
    assert settled(browser)["stored"] == 1


def test_what_waits_goes_when_the_page_is_left(menu, api):
    browser = menu()
    client(browser, api, size=500, seconds=600)
    sent = click(browser, *(f"element {number}" for number in range(30)))
    assert api.batches == []
    browser.get("about:blank")
    wait_for(lambda: len(api.clicks) == 30, "the clicks of a page that is gone")
    assert ids(api.clicks) == sent
    assert set(api.keys) == {KEY}


def test_more_than_browsers_keep_alive_stays_when_the_page_is_hidden_and_goes_by_the_beacon_where_there_is_one(menu, api):
    browser = menu()
    hide = "Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true})"
    hide += "; document.dispatchEvent(new Event('visibilitychange'))"
    client(browser, api, size=500, seconds=600)
    sent = click(browser, *("🍜" * 190 + str(number) for number in range(80)))  # about 76 kB
    browser.execute_script(hide, True)
    wait_for(lambda: len(api.clicks) >= 40, "those that fit")
    assert counts(browser)["waiting"] > 10
    browser.execute_script("mine.flush()")
    assert settled(browser)["stored"] == 80
    assert sorted(ids(api.clicks)) == sorted(sent)


def test_a_browser_without_keepalive_leaves_clicks_with_the_pages_own_server(menu, api):
    browser = menu()
    browser.execute_script("delete Request.prototype.keepalive")
    client(browser, api, size=500, seconds=600, beacon="/clicks/poc/batch")
    sent = click(browser, *(f"element {number}" for number in range(100)))  # two beacons and more
    browser.execute_script("dispatchEvent(new Event('pagehide'))")
    found = counts(browser)
    assert (found["handedOver"], found["waiting"]) == (100, 0)
    wait_for(lambda: len(api.clicks) == 100, "what the server passes on")
    assert sorted(ids(api.clicks)) == sorted(sent)
    assert set(api.keys) == {KEY}
    assert len(api.batches) > 1


def test_where_the_browser_may_not_reach_the_api_clicks_go_by_way_of_the_page(api, page, tmp_path):
    server = serve(clicks_aws(), clicks_config(tmp_path, api.url))
    browser = page(f"http://127.0.0.1:{server.server_port}/clicks/menu")
    try:
        client(browser, api, url="/clicks", key="", seconds=0.1)
        sent = click(browser, "a", "b")
        assert settled(browser)["stored"] == 2
        browser.get("about:blank")
    finally:
        server.shutdown()
        server.server_close()
    assert ids(api.clicks) == sent
    assert set(api.keys) == {KEY}


def test_behind_sign_in_and_tls_clicks_go_to_an_api_of_this_machine_and_beacons_with_the_session(api, browser, tmp_path):
    menus = [{"pipeline": "orders", "url": api.url, "key": KEY}]
    browser.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    try:
        with Server(tmp_path, settings={"menus": menus}) as server:
            browser.get(f"https://localhost:{server.port}/orders/menu")
            fill_in(browser, PASSWORD)
            wait_for(lambda: browser.current_url.endswith("/orders/menu"), "the menu")
            browser.find_element(By.CSS_SELECTOR, "button.dish").click()
            wait_for(lambda: browser.find_element(By.ID, "told").text == "1 of 1 stored.", "the click to be stored")
            browser.execute_script("delete Request.prototype.keepalive; document.querySelector('button.dish').click()")
            browser.get("about:blank")
            wait_for(lambda: len(api.clicks) == 2, "the beacon")
    finally:
        browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
        browser.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": False})
    assert set(api.keys) == {KEY}
