"""The project's own API, by plain HTTP: clicks into the stream, byte for byte, and what is refused with which answer."""

import concurrent.futures
import json
from datetime import UTC, datetime

import pytest

from localcloud.machines import relay
from tests.local_cloud import wait_for

CLICK = {"element_clicked": "Pizza", "time_spent": 3, "source_menu": "Dinner", "created_at": "2026-11-21T19:08:09Z"}


def test_a_click_is_stored_byte_for_byte(site):
    site.make_clickstream()
    bodies = [
        ' { "element_clicked" : "a \\"quoted\\" \\\\ back\\nslash $input.body #if ${x} \\u00e9 \\ud83d\\ude00 é 😀 \u2028",'
        ' "time_spent":1,"source_menu":"\\/","created_at":"x"} ',
        json.dumps(CLICK | {"element_clicked": "'\\' \x7f <&> %41 +"}, ensure_ascii=False),
    ]
    points = [chr(point) for point in [*range(0x20, 0xD800, 97), *range(0xE000, 0x110000, 9973)] if chr(point) not in '"\\']
    bodies += [
        json.dumps(CLICK | {"element_clicked": "".join(points[at : at + 200])}, ensure_ascii=False) for at in range(0, len(points), 200)
    ]
    for body in bodies:
        answer = site.ask("POST", "/poc", body)
        assert answer.status == 200, answer
        assert answer.json["stored"] is True
    stored = wait_for(lambda: len(found := site.stored()) >= len(bodies) and found, "the clicks in S3")
    assert sorted(stored) == sorted(body.encode() for body in bodies)


def test_a_batch_becomes_a_record_for_each_click(site):
    site.make_clickstream()
    clicks = [CLICK | {"click_id": f"c{number}", "element_clicked": '\\ " 😀'} for number in range(500)]
    answer = site.ask("POST", "/poc/batch", {"clicks": clicks})
    assert answer.status == 200, answer
    assert answer.json["failed"] == 0
    assert [each["stored"] for each in answer.json["results"]] == [True] * 500
    stored = wait_for(lambda: len(found := site.stored()) >= 500 and found, "the clicks in S3")
    assert sorted((json.loads(line) for line in stored), key=lambda click: int(click["click_id"][1:])) == clicks


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({key: value for key, value in CLICK.items() if key != "time_spent"}, 'missing required properties (["time_spent"])'),
        (CLICK | {"time_spent": "3"}, "instance type (string) does not match"),
        (CLICK | {"time_spent": -1}, "lower than the required minimum"),
        (CLICK | {"extra": 1}, 'not allowed by the schema: ["extra"]'),
        (CLICK | {"createdAt": "x"}, "exactly one schema (matched more than one out of 2)"),
        (CLICK | {"click_id": "a b"}, "ECMA 262 regex"),
        ([CLICK], "instance type (array) does not match"),
        ('{"element_clicked": ', "Could not parse request body into json"),
        ("", "the body is empty"),
        (b'{"element_clicked": "\xff\xfe', "Could not parse request body into json"),
    ],
)
def test_what_is_no_click_is_refused_with_the_reason(clickstream, body, reason):
    answer = clickstream.ask("POST", "/poc", body)
    assert (answer.status, answer.json["message"]) == (400, "Not a click")
    assert reason in answer.json["reason"]
    assert answer.headers["x-amzn-errortype"] == "BadRequestException"
    assert answer.headers["access-control-allow-origin"] == "http://menu.test"


@pytest.mark.parametrize("key", [None, "", "wrong", "wrong" * 1000])
def test_without_a_valid_key_nothing_is_served(clickstream, key):
    answer = clickstream.ask("POST", "/poc", CLICK, {"x-api-key": key}, key=False)
    assert (answer.status, answer.json["message"]) == (403, "No valid key")
    assert answer.headers["x-amzn-errortype"] == "ForbiddenException"


def test_a_disabled_key_is_none_and_an_enabled_one_is_again(site):
    key, _ = site.make_clickstream()
    for enabled, status in (("false", 403), ("true", 200)):
        site.gateway.update_api_key(apiKey=key, patchOperations=[{"op": "replace", "path": "/enabled", "value": enabled}])
        assert site.ask("POST", "/poc", CLICK).status == status


@pytest.mark.parametrize(("method", "path"), [("GET", "/poc"), ("POST", "/"), ("POST", "/poc/batch/x"), ("DELETE", "/nope"), ("POST", "")])
def test_other_paths_and_methods_are_not_there(clickstream, method, path):
    answer = clickstream.ask(method, path, CLICK)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (404, "MissingAuthenticationTokenException")


def test_too_much_is_413_and_other_types_415(clickstream):
    assert clickstream.ask("POST", "/poc", b" " * (10 * 1024 * 1024 + 1)).status == 413
    assert clickstream.ask("POST", "/poc", b" " * (10 * 1024 * 1024)).status == 400
    assert clickstream.ask("POST", "/poc", CLICK, {"Content-Type": "text/plain"}).status == 415
    assert clickstream.ask("POST", "/poc", CLICK, {"Content-Type": "Application/JSON; charset=utf-8"}).status == 200
    assert clickstream.ask("POST", "/poc", CLICK, {"Content-Type": None}).status == 200


