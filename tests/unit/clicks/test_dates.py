"""Dates as people send them: one form, or a reason."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clicks.support import dates, problems


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-11-21T19:08:09Z", "2026-11-21T19:08:09Z"),
        ("2026-11-21T19:08:09.5Z", "2026-11-21T19:08:09.5Z"),
        ("2024-02-29T23:59:59.123456789Z", "2024-02-29T23:59:59.123456789Z"),
        ("2026–11–21T19:08:09Z", "2026-11-21T19:08:09Z"),  # en dashes
        ("2026—11‑21T19:08:09−01:00", "2026-11-21T20:08:09Z"),  # em dash, unbreakable hyphen, minus
        (" 2026-11-21T19:08:09Z\n", "2026-11-21T19:08:09Z"),
        ("2026-11-21\u00a019:08:09", "2026-11-21T19:08:09Z"),
        ("2026-11-21T19:08:09", "2026-11-21T19:08:09Z"),
        ("2026-11-21 19:08:09 UTC", "2026-11-21T19:08:09Z"),
        ("2026-11-21t19:08:09z", "2026-11-21T19:08:09Z"),
        ("2026-11-21T19:08:09,123Z", "2026-11-21T19:08:09.123Z"),
        ("2026-11-21T19:08:09.000Z", "2026-11-21T19:08:09.000Z"),
        ("2026-11-21T19:08:09+01:00", "2026-11-21T18:08:09Z"),
        ("2026-11-21T19:08:09.25+0530", "2026-11-21T13:38:09.25Z"),
        ("2026-12-31T23:30:00-01", "2027-01-01T00:30:00Z"),
        ("2026-11-21T00:10:00+14:00", "2026-11-20T10:10:00Z"),
        ("2026/11/21 19:08:09", "2026-11-21T19:08:09Z"),
        ("2026-11-21T19:08", "2026-11-21T19:08:00Z"),
        ("1795287600", "2026-11-21T19:00:00Z"),
        ("1795287600123", "2026-11-21T19:00:00.123Z"),
        ("1970-01-01T01:00:00+01:00", "1970-01-01T00:00:00Z"),
        ("2199-12-31T23:59:59.999Z", "2199-12-31T23:59:59.999Z"),
    ],
)
def test_what_can_mean_one_moment_only_is_brought_into_one_form(sent: str, stored: str) -> None:
    assert dates.canonical("created_at", sent) == stored


@pytest.mark.parametrize(
    "sent",
    [
        *("", " ", "now", "yesterday", "2026-11-21", "19:08:09", "21.11.2026 19:08", "11/12/2026 10:00", "12/11/26 10:00:00"),
        *("2026-02-29T10:00:00Z", "2026-04-31T10:00:00Z", "2026-13-01T10:00:00Z", "2026-00-10T10:00:00Z", "0000-01-01T00:00:00Z"),
        *("2026-11-21T24:00:00Z", "2026-11-21T23:60:00Z", "2026-11-21T23:59:60Z", "2026-11-21T7:08:09Z", "2026-11-21T07:08:09 PM"),
        *("2026-11-21T19:08:09.Z", "2026-11-21T19:08:09.1234567890Z", "2026-11-21T19:08:09ZZ", "2026-11-21T19:08:09+1"),
        *("2026-11-21T19:08:09+15:00", "2026-11-21T19:08:09+01:60", "2026-11-21T19:08:09+14:01", "2026-11-21T19:08:09 Europe/Paris"),
        *("2026-11/21T19:08:09Z", "20261121T190809Z", "179528760", "17952876001", "-1795287600", "1795287600.5"),
        *("２０２６-11-21T19:08:09Z", "2026-11-21T19:08:09Z; 2026", "Sat Nov 21 2026 19:08:09", "Sat, 21 Nov 2026 19:08:09 GMT"),
    ],
)
def test_what_is_not_sure_is_rejected(sent: str) -> None:
    with pytest.raises(problems.Problem, match="created_at is ") as problem:
        dates.canonical("created_at", sent)
    assert problem.value.code == "created_at_invalid"


@pytest.mark.parametrize(
    "sent",
    ["1969-12-31T23:59:59Z", "1970-01-01T00:59:59+01:00", "2200-01-01T00:00:00Z", "2199-12-31T23:30:00-01:00", "0001-01-01T00:00:00+01:00"],
)
def test_what_cannot_be_a_click_of_these_centuries_is_rejected(sent: str) -> None:
    with pytest.raises(problems.Problem, match="it must be from 1970 to 2199") as problem:
        dates.canonical("createdAt", sent)
    assert problem.value.code == "created_at_out_of_range"


@given(st.datetimes(datetime(1971, 1, 1), datetime(2198, 12, 31)), st.integers(-14 * 60, 14 * 60))
def test_a_moment_stays_the_same_in_any_zone(moment: datetime, minutes: int) -> None:
    moment = moment.replace(tzinfo=UTC)
    sign, offset = ("-" if minutes < 0 else "+"), abs(minutes)
    local = moment + timedelta(minutes=minutes)
    stored = dates.canonical("created_at", f"{local:%Y-%m-%dT%H:%M:%S.%f}{sign}{offset // 60:02d}:{offset % 60:02d}")
    assert datetime.fromisoformat(stored) == moment
    assert dates.canonical("created_at", stored) is stored


@given(st.text("0123456789-:T.Z/ +", max_size=26) | st.from_regex(re.compile(dates.SURE, re.ASCII), fullmatch=True))
def test_what_the_pattern_is_sure_of_is_a_real_moment(text: str) -> None:
    if re.fullmatch(dates.SURE, text):
        datetime.fromisoformat(re.sub(r"\.\d+", "", text))
        assert dates.canonical("created_at", text) == text
