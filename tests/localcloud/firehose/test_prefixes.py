"""Prefixes and names of objects, by Firehose's guide."""

from datetime import UTC, datetime

import pytest

from localcloud.firehose.prefixes import Moment, PrefixError, check, check_zone, evaluate, java_time, object_key, whole

WHEN = datetime(2018, 8, 7, 9, 5, 3, 45_000, tzinfo=UTC)
ARRIVAL = int(WHEN.timestamp() * 1000)
SEED = "5b1b3c1e-0000-4000-8000-000000000000"

PATTERNS = [
    ("yyyy", "2018"),
    ("yy", "18"),
    ("uuuu", "2018"),
    ("M", "8"),
    ("MM", "08"),
    ("MMM", "Aug"),
    ("MMMM", "August"),
    ("d", "7"),
    ("dd", "07"),
    ("DDD", "219"),
    ("HH", "09"),
    ("H", "9"),
    ("hh a", "09 AM"),
    ("mm:ss.SSS", "05:03.045"),
    ("E EEEE", "Tue Tuesday"),
    ("yyyy/MM/dd/HH/", "2018/08/07/09/"),
    ("yyyy-MM-dd'T'HH", "2018-08-07T09"),
    ("'year='yyyy'/month='MM", "year=2018/month=08"),
    ("'it''s 'yyyy", "it's 2018"),
    ("''yy", "'18"),
    ("XXX", "Z"),
    ("Z", "+0000"),
    ("VV", "Z"),
]


@pytest.mark.parametrize(("pattern", "text"), PATTERNS)
def test_a_java_pattern_is_written(pattern, text):
    assert java_time(pattern, WHEN) == text


@pytest.mark.parametrize(
    ("pattern", "said"), [("YYYY", "the year is yyyy"), ("'open", "quote"), ("q", "letter q"), ("HHH", "Too many"), ("", "empty")]
)
def test_a_pattern_that_is_not_known_is_refused(pattern, said):
    with pytest.raises(PrefixError, match=said):
        java_time(pattern, WHEN)


# prefix, error prefix, error → what it evaluates to
EVALUATED = [
    ("", "", "", "2018/08/07/09/"),
    ("raw/", "", "", "raw/2018/08/07/09/"),
    ("raw", "", "", "raw2018/08/07/09/"),
    ("raw/!{timestamp:yyyy}/", "e/!{firehose:error-output-type}/", "", "raw/2018/"),
    ("raw/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/", "x", "", "raw/year=2018/month=08/day=07/"),
    ("", "", "processing-failed", "processing-failed/2018/08/07/09/"),
    ("raw/", "", "processing-failed", "raw/processing-failed/2018/08/07/09/"),
    ("raw/", "errors/", "processing-failed", "errors/processing-failed/2018/08/07/09/"),
    ("", "errors/!{firehose:error-output-type}/", "processing-failed", "errors/processing-failed/"),
    ("", "errors/!{timestamp:yyyy}/!{firehose:error-output-type}/", "format-conversion-failed", "errors/2018/format-conversion-failed/"),
]


@pytest.mark.parametrize(("prefix", "error_prefix", "error", "expected"), EVALUATED)
def test_a_prefix_is_evaluated(prefix, error_prefix, error, expected):
    check(prefix, error_prefix)
    assert evaluate(whole(prefix, error_prefix, error), Moment(ARRIVAL, error=error, seed=SEED)) == expected


REFUSED = [
    ("!{timestamp:yyyy}/", "", "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"),
    ("!{firehose:random-string}/", "", "ErrorOutputPrefix cannot be null or empty"),
    ("raw/", "errors/!{timestamp:yyyy}/", "at least one instance of !{firehose:error-output-type}"),
    ("!{firehose:error-output-type}/", "e/!{firehose:error-output-type}/", "Prefix can't contain"),
    ("!{timestamp:yyyy/", "errors/", "can only appear in"),
    ("!{day:dd}/", "errors/", "is no expression"),
    ("!{firehose:uuid}/", "errors/", "is no expression"),
    ("!{partitionKeyFromQuery:customer}/", "errors/", "dynamic partitioning"),
]


@pytest.mark.parametrize(("prefix", "error_prefix", "said"), REFUSED)
def test_a_pair_of_prefixes_that_firehose_refuses_is_refused(prefix, error_prefix, said):
    with pytest.raises(PrefixError, match=said.replace("{", r"\{").replace("!", r"\!")):
        check(prefix, error_prefix)


def test_random_strings_have_eleven_characters_and_differ_within_a_prefix_and_between_objects():
    first, second = evaluate("!{firehose:random-string}/!{firehose:random-string}", Moment(ARRIVAL, seed=SEED)).split("/")
    assert len(first) == len(second) == 11
    assert first.isalnum()
    assert first != second
    assert evaluate("!{firehose:random-string}", Moment(ARRIVAL, seed="another")) != first


def test_a_prefix_may_not_come_to_more_than_512_characters():
    evaluate("p" * 512, Moment(ARRIVAL))
    with pytest.raises(PrefixError, match="513 characters"):
        check("p" * 499, "errors/")
    with pytest.raises(PrefixError, match="513 characters"):
        evaluate("p" * 509 + "!{timestamp:yyyy}", Moment(ARRIVAL))


def test_a_key_has_stream_version_time_and_uuid_in_the_zone_of_the_prefix():
    key = object_key("clicks", 3, "!{timestamp:yyyy/MM/dd/HH}/", ".gz", Moment(ARRIVAL, "Asia/Tokyo", SEED))
    assert key == f"2018/08/07/18/clicks-3-2018-08-07-18-05-03-{SEED}.gz"


def test_a_time_zone_must_be_one():
    check_zone("")
    check_zone("Asia/Tokyo")
    with pytest.raises(PrefixError, match="Nowhere/Land"):
        check_zone("Nowhere/Land")
