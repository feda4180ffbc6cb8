"""Modules that send clicks, and wait for them."""

import gzip
import json
import time
from datetime import UTC, datetime
from random import Random

import jsonschema
import pytest

from tests.local_cloud import ROOT, free_port
from tests.modules.clouds import on, unique
from tests.modules.runner import done, load, refused, run
from tests.unit.dashboard.clicks import KEY, ClicksApi

MENU = ROOT / "files" / "dashboard" / "dashboard" / "menu.json"
CLICK = json.loads((ROOT / "files" / "openapi" / "clickstream.json").read_text())["components"]["schemas"]["Click"]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def api():
    with ClicksApi() as found:
        yield found


@pytest.fixture
def slept(monkeypatch):
    """Seconds that the module would have waited."""
    found = []
    monkeypatch.setattr(load("clicks_posted").send, "__defaults__", (found.append, time.monotonic))
    return found


def options(api, clicks=10, **more):
    return {"url": api.url, "key": KEY, "clicks": clicks, "menu": str(MENU), **more}


def test_each_click_is_sent_once_in_batches_and_has_a_name_of_its_own(api):
    result = done("clicks_posted", **options(api, 250)).result
    assert (result["sent"], result["stored"], result["refused"], result["requests"]) == (250, 250, {}, 3)
    assert [len(batch) for batch in api.batches] == [100, 100, 50]
    assert [each["click_id"] for each in api.clicks] == [f"{result['run']}-{number:07d}" for number in range(250)]
    assert set(api.keys) == {KEY}


def test_clicks_fit_the_apis_model_but_not_all_dates_are_good():
    module = load("clicks_posted")
    dishes = module.dishes_of(json.loads(MENU.read_text()))
    made = [module.click(number, "run", dishes, NOW, Random(number)) for number in range(1000)]
    for each in made:
        assert (each["source_menu"], each["element_clicked"]) in dishes
        jsonschema.validate(each, CLICK, jsonschema.Draft4Validator)
    texts = [each.get("created_at") or each["createdAt"] for each in made]
    assert sum("createdAt" in each for each in made) == sum("–" in text for text in texts) == 10
    assert sum(text.endswith("+02:00") for text in texts) == 10
    assert [number for number, text in enumerate(texts) if "-02-30T" in text] == [499, 999]
    plain = [text for text in texts if text.endswith("Z") and "–" not in text and "-02-30" not in text]
    ages = [(NOW - datetime.fromisoformat(text)).total_seconds() for text in plain]
    assert (sum(age >= 3600 for age in ages), sum(age < 0 for age in ages)) == (20, 10)
    assert len(plain) > 900


def test_only_what_was_not_stored_is_sent_again(api, slept):
    api.answers = [{0, 3}, {1}]
    result = done("clicks_posted", **options(api)).result
    assert (result["stored"], result["refused"], result["requests"]) == (10, {}, 3)
    first, second, third = [[each["click_id"][-1] for each in batch] for batch in api.batches]
    assert (len(first), second, third) == (10, ["0", "3"], ["3"])
    assert len(slept) == 2


def test_a_busy_api_is_given_the_time_that_it_asks_for(api, slept):
    api.answers = [(429, {"Retry-After": "7"}), 503]
    assert done("clicks_posted", **options(api)).result["stored"] == 10
    assert slept[0] == 7
    assert 0 < slept[1] <= 1
    assert api.batches[0] == api.batches[1] == api.batches[2]


def test_a_key_that_is_not_known_yet_is_sent_again_for_a_while(api, slept):
    told = refused("clicks_posted", "The API took no click: No valid key", **options(api, key="other", key_timeout=0))
    assert (told.result["refused"], len(api.batches)) == ({"No valid key": 10}, 1)
    assert "other" not in json.dumps({**told.result, "invocation": None})
    refused("clicks_posted", "No valid key", **options(api, key="other", key_timeout=1))
    assert len(slept) > 10  # the clock is the real one


