"""Batches, conversions and what is sent again: plain values."""

import json

import pytest
from kinesis_agent import converters
from kinesis_agent.batches import Batch
from kinesis_agent.retries import FIRST, LONGEST, Backoff, failed


def test_a_batch_ends_at_its_number_of_records_or_bytes():
    few, small = Batch(3, 10**6), Batch(500, 10)
    for number in range(3):
        assert few.takes(b"x")
        few.add(b"x", "file", number + 1)
    assert few.full
    assert not few.takes(b"x")
    small.add(b"123456", "file", 6)
    assert small.takes(b"1234")
    assert not small.takes(b"12345")


def test_a_record_larger_than_a_batch_is_sent_alone():
    batch = Batch(500, 10)
    assert batch.takes(b"x" * 100)
    batch.add(b"x" * 100, "file", 100)
    assert batch.full


def test_a_batch_knows_how_far_each_file_is_in_it_also_past_what_is_put_aside():
    batch = Batch(500, 100)
    batch.add(b"a\n", "one", 2)
    batch.add(None, "one", 900)
    batch.add(b"b\n", "two", 2)
    assert (batch.records, batch.ends, batch.lines) == ([b"a\n", b"b\n"], {"one": 900, "two": 2}, 3)


def test_only_what_failed_is_sent_again_and_in_order():
    assert failed([b"a", b"b", b"c", b"d"], ["", "ServiceUnavailableException", "", "InternalFailure"]) == [b"b", b"d"]


def test_waits_double_up_to_a_bound_and_are_shortened_at_random():
    longest, shortest = Backoff(lambda: 0.0), Backoff(lambda: 1.0)
    waits = [longest.next() for _ in range(40)]
    assert waits[:4] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert waits[-1] == LONGEST
    assert [shortest.next() for _ in range(40)] == [wait / 2 for wait in waits]
    longest.reset()
    assert longest.next() == FIRST


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"a,b,c\n", {"x": "a", "y": "b", "z": "c"}),
        (b"a,b\n", {"x": "a", "y": "b", "z": None}),
        (b"a,,c,d\n", {"x": "a", "y": "", "z": "c"}),
        (b"a,,\n", {"x": "a", "y": None, "z": None}),
        ("é,1,2\n".encode(), {"x": "é", "y": "1", "z": "2"}),
    ],
)
def test_csv_becomes_json_as_awss_agent_makes_it(line, wanted):
    (convert,) = converters.chain([{"optionName": "CSVTOJSON", "customFieldNames": ["x", "y", "z"]}])
    assert json.loads(convert(line)) == wanted
    assert convert(line).endswith(b"}\n")


def test_a_delimiter_is_a_regular_expression():
    (convert,) = converters.chain([{"optionName": "CSVTOJSON", "customFieldNames": ["x", "y"], "delimiter": "\\t"}])
    assert json.loads(convert(b"a\tb\n")) == {"x": "a", "y": "b"}


def test_single_line_takes_white_space_off():
    (convert,) = converters.chain([{"optionName": "SINGLELINE"}])
    assert convert(b"  a b \r\n") == b"a b\n"
