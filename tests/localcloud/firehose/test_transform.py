"""Transformation by a function: its contract, what fails, and the 6 MB of a request and of an answer."""

import base64
import json

import pytest

from localcloud.firehose import transform
from localcloud.firehose.transform import TransformError
from tests.local_cloud import wait_for
from tests.localcloud.firehose.functions import processing, told
from tests.localcloud.firehose.site import ERRORS

ARN = "arn:aws:firehose:us-east-1:000000000000:deliverystream/clicks"


def create(site, function, retries=0, **settings):
    site.create(ProcessingConfiguration=processing(function, retries, **settings), Prefix="raw/", ErrorOutputPrefix=ERRORS)


# -- pure


def test_requests_hold_all_records_in_order_and_fit_into_six_megabytes():
    records = [(number, bytes([number]) * 1_000_000) for number in range(20)]
    split = list(transform.requests(records))
    assert [record for some in split for record in some] == records
    assert len(split) == 5
    for some in split:
        sent, _ = transform.event(ARN, "us-east-1", "00000000-0000-4000-8000-000000000000", some)
        assert len(json.dumps(sent)) <= 6 * 1024 * 1024


def test_many_small_records_fit_as_well():
    split = list(transform.requests([(0, b"x")] * 100_000))
    assert len(split) > 1
    for some in split:
        sent, ids = transform.event(ARN, "us-east-1", "00000000-0000-4000-8000-000000000000", some)
        assert len(json.dumps(sent)) <= 6 * 1024 * 1024
        assert len(ids) == len(some)


def answer(*records):
    return json.dumps({"records": [{"recordId": name, "result": result, "data": data} for name, result, data in records]}).encode()


IDS = {"1": (10, b"one"), "2": (20, b"two")}
BROKEN = [
    (b"null", "Lambda.JsonProcessingException"),
    (b'"text"', "Lambda.JsonProcessingException"),
    (b'{"records": [{"recordId": "1"}]}', "Lambda.JsonProcessingException"),
    (answer(("1", "Ok", "")), "Lambda.MissingRecordId"),
    (answer(("1", "Ok", ""), ("2", "Ok", ""), ("3", "Ok", "")), "Lambda.MissingRecordId"),
    (answer(("1", "Ok", ""), ("2", "Ok", ""), ("1", "Ok", "")), "Lambda.DuplicatedRecordId"),
    (answer(("1", "Ok", "x" * 7_000_000), ("2", "Ok", "")), "Lambda.FunctionError"),
]


@pytest.mark.parametrize(("payload", "code"), BROKEN, ids=range(len(BROKEN)))
def test_an_answer_that_breaks_the_contract_fails_as_a_whole(payload, code):
    with pytest.raises(TransformError) as caught:
        transform.results(payload, IDS)
    assert caught.value.code == code


def test_results_keep_the_order_of_the_request_and_the_arrival():
    two, one = base64.b64encode(b"TWO").decode(), base64.b64encode(b"ONE").decode()
    answered = transform.results(answer(("2", "Ok", two), ("1", "Ok", one)), IDS)
    assert transform.judged(answered, IDS, 1) == ([(10, b"ONE"), (20, b"TWO")], [])


def test_a_failed_call_is_repeated_so_often_and_no_more():
    calls = []

    def invoke(sent):
        calls.append(sent["invocationId"])
        raise TransformError("Lambda.FunctionError", "no")

    kept, failed, problem = transform.transformed(invoke, ARN, "us-east-1", list(IDS.values()), 3, pause=lambda _: None)
    assert (len(calls), len(set(calls))) == (4, 1)
    assert kept == []
    assert [(each.data, each.attempts, each.code) for each in failed] == [
        (b"one", 4, "Lambda.FunctionError"),
        (b"two", 4, "Lambda.FunctionError"),
    ]
    assert problem.code == "Lambda.FunctionError"


# -- with a function


