"""Partition projection: which partitions a table's properties make, which of them a query reads, and what Athena refuses."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.athena.errors import QueryError
from localcloud.athena.projection import Projection, outside
from localcloud.athena.projection.dates import DateFormat

NOW = datetime(2026, 11, 21, 19, 25, 30, tzinfo=UTC)


def projection(template=None, **columns):
    """A Projection of columns, each given as its properties: projection(n={"type": "integer", "range": "1,3"})."""
    parameters = {f"projection.{name}.{key}": value for name, given in columns.items() for key, value in given.items()}
    if template:
        parameters["storage.location.template"] = template
    keys = [{"Name": name} for name in columns]
    parameters["projection.enabled"] = "TRUE"
    return Projection({"Name": "t", "PartitionKeys": keys, "StorageDescriptor": {"Location": "s3://b/t"}, "Parameters": parameters})


def values(**columns):
    return ["/".join(texts) for texts, _ in projection(**columns).partitions(NOW)]


def dates(ends, pattern, **more):
    return {"type": "date", "range": ends, "format": pattern, **more}


HOURS = {"interval": "1", "interval.unit": "HOURS"}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ({"type": "enum", "values": "a,b, c,a"}, ["a", "b", " c"]),
        ({"type": " ENUM ", "values": "x"}, ["x"]),
        ({"type": "integer", "range": "1,3"}, ["1", "2", "3"]),
        ({"type": "integer", "range": " 08 , 11 ", "digits": "3", "interval": "2"}, ["008", "010"]),
        ({"type": "integer", "range": "-2,1"}, ["-2", "-1", "0", "1"]),
        ({"type": "integer", "range": "-1,0", "digits": "2"}, ["-01", "00"]),
        ({"type": "integer", "range": "3,1"}, []),
        (dates("2026/11/21/17,NOW", "yyyy/MM/dd/HH", **HOURS), ["2026/11/21/17", "2026/11/21/18", "2026/11/21/19"]),
        (dates("2026/11/21/19,NOW+1HOURS", "yyyy/MM/dd/HH", **HOURS), ["2026/11/21/19", "2026/11/21/20"]),
        (dates("NOW - 1 HOUR,NOW", "yyyy/MM/dd/HH", **HOURS), ["2026/11/21/18", "2026/11/21/19"]),
        (dates("NOW-2DAYS,NOW", "yyyy-MM-dd"), ["2026-11-19", "2026-11-20", "2026-11-21"]),
        (dates("NOW-1WEEK,NOW", "yyyy-MM-dd", interval="3"), ["2026-11-14", "2026-11-17", "2026-11-20"]),
        (dates("NOW-2MONTHS,NOW", "yyyy-MM"), ["2026-09", "2026-10", "2026-11"]),
        (dates("2024,NOW", "yyyy", **{"interval": "1", "interval.unit": "years"}), ["2024", "2025", "2026"]),
        (
            dates("2026-01-31,2026-04-30", "yyyy-MM-dd", **{"interval.unit": "MONTHS"}),
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
        ),
        (dates("20261030,20261102", "yyyyMMdd", **{"interval": "2", "interval.unit": "DAYS"}), ["20261030", "20261101"]),
        (dates("30 Oct 2026,1 Nov 2026", "d MMM yyyy"), ["30 Oct 2026", "31 Oct 2026", "1 Nov 2026"]),
        (dates("day 21 o'clock 18,NOW", "'day 'dd 'o''clock' HH", **HOURS), ["day 21 o'clock 18", "day 21 o'clock 19"]),
        (dates("2030-01-01,NOW", "yyyy-MM-dd"), []),
        (
            dates("2026-11-21-19-00,NOW", "yyyy-MM-dd-HH-mm", **{"interval": "10", "interval.unit": "minutes"}),
            ["2026-11-21-19-00", "2026-11-21-19-10", "2026-11-21-19-20"],
        ),
    ],
)
def test_values_of_a_column(column, expected):
    assert values(c=column) == expected


def test_a_range_of_years_that_ends_now_has_every_hour():
    found = projection(h=dates("2024/11/21/00,NOW", "yyyy/MM/dd/HH", **HOURS)).partitions(NOW)
    start = datetime(2024, 11, 21, tzinfo=UTC)
    assert [texts[0] for texts, _ in found] == [(start + timedelta(hours=n)).strftime("%Y/%m/%d/%H") for n in range(len(found))]
    assert found[-1][0] == ("2026/11/21/19",)


def test_columns_are_combined_and_put_into_the_template():
    made = projection("s3://b/x/${K}/n=${n}", k={"type": "enum", "values": "a,b"}, n={"type": "integer", "range": "1,2"})
    assert made.partitions(NOW) == [
        (("a", "1"), "s3://b/x/a/n=1"),
        (("a", "2"), "s3://b/x/a/n=2"),
        (("b", "1"), "s3://b/x/b/n=1"),
        (("b", "2"), "s3://b/x/b/n=2"),
    ]


def test_without_a_template_folders_are_those_of_hive():
    made = projection(k={"type": "enum", "values": "a b,c/d"}, n={"type": "integer", "range": "1,1"})
    assert [place for _, place in made.partitions(NOW)] == ["s3://b/t/k=a b/n=1/", "s3://b/t/k=c%2Fd/n=1/"]


@pytest.mark.parametrize(
    ("columns", "template", "message"),
    [
        (
            {"c": {}},
            None,
            "Table t is configured for partition projection, but the following partition columns are",
        ),
        ({"c": {"type": "enum"}}, None, "The 'projection.c.values' table property is required"),
        (
            {"c": {"type": "list"}},
            None,
            "The 'projection.c.type' table property must be one of enum, integer, date",
        ),
        ({"c": {"type": "integer"}}, None, "The 'projection.c.range' table property is required"),
        ({"c": {"type": "integer", "range": "1-3"}}, None, "The 'projection.c.range' table property must be two"),
        ({"c": {"type": "integer", "range": "1,NOW"}}, None, "The 'projection.c.range' table property must be two"),
        ({"c": {"type": "integer", "range": "1,3", "interval": "0"}}, None, "The 'projection.c.interval' table"),
        ({"c": {"type": "integer", "range": "1,3", "digits": "x"}}, None, "The 'projection.c.digits' table"),
        (
            {"c": {"type": "date", "range": "2026,NOW"}},
            None,
            "The 'projection.c.format' table property is required",
        ),
        ({"c": dates("2026/13/01,NOW", "yyyy/MM/dd")}, None, "The 'projection.c.range' table property must be two"),
        ({"c": dates("2026-01-01,NOW", "yyyy/MM/dd")}, None, "The 'projection.c.range' table property must be two"),
        (
            {"c": dates("2026-01-01,NOW+1EON", "yyyy-MM-dd")},
            None,
            "The 'projection.c.range' table property must be",
        ),
        ({"c": dates("2026/01/01/00,NOW", "yyyy/MM/dd/HH")}, None, "The 'projection.c.interval' and"),
        (
            {"c": dates("2026-01-01,NOW", "yyyy-MM-dd", **{"interval.unit": "EONS"})},
            None,
            "The 'projection.c.interval",
        ),
        ({"c": dates("2026-01-01,NOW", "yyyy-MM-dd'")}, None, "The 'projection.c.format' table property must be a"),
        ({"c": dates("Sat,NOW", "EEE")}, None, "the letter 'E' in the date format 'EEE'"),
        (
            {"c": {"type": "enum", "values": "a"}, "d": {"type": "enum", "values": "b"}},
            "s3://b/x/${c}/",
            "The 'storage.location.template' table property must contain templates for all partition columns!",
        ),
        ({"c": {"type": "enum", "values": "a"}}, "s3://b/${c}/${d}/", "The 'storage.location.template' table"),
    ],
)
def test_properties_that_do_not_fit_are_refused(columns, template, message):
    with pytest.raises(QueryError) as refused:
        projection(template, **columns)
    assert refused.value.code == ("NOT_SUPPORTED" if "'EEE'" in message else "INVALID_TABLE_PROPERTY")
    assert refused.value.detail.startswith(message)


def test_runaway_ranges_are_refused_not_run():
    long = {"type": "integer", "range": "0,999999999999999"}
    with pytest.raises(QueryError, match="more than 1,000,000 projected partitions"):
        projection(n=long).partitions(NOW)
    with pytest.raises(QueryError, match="more than 1,000,000 projected partitions"):
        projection(a={"type": "integer", "range": "1,2000"}, b={"type": "integer", "range": "1,2000"}).partitions(NOW)
    assert projection(n=long).partitions(NOW, {"n": [("=", [77])]}, {"n": "bigint"}) == [(("77",), "s3://b/t/n=77/")]
    around = {"n": [(">", [41]), ("<=", [43])]}
    assert [texts for texts, _ in projection(n=long).partitions(NOW, around, {"n": "bigint"})] == [("42",), ("43",)]


COMPARE = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
BOUNDS = st.lists(st.tuples(st.sampled_from(list(COMPARE)), st.integers(-3, 60)), max_size=3)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 30), st.integers(0, 40), st.integers(1, 7), st.integers(0, 3), BOUNDS, st.booleans())
def test_bounds_leave_out_only_what_they_exclude(low, width, interval, digits, bounds, as_text):
    """What is left has every value that fulfils the bounds; and no other one where values sort as the column does."""
    made = projection(n={"type": "integer", "range": f"{low},{low + width}", "interval": str(interval), "digits": str(digits or 1)})
    key, kind = (str, "varchar") if as_text else (int, "integer")
    given = [(operator, [key(value)]) for operator, value in bounds]
    everything = [texts[0] for texts, _ in made.partitions(NOW)]
    left = [texts[0] for texts, _ in made.partitions(NOW, {"n": given}, {"n": kind})]
    wanted = [text for text in everything if all(COMPARE[operator](key(text), constants[0]) for operator, constants in given)]
    assert set(wanted) <= set(left) <= set(everything)
    if not as_text:
        assert left == wanted


def test_dates_of_every_type_are_bounded():
    by_day = projection(d=dates("2000-01-01,NOW", "yyyy-MM-dd"))
    assert by_day.partitions(NOW, {"d": [(">=", ["2026-11-20"])]})[0][0] == ("2026-11-20",)
    assert by_day.partitions(NOW, {"d": [(">=", ["2026-11"])]})[0][0] == ("2026-11-01",)
    assert len(by_day.partitions(NOW, {"d": [("in", [date(2026, 11, 2), date(2026, 11, 9), None])]}, {"d": "date"})) == 2
    american = projection(d=dates("01/01/2026,NOW", "MM/dd/yyyy"))
    assert len(american.partitions(NOW, {"d": [(">", ["11/20/2026"])]})) == 325  # as texts these do not sort: nothing may be left out


@settings(max_examples=200, deadline=None)
@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))
def test_dates_that_are_written_are_read_again(moment):
    moment = moment.replace(tzinfo=UTC)
    for pattern in ("yyyy/MM/dd/HH/mm/ss.SSSSSS", "yyyyMMddHHmmssSSSSSS", "d.M.uuuu H:m:s,SSSSSS", "yy-MMMM-dd'T'HH-mm-ss-SSSSSS"):
        assert DateFormat(pattern).read(DateFormat(pattern).write(moment)) == moment
    assert DateFormat("yyyy/MM/dd/HH").write(moment) == moment.strftime("%Y/%m/%d/%H")


# --- objects outside


def table(**more):
    parameters = {
        "projection.enabled": "true",
        "projection.datehour.type": "date",
        "projection.datehour.format": "yyyy/MM/dd/HH",
        "projection.datehour.range": "2026/11/01/00,NOW",
        "projection.datehour.interval": "1",
        "projection.datehour.interval.unit": "HOURS",
        "storage.location.template": "s3://b/clicks/${datehour}/",
    }
    keys = [{"Name": "datehour", "Type": "string"}]
    return {
        "Name": "t",
        "PartitionKeys": keys,
        "StorageDescriptor": {"Location": "s3://b/clicks/", "Columns": [{"Name": "a", "Type": "int"}]},
        "Parameters": parameters | more,
    }


def test_objects_outside_the_projection_are_found():
    inside = ["clicks/2026/11/01/00/a.gz", "clicks/2026/11/21/19/a.gz", "clicks/2026/11/21/19/deeper/a.gz"]
    wrong = [
        "clicks/2026/10/31/23/before-the-start.gz",
        "clicks/2026/11/21/20/an-hour-to-come.gz",
        "clicks/2026/11/21/no-hour.gz",
        "clicks/2026/11/21/7/one-digit.gz",
        "clicks/2026/11/31/00/no-day.gz",
        "clicks/a.gz",
        "datehour=2026/11/21/19/a.gz",
    ]
    assert outside(table(), "b", [*inside, *wrong], NOW) == sorted(wrong)
    assert outside(table(), "another", inside, NOW) == inside
    assert outside(table(**{"projection.datehour.interval": "2"}), "b", inside, NOW) == inside[1:]


def test_a_table_without_projection_is_none_to_expand():
    with pytest.raises(ValueError, match=r"projection\.enabled is 'false', not 'true'"):
        Projection(table(**{"projection.enabled": "false"}))


# --- the engine


@pytest.fixture
def put(s3, bucket):
    def one(key, *rows):
        s3.put_object(Bucket=bucket, Key=key, Body="".join(json.dumps(row) + "\n" for row in rows).encode())

    return one


@pytest.fixture
def create(ask, bucket):
    """create(name, partition columns, properties) makes a JSON table over the bucket."""

    def one(name, partitions, **properties):
        listed = ", ".join(f"'{key}' = '{value}'" for key, value in {"projection.enabled": "true", **properties}.items())
        ask.ok(f"""CREATE EXTERNAL TABLE {name} (a int) PARTITIONED BY ({partitions})
            ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe' LOCATION 's3://{bucket}/{name}/' TBLPROPERTIES ({listed})""")

    return one


