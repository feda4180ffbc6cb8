#!/usr/bin/python
"""Post made-up clicks on a menu to the API that takes them."""

DOCUMENTATION = r"""
module: clicks_posted
short_description: Post made-up clicks on a menu to an API
description:
  - Makes clicks on the dishes of a menu and posts them in batches, as static/clicks.js of the dashboard does. A batch that the API has no
    time for (429, 5xx, or no answer) is sent again, not before the time that its Retry-After names; of a batch that was taken in part, only
    the rest. A click keeps its name however often it is sent. When three batches in a row are not taken at all, the rest is not sent.
  - Most clicks are made now. A few of each hundred came late, or from a clock that is ahead, or have their date as people write it; in each
    five hundred there is one with a date that does not exist, which the API takes and the transform refuses.
options:
  url:
    description: URL of the API's stage.
    type: str
    required: true
  key:
    description: The API's key.
    type: str
    required: true
  clicks:
    description: How many, 1 to 1,000,000.
    type: int
    required: true
  menu:
    description: A JSON file with C(menus), each with C(name) and C(dishes), each with C(name).
    type: path
    required: true
  batch:
    description: Clicks of a request, 1 to 500.
    type: int
    default: 100
  tries:
    description: How often a click is sent before it is given up.
    type: int
    default: 8
  key_timeout:
    description: Seconds for which a key is sent again that the API does not know; a new one takes a while to be known everywhere.
    type: int
    default: 60
author: Headwater
"""

EXAMPLES = r"""
- name: Clicks are posted
  clicks_posted:
    url: http://127.0.0.1:4566/_aws/execute-api/abc123/v1
    key: "{{ clickstream_api_key }}"
    clicks: 1000
    menu: files/dashboard/dashboard/menu.json
"""

RETURN = r"""
run:
  description: What the names of this run's clicks begin with.
  type: str
  returned: always
since:
  description: Seconds since 1970 when it began.
  type: float
  returned: always
sent:
  description: How many clicks were made; each is stored or refused.
  type: int
  returned: always
stored:
  description: How many the API took.
  type: int
  returned: always
refused:
  description: Reasons and how many clicks were refused or given up for each.
  type: dict
  returned: always
requests:
  description: How many requests it took.
  type: int
  returned: always
seconds:
  description: How long it took.
  type: float
  returned: always
"""

import ipaddress
import json
import random
import secrets
import time
import urllib.error
import urllib.request
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule

#: Answers after which the same is sent again.
AGAIN = (408, 429, 500, 502, 503, 504)
LONGEST_WAIT = 300  # seconds that a Retry-After may ask for
SECONDS = 30  # that an answer may take


class Refused(Exception):
    """The API will never take this batch; the message is its reason."""


class Busy(Exception):
    """The API may take this batch later. `seconds`: when it says so, else 0. `key`: whether it is the key that it does not know."""

    def __init__(self, reason, seconds=0.0, key=False):
        super().__init__(reason)
        self.seconds, self.key = seconds, key


def dishes_of(menu):
    """[(menu's name, dish's name)] of a decoded menu file."""
    return [(each["name"], dish["name"]) for each in menu["menus"] for dish in each["dishes"]]


def click(number, run, dishes, now, chance):
    """The click of a number: mostly ordinary, by turns not. `now` in UTC; `chance` is a random.Random."""
    menu, dish = chance.choice(dishes)
    made, turn, name = now - timedelta(milliseconds=chance.randrange(3000)), number % 100, "created_at"
    if turn in (17, 61):
        made -= timedelta(seconds=chance.randrange(3600, 86_400))  # a browser that had no connection
    elif turn == 42:
        made += timedelta(minutes=2)  # a clock that is ahead
    text = made.strftime("%Y-%m-%dT%H:%M:%S.") + f"{made.microsecond // 1000:03d}Z"
    if turn == 7:
        text = text.replace("-", "–")
    elif turn == 29:
        text = text.removesuffix("Z")
    elif turn == 53:
        text = made.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="seconds")
    elif turn == 83:
        name = "createdAt"
    elif number % 500 == 499:
        text = f"{made:%Y}-02-30T12:00:00Z"
    spent = min(int(chance.expovariate(1 / 12)), 86_400)
    return {"element_clicked": dish, "time_spent": spent, "source_menu": menu, name: text, "click_id": f"{run}-{number:07d}"}


def retry_after(text):
    """Seconds that a Retry-After asks for: a number, or a date."""
    try:
        seconds = float(text) if text.strip().isdigit() else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (AttributeError, TypeError, ValueError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT)


def message_of(status, body):
    """What an answer that is no 200 says."""
    try:
        told = json.loads(body)
        return ": ".join(str(told[name]) for name in ("message", "reason") if told.get(name)) or f"HTTP {status}"
    except (ValueError, AttributeError):
        return f"HTTP {status}"