def test_results_are_kept_dropped_and_set_aside(site, function):
    create(site, function)
    site.put("keep:a\n", "drop:b\n", "fail:c\n", "keep:d\n")
    assert site.lines("raw/", 2) == [b"KEEP:A", b"KEEP:D"]
    (failed,) = site.errors()
    assert (failed["errorCode"], failed["errorMessage"]) == ("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
    assert failed["attemptsMade"] == 1
    assert base64.b64decode(failed["rawData"]) == b"fail:c\n"
    assert failed["lambdaArn"] == function
    assert 0 <= failed["attemptEndingTimestamp"] - failed["arrivalTimestamp"] < 20_000
    assert set(failed) == {
        "attemptsMade",
        "arrivalTimestamp",
        "errorCode",
        "errorMessage",
        "attemptEndingTimestamp",
        "rawData",
        "lambdaArn",
    }
    assert all(key.startswith(("raw/", "errors/processing-failed/")) for key in site.quiet(0.3))


def test_the_function_is_given_the_documented_event(site, function):
    create(site, function)
    site.put("keep:a\n", "keep:b\n")
    site.lines("raw/", 2)
    call = wait_for(lambda: told(site.cloud, "obedient", site.name), "the function's log")[0]
    assert (call["texts"], call["region"]) == (2, "us-east-1")
    assert call["stream"] == f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{site.name}"
    assert call["members"] == ["approximateArrivalTimestamp", "data", "recordId"]


CRASHES = [
    ("crash:", "Lambda.FunctionError"),
    ("sleep:", "Lambda.FunctionTimedOut"),
    ("nothing:", "Lambda.JsonProcessingException"),
    ("forget:", "Lambda.MissingRecordId"),
    ("twice:", "Lambda.DuplicatedRecordId"),
    ("large:1\nlarge:2", "Lambda.FunctionError"),
]


@pytest.mark.parametrize(("text", "code"), CRASHES, ids=[text.partition(":")[0] for text, _ in CRASHES])
def test_a_batch_that_the_function_does_not_answer_is_set_aside_as_it_came(site, function, text, code):
    create(site, function)
    records = text.split("\n")
    site.put(*records, "keep:a")
    failed = site.errors(number=len(records) + 1)
    assert {each["errorCode"] for each in failed} == {code}
    assert [base64.b64decode(each["rawData"]).decode() for each in failed] == [*records, "keep:a"]
    assert site.keys("raw/") == []


def test_single_records_that_cannot_be_used_are_set_aside(site, function):
    create(site, function)
    site.put("garbled:", "odd:", "keep:a\n")
    assert site.lines("raw/") == [b"KEEP:A"]
    assert {each["errorCode"] for each in site.errors(number=2)} == {"Lambda.JsonProcessingException"}


def test_a_function_that_works_the_second_time_loses_nothing(site, function):
    create(site, function, retries=3)
    site.put(f"once:{site.name}\n")
    assert site.lines("raw/") == [f"ONCE:{site.name.upper()}".encode()]
    assert site.keys("errors/") == []


def test_a_function_that_fails_is_tried_four_times_by_default(site, function):
    create(site, function, retries=3)
    site.put("crash:\n")
    (failed,) = site.errors()
    assert failed["attemptsMade"] == 4
    calls = wait_for(lambda: len(found := told(site.cloud, "obedient", site.name)) >= 4 and found, "four calls")
    assert len({call["invocation"] for call in calls}) == 1


@pytest.mark.parametrize(
    ("arn", "rights", "code"),
    [
        ("arn:aws:lambda:us-east-1:000000000000:function:nobody", None, "Lambda.ResourceNotFound"),
        (None, "nothing", "Lambda.InvokeAccessDenied"),
    ],
)
def test_a_function_that_is_absent_or_forbidden_is_named(site, function, arn, rights, code):
    if rights:
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
        site.iam.put_role_policy(RoleName=site.name, PolicyName="allow", PolicyDocument=json.dumps(policy))
    create(site, arn or function)
    site.put("keep:a\n")
    (failed,) = site.errors()
    assert failed["errorCode"] == code


def test_the_function_waits_for_its_own_buffer(site, function):
    create(site, function, BufferIntervalInSeconds=1)
    site.put("keep:a\n")
    site.put("keep:b\n")
    assert site.quiet(0.6) == []
    assert site.lines("raw/", 2) == [b"KEEP:A", b"KEEP:B"]
    assert len(site.keys("raw/")) == 1