def test_what_the_api_refuses_is_counted_with_its_reason_and_given_up_at_last(api, slept):
    api.answers = [set(), *[503] * 3, 400, set()]
    result = done("clicks_posted", **options(api, 40, batch=10, tries=3)).result
    assert result["refused"] == {"Too many requests: send it again later": 20}
    assert (result["stored"], result["requests"]) == (20, 6)


def test_where_nothing_is_taken_any_more_the_rest_is_not_sent(api, slept):
    api.answers = [set(), *[400] * 10]
    result = done("clicks_posted", **options(api, 100, batch=10)).result
    assert (result["sent"], result["stored"], sum(result["refused"].values())) == (100, 10, 90)
    assert result["refused"]["not sent, since the API took no more"] == 60
    assert result["requests"] == 4


def test_check_mode_sends_nothing(api):
    result = done("clicks_posted", check=True, **options(api, 250))
    assert result.changed
    assert (result.result["sent"], result.result["stored"], api.batches) == (250, 0, [])


def test_an_api_that_is_not_there_is_told(api, slept):
    refused("clicks_posted", "The API took no click: no answer", **options(api, tries=2) | {"url": f"http://127.0.0.1:{free_port()}"})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"clicks": 0}, "clicks must be 1 to 1,000,000; it is 0"),
        ({"batch": 501}, "batch must be 1 to 500; it is 501"),
        ({"url": "file:///etc/passwd"}, "url must begin with http:// or https://; it is 'file:///etc/passwd'"),
        ({"menu": "/nonexistent"}, "/nonexistent is no menu: FileNotFoundError"),
    ],
)
def test_what_cannot_be_is_refused(api, more, words):
    refused("clicks_posted", words, **options(api) | more)
    assert api.batches == []


def test_hours_are_all_between_two_moments():
    hours = load("clicks_arrived").hours
    at = datetime(2026, 11, 21, 23, 59, 30, tzinfo=UTC)
    assert hours(at, at) == ["2026/11/21/23/"]
    assert hours(at, at.replace(day=22, hour=1, minute=0, second=0)) == ["2026/11/21/23/", "2026/11/22/00/", "2026/11/22/01/"]


@on()
def test_clicks_have_arrived_when_each_is_kept_or_rejected(aws):
    s3, bucket, hour = aws.client("s3"), unique("clicks"), f"{datetime.now(UTC):%Y/%m/%d/%H}"
    s3.create_bucket(Bucket=bucket)
    name, line = "sent-0123456789ab", '{{"element_clicked": "a", "click_id": "{}-{:07d}"}}\n'
    s3.put_object(Bucket=bucket, Key=f"clicks/{hour}/1.gz", Body=gzip.compress("".join(line.format(name, n) for n in (0, 1, 1)).encode()))
    s3.put_object(Bucket=bucket, Key=f"clicks/{hour}/2.gz", Body=line.format("sent-other0000000", 2).encode())
    s3.put_object(Bucket=bucket, Key="clicks/2020/01/01/00/3.gz", Body=line.format(name, 2).encode())
    asked = {"bucket": bucket, "prefix": "clicks/", "rejected_prefix": "rejected/", "run": name, "count": 3, "since": time.time()}
    refused(
        "clicks_arrived",
        f"1 of 3 clicks are neither below clicks/ nor below rejected/ of s3://{bucket} after 0 s; 2 objects were looked at",
        **asked,
        wait_timeout=0,
    )
    reject = json.dumps({"record": "r", "reason": "created_at_invalid", "text": line.format(name, 2)})
    s3.put_object(Bucket=bucket, Key=f"rejected/{hour}/1.jsonl", Body=f"{reject}\n".encode())
    arrived = done("clicks_arrived", **asked)
    assert not arrived.changed
    assert {name: arrived.result[name] for name in ("kept", "again", "rejected", "objects")} == {
        "kept": 2,
        "again": 1,
        "rejected": {"created_at_invalid": 1},
        "objects": 3,
    }
    assert not arrived.writes
    assert run("clicks_arrived", check=True, **asked).calls == []