def test_a_browser_may_ask_first(clickstream):
    asked = {"Origin": "http://menu.test", "Access-Control-Request-Method": "POST", "Content-Type": None}
    answer = clickstream.ask("OPTIONS", "/poc", None, asked, key=False)
    assert (answer.status, answer.body) == (204, b"")
    assert "content-length" not in answer.headers
    assert answer.headers["access-control-allow-methods"] == "POST,OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "Content-Type,X-Api-Key"


def test_the_hosts_name_leads_to_the_api_too(clickstream):
    headers = {"Host": f"{clickstream.api}.execute-api.localhost:{clickstream.cloud.port}", "x-api-key": clickstream.key}
    answer = clickstream.send("POST", "/v1/poc", CLICK, headers)
    assert answer.status == 200, answer


def test_machines_may_click_too(clickstream):
    assert clickstream.ask("POST", "/poc", CLICK, source=relay.SOURCE_ADDRESS).status == 200


def test_beyond_the_plans_rate_it_is_429_and_after_a_while_not(site):
    site.make_clickstream(throttle={"rateLimit": 5.0, "burstLimit": 5})
    answers = [site.ask("POST", "/poc", CLICK) for _ in range(12)]
    assert [answer.status for answer in answers[:5]] == [200] * 5
    late = [answer for answer in answers if answer.status == 429]
    assert late
    assert (late[0].json["message"], late[0].headers["retry-after"]) == ("Too many requests", "1")
    assert late[0].headers["x-amzn-errortype"] == "TooManyRequestsException"
    wait_for(lambda: site.ask("POST", "/poc", CLICK).status == 200, "a new token", 5)


def test_beyond_the_plans_quota_it_is_429_and_usage_is_told(site):
    key, plan = site.make_clickstream(quota={"limit": 3, "period": "DAY"})
    answers = [site.ask("POST", "/poc", CLICK if number else {}) for number in range(5)]
    assert [answer.status for answer in answers] == [400, 200, 200, 429, 429]
    assert answers[-1].headers["x-amzn-errortype"] == "LimitExceededException"
    today = datetime.now(UTC).date().isoformat()
    usage = site.gateway.get_usage(usagePlanId=plan, keyId=key, startDate=today, endDate=today)
    assert usage["items"][key] == [[3, 0]]


def test_what_the_role_may_not_is_502_and_takes_effect_within_seconds(site):
    site.make_clickstream()
    assert site.ask("POST", "/poc", CLICK).status == 200
    site.iam.delete_role_policy(RoleName=site.name, PolicyName="allow")
    wait_for(lambda: site.ask("POST", "/poc", CLICK).status == 502, "the refusal", 5)
    assert "AccessDeniedException" in site.ask("POST", "/poc", CLICK).json["reason"]
    allowed = {"Effect": "Allow", "Action": "firehose:PutRecord", "Resource": f"arn:aws:firehose:*:*:deliverystream/{site.name}"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    site.iam.put_role_policy(RoleName=site.name, PolicyName="allow", PolicyDocument=document)
    wait_for(lambda: site.ask("POST", "/poc", CLICK).status == 200, "the permission", 5)
    assert site.ask("POST", "/poc/batch", {"clicks": [CLICK]}).status == 502
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    site.iam.update_assume_role_policy(RoleName=site.name, PolicyDocument=document)
    wait_for(lambda: site.ask("POST", "/poc", CLICK).status == 500, "the role's loss", 5)


def test_a_stream_that_is_gone_is_told(site):
    site.make_clickstream()
    site.patch(("replace", "/variables/stream", "none-of-this-name"))
    answer = site.ask("POST", "/poc", CLICK)
    assert (answer.status, answer.json["message"]) == (502, "Not stored")
    assert "ResourceNotFoundException" in answer.json["reason"]


def test_calls_stand_in_the_journal_as_the_roles(site):
    site.make_clickstream()
    for _ in range(3):
        site.ask("POST", "/poc", CLICK)
    lines = [json.loads(line) for line in (site.cloud.folder / "state" / "calls.jsonl").read_text().splitlines()]
    stream = f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{site.name}"
    found = [line for line in lines if line["operation"] == "PutRecord" and line["checks"] == [["firehose:PutRecord", stream, "allow"]]]
    assert len(found) == 3
    assert {line["principal"].rpartition("/")[0] for line in found} == {f"arn:aws:sts::000000000000:assumed-role/{site.name}"}
    assert {line["via"] for line in found} == {"apigateway.amazonaws.com"}


def test_many_at_once_lose_nothing(site):
    site.make_clickstream()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: site.ask("POST", "/poc", CLICK | {"click_id": f"c{n}"}).status, range(200)))
    assert answers == [200] * 200
    stored = wait_for(lambda: len(found := site.stored()) >= 200 and found, "the clicks in S3")
    assert {json.loads(line)["click_id"] for line in stored} == {f"c{n}" for n in range(200)}
