"""The pages in a real browser."""

import base64
import json
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PAGES = {
    "overview": ("full", "/"),
    "pipeline": ("full", "/orders"),
    "query": ("full", "/orders/total_sales_by_customer"),
    "two-charts": ("full", "/orders/monthly_order_volume_and_revenue"),
    "parameter": ("full", "/orders/top_10_largest_orders"),
    "no-rows": ("full", "/orders/top_10_largest_orders?month=2020-01"),
    "files": ("full", "/audit/orders"),
    "failing": ("failing", "/orders"),
    "failing-overview": ("failing", "/"),
    "empty": ("empty", "/orders"),
    "empty-files": ("empty", "/audit/orders"),
    "checks": ("checked", "/orders/checks"),
    "checked-pipeline": ("checked", "/orders"),
    "no-checks": ("unchecked", "/orders/checks"),
    "bad-request": ("full", "/orders?month=x"),
    "not-found": ("full", "/nope"),
}
SHOTS = Path(__file__).parents[2] / "artifacts" / "page"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_barriers_no_overflow_no_console_errors_and_no_other_host(page, sites, axe, name, width, scheme):
    site, path = PAGES[name]
    browser = page(sites[site] + path, width, scheme)
    keep_picture(browser, f"{name}-{width}-{scheme}", width)

    assert browser.execute_script("return document.documentElement.scrollWidth") <= width, "the page is wider than the screen"

    hosts = {urlsplit(url).netloc for url in requested(browser)}
    assert hosts == {urlsplit(sites[site]).netloc}

    expected = "status of 4" if path in ("/nope", "/orders?month=x") else None
    console = [entry["message"] for entry in browser.get_log("browser") if not (expected and expected in entry["message"])]
    assert console == []

    browser.execute_script(axe)
    found = browser.execute_async_script("const done = arguments[0]; axe.run(document).then(done, error => done({error: String(error)}))")
    assert "error" not in found, found
    assert len(found["passes"]) > 10  # axe has looked at something
    assert [(each["id"], each["impact"], [node["html"][:120] for node in each["nodes"]]) for each in found["violations"]] == []


def test_the_schemes_differ(page, sites):
    def ground(scheme):
        return page(sites["full"] + "/", scheme=scheme).execute_script("return getComputedStyle(document.body).backgroundColor")

    light, dark = ground("light"), ground("dark")
    assert sum(map(int, re.findall(r"\d+", light))) > 600
    assert sum(map(int, re.findall(r"\d+", dark))) < 150


def test_everything_works_without_javascript(page, sites, browser):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    page(sites["full"] + "/")

    def follow(element, ending):
        """Click, and wait for the address; without scripts the driver does not wait by itself."""
        element.click()
        WebDriverWait(browser, 20).until(lambda found: found.current_url.endswith(ending), f"the address ending in {ending}")

    follow(browser.find_element(By.LINK_TEXT, "Orders"), "/orders")
    assert len(browser.find_elements(By.CSS_SELECTOR, "article table")) == 5
    assert all(chart.size["height"] > 100 for chart in browser.find_elements(By.CSS_SELECTOR, "article svg[role=img]"))
    month = browser.find_element(By.NAME, "month")
    assert month.get_attribute("value") == "2025-02"
    follow(browser.find_element(By.CSS_SELECTOR, "form.parameters button"), "/orders?month=2025-02#top_10_largest_orders")
    browser.find_element(By.CSS_SELECTOR, "#top_10_largest_orders summary").click()
    assert "date_add('month'" in browser.find_element(By.CSS_SELECTOR, "#top_10_largest_orders pre").text
    WebDriverWait(browser, 20).until(lambda found: found.find_elements(By.CSS_SELECTOR, "#top_10_largest_orders pre"))
    follow(browser.find_element(By.LINK_TEXT, "Top 10 Largest Orders in February 2025"), "/orders/top_10_largest_orders")
    assert browser.find_element(By.TAG_NAME, "h1").text == "Top 10 Largest Orders in February 2025"


def test_hostile_names_are_shown_and_do_nothing(page, sites):
    browser = page(sites["full"] + "/orders/total_sales_by_customer")
    assert "<script>alert(1)</script>\"'&[U+202E][U+0007]" in browser.find_element(By.TAG_NAME, "table").text
    assert browser.find_elements(By.TAG_NAME, "script") == []


def test_the_keyboard_comes_first_to_the_skip_link_and_everywhere_with_a_visible_focus(page, sites):
    browser = page(sites["full"] + "/orders")
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert first.text == "Skip to the content"
    assert first.rect["y"] >= 0
    first.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "content"
    seen = []
    for _ in range(60):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        element = browser.switch_to.active_element
        if element.tag_name == "body":
            break
        seen.append(element.tag_name)
        outline = element.value_of_css_property("outline-style"), element.value_of_css_property("outline-width")
        assert outline == ("solid", "3px"), element.get_attribute("outerHTML")[:100]
    assert {"a", "input", "button", "summary", "div"} <= set(seen)  # div: the tables that scroll


def test_wide_tables_scroll_in_their_own_box(page, sites):
    browser = page(sites["full"] + "/audit/orders", 360)
    box = browser.find_element(By.CSS_SELECTOR, ".scroll")
    assert browser.execute_script("return arguments[0].scrollWidth > arguments[0].clientWidth", box)


def test_the_charts_text_keeps_its_size_on_a_phone(page, sites):
    def height(width):
        return page(sites["full"] + "/orders", width).find_element(By.CSS_SELECTOR, "svg.chart text").rect["height"]

    assert height(360) == pytest.approx(height(1280), abs=1)


@pytest.mark.parametrize("width", [360, 1280])
def test_no_label_of_an_axis_covers_another(page, sites, width):
    browser = page(sites["full"] + "/orders/monthly_order_volume_and_revenue", width)
    for chart in browser.find_elements(By.CSS_SELECTOR, ".chart-column, .chart-line"):
        boxes = [text.rect for text in chart.find_elements(By.CSS_SELECTOR, ".tick") if text.is_displayed()]
        lowest = max(box["y"] for box in boxes)
        below = sorted((box for box in boxes if box["y"] == lowest), key=lambda box: box["x"])
        assert len(below) >= 3
        assert all(left["x"] + left["width"] < right["x"] for left, right in pairwise(below))


def requested(browser):
    """The URLs that the page asked for."""
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [s["request"]["url"] for s in sent if not s["request"]["url"].startswith(("data:", "chrome:"))]


def keep_picture(browser, name, width):
    """A picture of the whole page, for people to look at."""
    height = browser.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, 6000), "scale": 1}
    picture = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    SHOTS.mkdir(parents=True, exist_ok=True)
    (SHOTS / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))
