"""The server's page as a person sees it, in a real browser."""

import base64
import contextlib

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.local_cloud import ROOT


@contextlib.contextmanager
def believing(browser):
    """In a browser that takes any certificate: whose it is has been looked at before."""
    browser.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    metrics = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get_log("browser")  # reading empties it
    try:
        yield browser
    finally:
        browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
        browser.get("about:blank")
        browser.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": False})


def arrives(browser, path):
    WebDriverWait(browser, 30).until(lambda found: found.current_url.endswith(path), f"the address ending in {path}")


def sign_in(browser, user, password):
    browser.find_element(By.NAME, "user").send_keys(user)
    browser.find_element(By.NAME, "password").send_keys(password)
    browser.find_element(By.CSS_SELECTOR, ".sign-in button").click()


def sign_out(browser):
    browser.find_element(By.CSS_SELECTOR, ".sign-out button").click()


def answered(browser):
    """{heading: number of rows} of the panels that show an answer."""
    panels = browser.find_elements(By.CSS_SELECTOR, ".panels > *")
    return {
        panel.find_element(By.TAG_NAME, "h2").text: len(panel.find_elements(By.CSS_SELECTOR, "tbody tr"))
        for panel in panels
        if panel.find_elements(By.TAG_NAME, "h2")
    }


def complaints(browser):
    """What the browser's console says."""
    return [entry["message"] for entry in browser.get_log("browser")]


def keep_picture(browser, name):
    """The whole page, in artifacts/."""
    height = browser.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": 1280, "height": min(height, 6000), "scale": 1}
    picture = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    folder = ROOT / "artifacts"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(base64.b64decode(picture["data"]))
