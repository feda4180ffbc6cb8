"""Laws that hold for any value: decimals against Python's, doubles, result files, pages."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.athena import duck, query, results
from localcloud.athena.errors import QueryError
from localcloud.athena.sql import types as t


class NoCatalog:
    def table(self, database, name):
        return None

    def has_database(self, name):
        return True


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """run(sql) → (types, rows as Python values) without a server."""
    connection = duck.connect([], tmp_path_factory.mktemp("scratch"))

    def ask(sql):
        answer = query.run(sql, query.Context(connection.cursor(), NoCatalog(), None), "d", datetime(2025, 1, 1, tzinfo=UTC))
        return [str(kind) for _, kind, _ in answer.columns], [tuple(row.values()) for row in answer.table.to_pylist()]

    return ask


def decimals(precision, scale):
    limit = 10**precision - 1
    return st.integers(-limit, limit).map(lambda digits: Decimal(digits).scaleb(-scale))


def literal(value, scale):
    return f"decimal '{value:.{scale}f}'"


def half_up(value, scale):
    return value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


@settings(max_examples=150, deadline=None)
@given(decimals(18, 4), decimals(9, 3))
def test_decimal_arithmetic_is_exact(run, a, b):
    with localcontext() as context:
        context.prec = 80
        x, y = f"cast({literal(a, 4)} as decimal(18,4))", f"cast({literal(b, 3)} as decimal(9,3))"
        kinds, rows = run(f"SELECT {x} + {y}, {x} - {y}, {x} * {y}")
        assert kinds == ["decimal(19,4)", "decimal(19,4)", "decimal(27,7)"]
        assert rows == [(a + b, a - b, a * b)]
        if b:
            kinds, rows = run(f"SELECT {x} / {y}")
            assert (kinds, rows) == (["decimal(21,4)"], [(half_up(a / b, 4),)])
        else:
            with pytest.raises(QueryError, match="DIVISION_BY_ZERO"):
                run(f"SELECT {x} / {y}")


@settings(max_examples=60, deadline=None)
@given(st.lists(decimals(12, 2), min_size=1, max_size=20))
def test_sums_and_averages_of_decimals(run, values):
    listed = ", ".join(f"(cast({literal(value, 2)} as decimal(12,2)))" for value in values)
    kinds, rows = run(f"SELECT sum(x), avg(x), sum(x) / count(*), round(sum(x) / count(*), 1) FROM (VALUES {listed}) v (x)")
    mean = half_up(sum(values) / len(values), 2)
    assert kinds == ["decimal(38,2)", "decimal(12,2)", "decimal(38,2)", "decimal(38,2)"]
    assert rows == [(sum(values), mean, mean, half_up(mean, 1))]


@settings(max_examples=200, deadline=None)
@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1).filter(bool))
def test_integer_division_cuts_toward_zero(run, a, b):
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    _, rows = run(f"SELECT bigint '{a}' / bigint '{b}', bigint '{a}' % bigint '{b}'")
    assert rows == [(quotient, a - quotient * b)]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_shown_double_is_the_same_double(value):
    shown = results.java_double(value)
    assert float(shown) == value
    assert ("E" in shown) == (value != 0 and not 1e-3 <= abs(value) < 1e7)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (100.0, "100.0"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (0.001, "0.001"),
        (0.00099, "9.9E-4"),
        (1.5e300, "1.5E300"),
        (float("inf"), "Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_doubles_as_java_writes_them(value, shown):
    assert results.java_double(value) == shown


@settings(max_examples=60, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_cast_to_text_keeps_its_value(run, value):
    _, [(text,)] = run(f"SELECT cast(double '{value!r}' as varchar)")
    assert float(text) == value
    assert "E" in text


texts = st.one_of(st.none(), st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8))


@given(st.lists(st.tuples(texts, texts), max_size=12))
def test_a_result_file_gives_back_what_was_written(rows):
    rows = [tuple(None if cell is None else cell.replace("\r", "") for cell in row) for row in rows]
    table = pa.table({"c0": pa.array([row[0] for row in rows], pa.string()), "c1": pa.array([row[1] for row in rows], pa.string())})
    read = results.from_csv(results.to_csv(table, ["a", 'b "x"']), 2)
    assert list(zip(*(column.to_pylist() for column in read.columns), strict=True)) == rows


@given(st.integers(0, 30), st.integers(1, 12), st.booleans())
def test_pages_together_are_the_result(count, size, header):
    shown = pa.table({"c0": pa.array([str(i) for i in range(count)], pa.string())})
    found, start = [], 0
    while start is not None:
        rows, start = results.page(shown, ["n"], header, start, size)
        found += [row["Data"][0]["VarCharValue"] for row in rows]
    assert found == (["n"] if header else []) + [str(i) for i in range(count)]


@pytest.mark.parametrize(
    "text",
    [
        "decimal(12,2)",
        "varchar",
        "varchar(10)",
        "array(integer)",
        "map(varchar, array(bigint))",
        "row(a integer, b varchar)",
        "timestamp(3) with time zone",
    ],
)
def test_types_are_read_as_they_are_written(text):
    assert str(t.parse(text)) == text


@pytest.mark.parametrize(
    ("hive", "trino"),
    [
        ("string", "varchar"),
        ("int", "integer"),
        ("array<struct<a:int,b:map<string,double>>>", "array(row(a integer, b map(varchar, double)))"),
        ("float", "real"),
    ],
)
def test_hive_types(hive, trino):
    assert str(t.parse(hive)) == trino
    assert t.hive(t.parse(hive)) == hive
