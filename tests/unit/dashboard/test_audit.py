import json
from datetime import UTC, datetime

import pytest
from dashboard import audit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.dashboard.sample import audit_record

WHEN = datetime(2025, 4, 22, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def parse(body):
    return audit.parse(body, "audit/x.json", WHEN, "rejected/")


def test_a_record_is_read_in_full():
    record = parse(audit_record())
    assert record.problem == ""
    assert (record.source_key, record.source_version, record.status) == ("raw/orders.csv", "v1.abc", "processed")
    assert record.event_time == datetime(2025, 4, 22, 9, 30, tzinfo=UTC)
    assert record.rows == {"in": 200, "kept": 140, "dropped": 57, "rejected": 3}
    assert record.balance == 0
    assert record.rejected_key == "rejected/orders.csv-1a2b.jsonl"


def test_rows_that_are_not_accounted_for_are_seen():
    assert parse(audit_record(rows={"in": 10, "kept": 5, "dropped": 2, "rejected": 1})).balance == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is no JSON object"),
        (b"{}", "lacks source"),
        (b" " * (audit.MAX_BYTES + 1), "larger than"),
        (audit_record(status="fine"), "unknown status 'fine'"),
        (audit_record(event_time="today"), "no time: 'today'"),
        (audit_record(rows={"in": 1}), "lacks rows.dropped"),
        (audit_record(rows={"in": -1, "kept": 0, "dropped": 0, "rejected": 0}), "no count in rows.in"),
        (audit_record(dropped_by_rule={"x": "many"}), "no count in dropped_by_rule.x"),
        (audit_record(output={"processed": None, "rejected": "raw/secret.csv"}), "outside rejected/"),
        (audit_record(output={"processed": None, "rejected": "rejected/../raw/secret.csv"}), "outside rejected/"),
        (audit_record(output={"processed": None, "rejected": "rejected//x"}), "outside rejected/"),
    ],
)
def test_a_malformed_record_says_why(body, words):
    assert words in parse(body).problem


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw is, on a busy machine
@given(st.dictionaries(st.sampled_from(sorted(json.loads(audit_record()))), JSON))
def test_no_json_can_break_the_reader(changes):
    record = parse(audit_record(**changes))
    assert record.problem or record.rows


def test_lone_surrogates_become_writable_text():
    record = parse(audit_record("raw/\ud800.csv"))
    assert record.source_key == "raw/?.csv"