def hourly(bucket, ends="2024/01/01/00,NOW"):
    return {
        "projection.h.type": "date",
        "projection.h.format": "yyyy/MM/dd/HH",
        "projection.h.range": ends,
        "projection.h.interval": "1",
        "projection.h.interval.unit": "HOURS",
        "storage.location.template": f"s3://{bucket}/p/${{h}}/",
    }


@pytest.fixture
def clicks(create, put, bucket):
    """A table by hour with rows in six hours of two months, and one object that lies in none."""
    create("p", "h string", **hourly(bucket))
    for number, hour in enumerate(("2025/12/31/22", "2025/12/31/23", "2026/01/01/00", "2026/01/01/01", "2026/01/02/00", "2026/02/01/00")):
        put(f"p/{hour}/1.json", {"a": 10**number}, {"a": 10**number})
    put("p/2026/01/01/lost.json", {"a": -1})


@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ("h = '2026/01/01/00'", ["2026/01/01/00"]),
        ("h IN ('2026/01/01/00', '2026/02/01/00', '2030/01/01/00', 'nonsense')", ["2026/01/01/00", "2026/02/01/00"]),
        ("h BETWEEN '2025/12/31/23' AND '2026/01/01/00'", ["2025/12/31/23", "2026/01/01/00"]),
        ("h < '2025/12/31/23' OR h >= '2026/02'", ["2025/12/31/22", "2026/02/01/00"]),
        ("h = '2026/01/01/00' OR h = '2026/01/01/01'", ["2026/01/01/00", "2026/01/01/01"]),
        ("h LIKE '2026/01/01/%'", ["2026/01/01/00", "2026/01/01/01"]),
        ("substr(h, 12) = '23'", ["2025/12/31/23"]),
        ("h > '2026/01/01/00' AND NOT (h = '2026/01/02/00')", ["2026/01/01/01", "2026/02/01/00"]),
        ("h = NULL", []),
        ("h >= date_format(timestamp '2026-01-01 23:30', '%Y/%m/%d/%H')", ["2026/01/02/00", "2026/02/01/00"]),
        ("h <> ''", ["2025/12/31/22", "2025/12/31/23", "2026/01/01/00", "2026/01/01/01", "2026/01/02/00", "2026/02/01/00"]),
    ],
)
def test_only_matching_projected_partitions_are_read(ask, clicks, condition, read):
    outcome = ask.ok(f"SELECT h, sum(a), count(*) FROM p WHERE {condition} GROUP BY h ORDER BY h")
    assert [row[0] for row in outcome.rows] == read
    assert all(row[2] == "2" for row in outcome.rows)
    sizes = {"2025/12/31/22": 9, "2025/12/31/23": 10, "2026/01/01/00": 11, "2026/01/01/01": 12, "2026/01/02/00": 13, "2026/02/01/00": 14}
    assert outcome.scanned == sum(2 * sizes[hour] for hour in read)