class Api:
    """The API that takes batches. `requests` counts them."""

    def __init__(self, url, key):
        self._url, self._key, self.requests = f"{url.rstrip('/')}/poc/batch", key, 0
        # What runs here is not asked through a proxy.
        self._opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if _is_here(url) else []))

    def post(self, clicks):
        """[why a click was not stored, or None] of a batch; Busy or Refused where that is the same for all."""
        self.requests += 1
        body = json.dumps({"clicks": clicks}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "x-api-key": self._key}
        try:
            with self._opener.open(urllib.request.Request(self._url, body, headers), timeout=SECONDS) as answer:  # noqa: S310 - main() looks at the URL
                results = json.load(answer)["results"]
        except urllib.error.HTTPError as error:
            reason = message_of(error.code, error.read())
            if error.code in AGAIN or error.code == 403:
                raise Busy(reason, retry_after(error.headers.get("Retry-After")), key=error.code == 403) from error
            raise Refused(reason) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Busy(f"no answer ({getattr(error, 'reason', error)})") from error
        if len(results) != len(clicks):
            raise Busy(f"{len(results)} answers to {len(clicks)} clicks")
        return [None if each.get("stored") else each.get("error") or "the stream did not take it" for each in results]


def _is_here(url):
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def send(api, clicks, tries, key_seconds, sleep=time.sleep, clock=time.monotonic):
    """(how many were stored, Counter of the reasons of the others) of a batch, however often it must be sent."""
    stored, last, until = 0, "", clock() + key_seconds
    tried = 0
    while clicks and tried < tries:
        tried, wait = tried + 1, min(0.25 * 2**tried, 30) * random.uniform(0.5, 1)  # noqa: S311 - so that many do not come at once
        try:
            reasons = api.post(clicks)
        except Refused as refused:
            return stored, Counter({str(refused): len(clicks)})
        except Busy as busy:
            last, wait = str(busy), max(wait, busy.seconds)
            if busy.key:
                if clock() >= until:
                    break
                tried -= 1
        else:
            stored += reasons.count(None)
            last = next(filter(None, reasons), "")
            clicks = [each for each, reason in zip(clicks, reasons, strict=True) if reason]
        if clicks and tried < tries:
            sleep(wait)
    return stored, Counter({last: len(clicks)} if clicks else {})


def main():
    """Make them, send them, count them."""
    module = AnsibleModule(
        argument_spec={
            "url": {"required": True},
            "key": {"required": True, "no_log": True},
            "clicks": {"type": "int", "required": True},
            "menu": {"type": "path", "required": True},
            "batch": {"type": "int", "default": 100},
            "tries": {"type": "int", "default": 8},
            "key_timeout": {"type": "int", "default": 60, "no_log": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    count, size = params["clicks"], params["batch"]
    problems = [
        f"clicks must be 1 to 1,000,000; it is {count}" * (not 1 <= count <= 1_000_000),
        f"batch must be 1 to 500; it is {size}" * (not 1 <= size <= 500),
        f"url must begin with http:// or https://; it is {params['url']!r}" * (not params["url"].startswith(("http://", "https://"))),
    ]
    try:
        dishes = dishes_of(json.loads(Path(params["menu"]).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        problems.append(f"{params['menu']} is no menu: {type(error).__name__}: {error}")
    if any(problems):
        module.fail_json(msg="; ".join(filter(None, problems)))
    run, since = f"sent-{secrets.token_hex(6)}", time.time()
    if module.check_mode:
        module.exit_json(changed=True, run=run, since=since, sent=count, stored=0, refused={}, requests=0, seconds=0.0)
    api, chance, began, stored, refused = Api(params["url"], params["key"]), random.Random(run), time.monotonic(), 0, Counter()  # noqa: S311 - no secret
    idle = 0
    for first in range(0, count, size):
        batch = [click(number, run, dishes, datetime.now(UTC), chance) for number in range(first, min(first + size, count))]
        taken, others = send(api, batch, params["tries"], params["key_timeout"])
        stored, refused, idle = stored + taken, refused + others, 0 if taken else idle + 1
        if idle == 3 or not stored:
            refused["not sent, since the API took no more"] += count - first - len(batch)
            break
    if not stored:
        module.fail_json(msg=f"The API took no click: {', '.join(+refused)}. It is {params['url']}", refused=dict(+refused))
    module.exit_json(
        changed=True,
        run=run,
        since=since,
        sent=count,
        stored=stored,
        refused=dict(+refused),
        requests=api.requests,
        seconds=round(time.monotonic() - began, 3),
    )


if __name__ == "__main__":
    main()
