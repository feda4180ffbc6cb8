"""GetPartitions' expressions, without a cloud."""

import pytest

from localcloud.partition_filter import FilterError, compile_filter

KEYS = [("year", "int"), ("month", "string"), ("day", "date"), ("price", "decimal(10,2)"), ("at", "timestamp"), ("other", "array<int>")]
VALUES = ("2024", "02", "2024-02-29", "9.50", "2024-02-29 10:00:00", "x")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("year = 2024", True),
        ("year = '2024'", True),
        ("YEAR = 2024", True),
        ("2023 < year", True),
        ("year > 999", True),  # as numbers, not as text
        ("year <> 2024", False),
        ("year != 2023", True),
        ("year >= 2024 AND year <= 2024", True),
        ("year = 2023 OR month = '02'", True),
        ("NOT (year = 2023 OR month = '02')", False),
        ("month in ('01', '02')", True),
        ("month not in ('01', '02')", False),
        ("year between 2020 and 2024", True),
        ("year not between 2020 and 2024", False),
        ("month like '0%'", True),
        ("month like '_'", False),
        ("month not like '1%'", True),
        ("month > '1'", False),  # as text
        ("day = '2024-02-29'", True),
        ("day < date '2024-03-01'", True),
        ("price = 9.5", True),
        ("price > 10", False),
        ("at > '2024-02-29 09:59:59'", True),
        ("year = 2024 and (month = '01' or (month = '02' and price < 10))", True),
        ("year = -5", False),
        ("month is null", False),
        ("month is not null", True),
        ("month = 'it''s'", False),
    ],
)
def test_an_expression(expression, expected):
    assert compile_filter(expression, KEYS)(VALUES) is expected


def test_a_value_that_is_not_of_its_keys_type_fails_every_comparison():
    default = ("__HIVE_DEFAULT_PARTITION__", *VALUES[1:])
    assert not compile_filter("year = 2024", KEYS)(default)
    assert not compile_filter("not (year = 2024)", KEYS)(default)
    assert not compile_filter("year not in (1)", KEYS)(default)
    assert compile_filter("year is null or year = 1", KEYS)(default)
    assert compile_filter("year = 2024 or month = '02'", KEYS)(default)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("town = 'x'", "town.* is not a partition key"),
        ("year = ", "cannot be parsed"),
        ("year", "is not a condition"),
        ("lower(month) = 'x'", "neither a partition key nor a literal"),
        ("year = 'abc'", "'abc' does not fit"),
        ("other = 1", "type array"),
        ("year in (select 1)", "not a condition|more than"),
        ("month like 'a%' escape '!'", "not a condition"),
        ("year = 1; month = '2'", "not a condition"),
    ],
)
def test_a_wrong_expression_is_refused_with_its_reason(expression, said):
    with pytest.raises(FilterError, match=said):
        compile_filter(expression, KEYS)