def test_views_joins_and_ctes_prune_projected_partitions_too(ask, clicks):
    ask.ok("CREATE VIEW v AS SELECT a AS x, h AS hour FROM p")
    for sql in (
        "SELECT sum(x) FROM v WHERE hour = '2025/12/31/22'",
        "WITH q AS (SELECT * FROM p) SELECT sum(q.a) FROM q JOIN (VALUES 1) w (one) ON one = 1 WHERE h = '2025/12/31/22'",
    ):
        outcome = ask.ok(sql)
        assert (outcome.rows, outcome.scanned) == ([("2",)], 18)


def test_objects_between_the_partitions_are_not_seen(ask, clicks):
    assert ask.ok("SELECT count(*), min(a) FROM p").rows == [("12", "1")]


def test_years_of_hours_are_not_listed_one_by_one(ask, clicks):
    """25,000 of them, of which a list call each would take most of a minute."""
    assert ask.ok("SELECT count(*) FROM p").execution["Statistics"]["EngineExecutionTimeInMillis"] < 10_000
    assert ask.ok("SELECT count(*) FROM p WHERE h >= '2026/02/01/00'").execution["Statistics"]["EngineExecutionTimeInMillis"] < 5_000


def test_registered_partitions_are_ignored_while_projection_is_on(ask, clicks, put, bucket):
    put("elsewhere/1.json", {"a": 5})
    ask.ok(f"ALTER TABLE p ADD PARTITION (h = '2026/01/01/00') LOCATION 's3://{bucket}/elsewhere/'")
    assert ask.ok("SELECT sum(a) FROM p WHERE h = '2026/01/01/00'").rows == [("200",)]
    assert ask.ok("SHOW PARTITIONS p").rows == [("h=2026/01/01/00",)]
    ask.ok("ALTER TABLE p SET TBLPROPERTIES ('projection.enabled' = 'false')")
    assert ask.ok("SELECT sum(a) FROM p").rows == [("5",)]


