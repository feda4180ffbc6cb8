"""Signing in, in a real browser over TLS, served by gunicorn as on a server."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.page.test_page import keep_picture
from tests.unit.dashboard.account import PASSWORD, USER, set_password
from tests.unit.dashboard.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture
def site(server, browser):
    """The base URL, in a browser that believes the self-signed certificate and has no session."""
    browser.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    yield f"https://localhost:{server.port}"
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.get("about:blank")
    browser.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": False})


def fill_in(browser, password, user=USER):
    browser.find_element(By.NAME, "user").clear()
    browser.find_element(By.NAME, "user").send_keys(user)
    browser.find_element(By.NAME, "password").send_keys(password)
    browser.find_element(By.CSS_SELECTOR, ".sign-in button").click()


def wait_for(browser, path):
    WebDriverWait(browser, 20).until(lambda found: found.current_url.endswith(path), f"the address ending in {path}")


def look(browser, axe, name, width):
    """A picture to look at; no overflow, no barriers, nothing in the console that is not the refusal that was asked for."""
    keep_picture(browser, name, width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert [e["message"] for e in browser.get_log("browser") if "status of 403" not in e["message"]] == []
    browser.execute_script(axe)
    found = browser.execute_async_script("const done = arguments[0]; axe.run(document).then(done, error => done({error: String(error)}))")
    assert "error" not in found, found
    assert len(found["passes"]) > 10
    assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found["violations"]] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_person_signs_in_comes_back_to_the_page_and_signs_out(page, site, axe, width, scheme):
    browser = page(f"{site}/orders?month=2025-01", width, scheme)
    wait_for(browser, "/sign-in?next=%2Forders%3Fmonth%3D2025-01")
    assert "Orders" not in browser.page_source
    assert browser.switch_to.active_element.get_attribute("name") == "user"
    look(browser, axe, f"sign-in-{width}-{scheme}", width)

    fill_in(browser, "wrong")
    WebDriverWait(browser, 20).until(lambda found: found.find_elements(By.CSS_SELECTOR, "[role=alert]"))
    assert browser.find_element(By.NAME, "user").get_attribute("value") == USER
    assert browser.find_element(By.NAME, "password").get_attribute("value") == ""
    look(browser, axe, f"sign-in-wrong-{width}-{scheme}", width)

    fill_in(browser, PASSWORD)
    wait_for(browser, "/orders?month=2025-01")
    assert "Top 10 Largest Orders in January 2025" in browser.page_source
    look(browser, axe, f"signed-in-{width}-{scheme}", width)
    assert browser.execute_script("return document.cookie") == ""
    (cookie,) = browser.get_cookies()
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == ("__Host-dashboard", True, True, "Strict")

    browser.find_element(By.CSS_SELECTOR, ".sign-out button").click()
    wait_for(browser, "/sign-in")
    browser.get(f"{site}/orders")
    wait_for(browser, "/sign-in?next=%2Forders")


def test_it_works_without_javascript_and_a_new_password_signs_out(page, site, browser, server):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    page(f"{site}/")
    fill_in(browser, PASSWORD)
    wait_for(browser, f":{server.port}/")
    assert browser.find_element(By.TAG_NAME, "h1").text == "Pipelines"
    set_password(server.folder, "another one")
    browser.get(f"{site}/orders")
    wait_for(browser, "/sign-in?next=%2Forders")
    fill_in(browser, "another one")
    wait_for(browser, f":{server.port}/orders")
    set_password(server.folder, PASSWORD)
