"""agent.json: AWS's keys, defaults and ranges; every mistake at once."""

import json

import pytest
from kinesis_agent.configuration import ConfigurationError, read

FLOW = {"filePattern": "/var/log/orders/*.log", "deliveryStream": "tbsm-red-fire"}


def configuration(flow=(), **others):
    return read(json.dumps({"firehose.endpoint": "https://firehose.eu-west-1.amazonaws.com", "flows": [{**FLOW, **dict(flow)}], **others}))


def problems(flow=(), **others):
    with pytest.raises(ConfigurationError) as error:
        configuration(flow, **others)
    return str(error.value).split("\n")


def test_defaults_are_those_of_awss_agent():
    (flow,) = configuration().flows
    assert (flow.pattern, flow.stream, flow.start) == ("/var/log/orders/*.log", "tbsm-red-fire", "END_OF_FILE")
    assert (flow.buffer_seconds, flow.buffer_bytes, flow.buffer_records, flow.poll_seconds) == (60, 4194304, 500, 0.1)


@pytest.mark.parametrize(
    ("endpoint", "others", "wanted"),
    [
        ("https://firehose.eu-west-1.amazonaws.com", {}, ("https://firehose.eu-west-1.amazonaws.com", "eu-west-1")),
        ("firehose.us-gov-west-1.amazonaws.com", {}, ("https://firehose.us-gov-west-1.amazonaws.com", "us-gov-west-1")),
        ("http://127.0.0.1:4566", {"firehose.region": "us-east-1"}, ("http://127.0.0.1:4566", "us-east-1")),
    ],
)
def test_endpoint_and_region(endpoint, others, wanted):
    found = configuration(**{"firehose.endpoint": endpoint, **others})
    assert (found.endpoint, found.region) == wanted


def test_without_any_region_that_is_said_and_the_environments_will_do():
    assert "set firehose.endpoint" in problems(**{"firehose.endpoint": "http://127.0.0.1:4566"})[0]
    assert read(json.dumps({"flows": [FLOW]}), "us-west-2").region == "us-west-2"


def test_keys_of_awss_agent_that_change_nothing_here_are_no_trouble_and_unknown_ones_are_named():
    found = configuration({"partitionKeyOption": "RANDOM", "filePatern": "x"}, **{"cloudwatch.emitMetrics": True, "Flows": []})
    assert found.warnings == ["Flows is unknown and not used", "flows[0].filePatern is unknown and not used"]


def test_numbers_in_quotes_are_numbers_as_for_awss_agent():
    assert configuration({"maxBufferAgeMillis": "5000"}).flows[0].buffer_seconds == 5


def test_every_mistake_is_told_at_once():
    wrong = {"maxBufferAgeMillis": 999, "maxBufferSizeRecords": 501, "maxBufferSizeBytes": 4194305, "initialPosition": "MIDDLE"}
    assert problems({**wrong, "filePattern": "orders.log", "deliveryStream": None}) == [
        "flows[0].deliveryStream is None; wanted is a text",
        "flows[0].filePattern is 'orders.log'; wanted is an absolute path, with * and ? in it",
        "flows[0].initialPosition is 'MIDDLE'; wanted is START_OF_FILE or END_OF_FILE",
        "flows[0].maxBufferAgeMillis is 999; wanted is a whole number from 1000 to 900000",
        "flows[0].maxBufferSizeBytes is 4194305; wanted is a whole number from 1 to 4194304",
        "flows[0].maxBufferSizeRecords is 501; wanted is a whole number from 1 to 500",
    ]


@pytest.mark.parametrize(
    ("flow", "others", "said"),
    [
        ({"kinesisStream": "s"}, {}, "flows[0].kinesisStream is not supported here: this ships to Firehose (deliveryStream) alone"),
        ({"multiLineStartPattern": "^x"}, {}, "flows[0].multiLineStartPattern is not supported here: each line is a record"),
        ({"skipHeaderLines": 1}, {}, "flows[0].skipHeaderLines is not supported here: each line is a record"),
        ({}, {"assumeRoleARN": "arn:aws:iam::1:role/x"}, "assumeRoleARN is not supported here: credentials are the instance's role's"),
        (
            {"dataProcessingOptions": [{"optionName": "LOGTOJSON", "logFormat": "COMMONAPACHELOG"}]},
            {},
            "flows[0].dataProcessingOptions[0].optionName is 'LOGTOJSON'; supported here are SINGLELINE and CSVTOJSON",
        ),
        (
            {"dataProcessingOptions": [{"optionName": "CSVTOJSON"}]},
            {},
            "flows[0].dataProcessingOptions[0].customFieldNames is None; wanted is a list of texts",
        ),
    ],
)
def test_what_is_not_done_here_is_an_error_and_not_passed_over(flow, others, said):
    assert problems(flow, **others) == [said]


@pytest.mark.parametrize(("text", "said"), [("{", "it is no JSON"), ("[]", "it is a list"), ('{"flows": []}', "flows is []")])
def test_what_is_no_configuration(text, said):
    with pytest.raises(ConfigurationError) as error:
        read(text, "us-east-1")
    assert said in str(error.value)
