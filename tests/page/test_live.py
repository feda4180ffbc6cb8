"""A live panel in a real browser: refreshing by itself, and not."""

import time

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from tests.local_cloud import wait_for
from tests.page.conftest import serve
from tests.page.test_page import keep_picture
from tests.unit.dashboard.account import PASSWORD, USER, make_auth
from tests.unit.dashboard.clicks import LIVE, clicks_aws, clicks_config

HIDE = """Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});
document.dispatchEvent(new Event('visibilitychange'))"""


@pytest.fixture
def aws():
    return clicks_aws()


@pytest.fixture
def open_page(aws, page, tmp_path, browser):
    """Opens the page of a pipeline whose live panel may be asked every two seconds."""
    servers = []

    def visit(width=1280, scheme="light", **more):
        servers.append(serve(aws, clicks_config(tmp_path, "http://127.0.0.1:9/v1", live_seconds=2, **more)))
        return page(f"http://127.0.0.1:{servers[-1].server_port}/clicks", width, scheme)

    yield visit
    browser.get("about:blank")
    for server in servers:
        server.shutdown()
        server.server_close()


def asked(aws):
    return sum(1 for sql, *_ in aws.started if sql == LIVE)


def part(browser, name):
    return browser.find_element(By.CSS_SELECTOR, f"[data-live={name}]")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_it_refreshes_by_itself_and_has_no_barriers(open_page, aws, axe, width, scheme):
    browser = open_page(width, scheme)
    assert part(browser, "state").text == "Refreshing by itself."
    before = part(browser, "part").get_attribute("innerHTML")
    wait_for(lambda: asked(aws) >= 3, "the third question", 15)
    wait_for(lambda: part(browser, "part").get_attribute("innerHTML") != before, "the new answer")
    assert browser.find_elements(By.CSS_SELECTOR, "article.live svg[role=img]")
    keep_picture(browser, f"live-{width}-{scheme}", width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    browser.execute_script(axe)
    found = browser.execute_async_script("const done = arguments[0]; axe.run(document).then(done, error => done({error: String(error)}))")
    assert len(found["passes"]) > 10
    assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found["violations"]] == []


def test_pause_and_go_on(open_page, aws):
    browser = open_page()
    part(browser, "button").click()
    assert (part(browser, "state").text, part(browser, "button").text) == ("Paused.", "Go on")
    time.sleep(0.5)
    before = asked(aws)
    time.sleep(4.5)
    assert asked(aws) == before
    part(browser, "button").click()
    wait_for(lambda: asked(aws) > before, "the next question")


def test_a_hidden_tab_asks_nothing(open_page, aws):
    browser = open_page()
    browser.execute_script(HIDE, True)
    time.sleep(0.5)
    before = asked(aws)
    time.sleep(4.5)
    assert asked(aws) == before
    browser.execute_script(HIDE, False)
    wait_for(lambda: asked(aws) > before, "the next question")


def test_where_nobody_is_it_stops_until_somebody_moves(open_page, aws):
    browser = open_page(live_minutes=0.05)
    wait_for(lambda: part(browser, "state").text == "Stopped, since nobody seems to be here.", "the end", 15)
    before = asked(aws)
    time.sleep(3)
    assert asked(aws) == before
    ActionChains(browser).move_by_offset(30, 30).perform()
    wait_for(lambda: asked(aws) > before, "the next question")
    assert part(browser, "state").text == "Refreshing by itself."


def test_an_open_table_stays_open_and_is_left_alone_while_it_has_the_focus(open_page, aws):
    browser = open_page()
    part(browser, "part").find_element(By.CSS_SELECTOR, "details.more summary").click()  # it has the focus now
    before = asked(aws)
    time.sleep(3)
    assert asked(aws) <= before + 1
    part(browser, "state").click()
    browser.execute_script("document.activeElement.blur()")
    before = asked(aws)
    wait_for(lambda: asked(aws) > before + 1, "questions", 15)
    assert part(browser, "part").find_element(By.CSS_SELECTOR, "details.more").get_attribute("open")


def test_without_a_session_it_stops_and_says_so(aws, page, tmp_path, browser):
    server = serve(aws, clicks_config(tmp_path, live_seconds=2, auth=make_auth(tmp_path)))
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        page(f"{url}/sign-in")
        browser.find_element(By.NAME, "user").send_keys(USER)
        browser.find_element(By.NAME, "password").send_keys(PASSWORD)
        browser.find_element(By.CSS_SELECTOR, ".sign-in button").click()
        wait_for(lambda: browser.current_url == f"{url}/", "the first page")
        page(f"{url}/clicks")
        before = asked(aws)
        wait_for(lambda: asked(aws) > before, "a question")
        browser.delete_all_cookies()
        wait_for(lambda: part(browser, "state").text.startswith("Stopped: you are signed out."), "the end")
        assert not part(browser, "button").is_displayed()
    finally:
        browser.get("about:blank")
        server.shutdown()
        server.server_close()


def test_a_failure_is_told_and_tried_again(open_page):
    browser = open_page()
    browser.execute_script("window.real = fetch; window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))")
    wait_for(lambda: "the page cannot be reached" in part(browser, "state").text, "the failure")
    browser.execute_script("window.fetch = real")
    wait_for(lambda: part(browser, "state").text == "Refreshing by itself.", "the next answer", 15)