def test_partitions_that_are_projected_are_neither_shown_nor_found_by_repair(ask, clicks):
    assert ask.ok("SHOW PARTITIONS p").rows == []
    assert ask.ok("MSCK REPAIR TABLE p").rows == []
    assert ask.ok("SELECT count(*) FROM p").rows == [("12",)]


def test_a_range_that_ends_now_grows(ask, create, put, bucket):
    now = datetime.now(UTC)
    create("p", "h string", **hourly(bucket, "NOW-1DAYS,NOW"))
    for hours in (-25, -2, 0, 2):
        put(f"p/{now + timedelta(hours=hours):%Y/%m/%d/%H}/1.json", {"a": hours})
    assert ask.ok("SELECT a FROM p ORDER BY a").rows in ([("-2",), ("0",)], [("-25",), ("-2",), ("0",)])  # the hour may have just begun


def test_typed_columns_and_several_kinds(ask, create, put):
    create(
        "m",
        "k string, n int, d date",
        **{
            "projection.k.type": "enum",
            "projection.k.values": "a,b",
            "projection.n.type": "integer",
            "projection.n.range": "0,99",
            "projection.n.digits": "2",
            "projection.d.type": "date",
            "projection.d.range": "2026-01-01,2026-01-03",
            "projection.d.format": "yyyy-MM-dd",
        },
    )
    put("m/k=a/n=07/d=2026-01-02/x.json", {"a": 1})
    put("m/k=b/n=10/d=2026-01-03/x.json", {"a": 2})
    put("m/k=c/n=10/d=2026-01-03/x.json", {"a": 3})
    assert ask.ok("SELECT a, k, n, d FROM m ORDER BY a").rows == [("1", "a", "7", "2026-01-02"), ("2", "b", "10", "2026-01-03")]
    assert ask.ok("SELECT a FROM m WHERE n BETWEEN 5 AND 8 AND d < date '2026-01-03'").rows == [("1",)]
    assert ask.ok("SELECT a FROM m WHERE d = date '2026-01-03' AND k = 'b'").rows == [("2",)]


