from datetime import UTC, datetime
from decimal import Decimal

import pytest
from dashboard import cost, values


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("9007199254740993", "bigint", 9007199254740993),
        ("-1", "integer", -1),
        ("1.5", "double", 1.5),
        ("NaN", "double", "NaN"),
        ("Infinity", "real", "Infinity"),
        ("12345678901234567890.12", "decimal(38,2)", "12345678901234567890.12"),
        ("true", "boolean", True),
        ("2025-02-28", "date", "2025-02-28"),
        ("007", "varchar", "007"),
        (None, "bigint", None),
    ],
)
def test_typed_keeps_every_digit(text, kind, value):
    found = values.typed(text, kind)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("12345678901234567890.10", "decimal(38,2)", "12,345,678,901,234,567,890.10"),
        ("-1234.00", "decimal(12,2)", "-1,234.00"),
        (1234567, "bigint", "1,234,567"),
        (True, "boolean", "true"),
        (0.1, "double", "0.1"),
        ("1234", "varchar", "1234"),
        (None, "varchar", ""),
        ("a\x00b\u202ec\u200bd\n", "varchar", "a[U+0000]b[U+202E]c[U+200B]d\n"),
    ],
)
def test_shown(value, kind, text):
    assert values.shown(value, kind) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [("-1.50", Decimal("-1.50")), (3, 3), (1e-7, Decimal("1e-07")), ("NaN", None), (None, None), (True, None), ("a", None)],
)
def test_number(value, number):
    assert values.number(value) == number


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "just now"), (5, "5 seconds ago"), (60, "1 minute ago"), (3599, "59 minutes ago"), (3600, "1 hour ago"), (172_800, "2 days ago")],
)
def test_age(seconds, text):
    assert values.age(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (1_234_567, "1.2 MB"), (10_000_000, "10 MB"), (3 * 10**12, "3.0 TB")],
)
def test_size(count, text):
    assert values.size(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.0004, "0 ms"), (0.25, "250 ms"), (1.5, "1.50 s"), (12.2, "12 s"), (125, "2 min 5 s")])
def test_duration(seconds, text):
    assert values.duration(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"), [("0", "$0.0"), ("0.00005", "$0.00005"), ("0.0000001", "$0.000001"), ("0.5", "$0.5"), ("1234.567", "$1,234.57")]
)
def test_dollars(amount, text):
    assert values.dollars(Decimal(amount)) == text


def test_moment_reads_iso_in_utc():
    assert values.moment("2025-04-22T09:30:00Z") == datetime(2025, 4, 22, 9, 30, tzinfo=UTC)
    assert values.moment("2025-04-22T09:30:00+02:00") == datetime(2025, 4, 22, 7, 30, tzinfo=UTC)
    assert values.moment("2025-04-22T09:30:00") == datetime(2025, 4, 22, 9, 30, tzinfo=UTC)
    assert values.moment("yesterday") is None
    assert values.moment(None) is None


def test_heading():
    assert values.heading("total_sales") == "Total sales"
    assert values.heading("_col0") == "Col0"


@pytest.mark.parametrize(
    ("scanned", "free", "dollars"),
    [
        (0, False, "0.00005"),  # ten megabytes at least
        (10_000_000, False, "0.00005"),
        (10_000_001, False, "0.000055"),  # the eleventh megabyte has begun
        (10**12, False, "5"),
        (10**12, True, "0"),
    ],
)
def test_list_price(scanned, free, dollars):
    assert cost.list_price(scanned, 5.0, 10_000_000, free) == Decimal(dollars)