def test_injected_columns_need_an_equality(ask, create, put, bucket):
    create("i", "id string, n int", **{
        "projection.id.type": "injected",
        "projection.n.type": "integer",
        "projection.n.range": "1,2",
        "storage.location.template": f"s3://{bucket}/i/${{id}}/${{n}}",
    })  # fmt: skip
    put("i/x y/1/1.json", {"a": 1})
    put("i/z/2/1.json", {"a": 2})
    assert ask.ok("SELECT a, id, n FROM i WHERE id = 'x y'").rows == [("1", "x y", "1")]
    assert ask.ok("SELECT a FROM i WHERE id IN ('x y', 'z', 'none') AND n = 2").rows == [("2",)]
    assert ask.ok("SELECT a FROM i WHERE id = 'z' OR id = lower('Z')").rows == [("2",)]
    wanted = "CONSTRAINT_VIOLATION: For the injected projected partition column id, the WHERE clause must contain only static equality"
    for condition in ("1 = 1", "id > 'a'", "id = 'z' AND id < 'zz'", "id LIKE 'z%'", "id = cast(n AS varchar)", "id = 'z' OR n = 1"):
        assert ask.fails(f"SELECT a FROM i WHERE {condition}").startswith(wanted), condition


def test_wrong_properties_fail_the_query_and_not_the_statement(ask, create):
    create("w", "n int", **{"projection.n.type": "integer", "projection.n.range": "one,two"})
    assert ask.fails("SELECT * FROM w").startswith("INVALID_TABLE_PROPERTY: The 'projection.n.range' table property must be two whole")
    assert ask("SELECT * FROM w").execution["Status"]["AthenaError"]["ErrorCategory"] == 2
