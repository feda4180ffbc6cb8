"""The clickstream pipeline's table and questions, over rows of which the answers are known."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from dashboard import sql_files

from localcloud.athena.projection import outside
from tests.local_cloud import ROOT

SQL = ROOT / "sql" / "clickstream"
QUERIES = {query.name: query for query in sql_files.load_folder(SQL)}
STAMP = "%Y-%m-%dT%H:%M:%S"


def hours(number, **more):
    """So many hours ago."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=number, **more)


def click(element, seconds, menu, identity=None, arrived=None, late=1, **more):
    """A line as the transform writes it: made `late` seconds before it arrived, which is now if nothing else is said."""
    arrived = arrived or hours(0)
    made = (arrived - timedelta(seconds=late)).strftime(f"{STAMP}Z")
    line = {"element_clicked": element, "time_spent": seconds, "source_menu": menu, "created_at": made, "click_id": identity}
    line |= {"arrived_at": f"{arrived.strftime(STAMP)}.000Z", **more}
    return {name: value for name, value in line.items() if value is not None}


@pytest.fixture
def clicks(ask, s3, bucket):
    """clicks(rows) makes the table over them, each in the hour of its arrival; gives its name in the catalog."""
    statement = (SQL / "create_table.sql").read_text().replace("${location}", f"s3://{bucket}/clicks/")
    ask.ok(statement)

    def put(*rows):
        objects = {}
        for row in rows:
            objects.setdefault(row["arrived_at"][:13].replace("-", "/").replace("T", "/"), []).append(json.dumps(row, ensure_ascii=False))
        for hour, lines in objects.items():
            s3.put_object(Bucket=bucket, Key=f"clicks/{hour}/part.gz", Body=gzip.compress(("\n".join(lines) + "\n").encode()))

    return put


@pytest.fixture
def answer(ask):
    """answer(query's name, {parameter: value}) gives its rows."""

    def run(name, **given):
        query = QUERIES[name]
        parameters = query.literals({key: str(value) for key, value in given.items()})
        return ask.ok(query.sql, **({"ExecutionParameters": parameters} if parameters else {})).rows

    return run


@pytest.fixture
def lunch(clicks):
    """Nine lines that are seven clicks of the last day, and one of two days ago."""
    clicks(
        click("Ramen 🍜", 10, "Lunch", "a"),
        click("Ramen 🍜", 10, "Lunch", "a", hours(1)),  # sent twice: the earlier one counts
        click("Ramen 🍜", 21, "Dinner", "b", hours(2), late=90),
        click("Ramen 🍜", 21, "Dinner", "b", hours(2), late=90),
        click("Udon", 0, "Lunch", "c", hours(2), late=-30),
        click("Udon", 5, "Lunch", None, hours(3), late=7200),
        click("Udon", 5, "Lunch", None, hours(3), late=7200),  # without an id each line is a click
        click("Mochi", 86_400, "Dinner", "d", hours(5), late=3 * 86_400),
        click("Mochi", 1, "Dinner", "e", hours(5), late=59, created_at_sent="sent otherwise"),
        click("Mochi", 1, "Dinner", "f", hours(48)),
    )


def test_clicks_by_element(lunch, answer):
    assert answer("clicks_by_element") == [("Udon", "3", "42.86"), ("Mochi", "2", "28.57"), ("Ramen 🍜", "2", "28.57")]
    assert answer("clicks_by_element", hours=50)[0] == ("Mochi", "3", "37.50")
    assert answer("clicks_by_element", hours=1) == [("Ramen 🍜", "1", "100.00")]


def test_time_spent_by_menu_item(lunch, answer):
    assert answer("time_spent_by_menu_item") == [
        ("Mochi", "86401", "43200.5", "86400", "2"),
        ("Ramen 🍜", "31", "15.5", "21", "2"),
        ("Udon", "10", "3.3", "5", "3"),
    ]


def test_clicks_per_hour(lunch, answer):
    rows = answer("clicks_per_hour", hours=5)
    assert [hour for hour, *_ in rows] == [hours(number).strftime("%Y-%m-%d %H:00") for number in range(5, -1, -1)]
    assert [tuple(map(int, counts)) for _, *counts in rows] == [(2, 1), (0, 0), (2, 1), (2, 2), (1, 1), (0, 0)]
    assert len(answer("clicks_per_hour")) == 25


def test_menus_compared(lunch, answer):
    assert answer("menus_compared") == [("Lunch", "4", "57.14", "2", "5.0"), ("Dinner", "3", "42.86", "2", "28807.3")]


def test_late_and_early_clicks(lunch, clicks, answer):
    assert answer("late_and_early_clicks") == [
        ("early", "1", "-30", "-30"),
        ("within a minute", "2", "1", "59"),
        ("within an hour", "1", "90", "90"),
        ("within a day", "2", "7200", "7200"),
        ("within a week", "1", "259200", "259200"),
        ("later", "0", None, None),
        ("unknown", "0", None, None),
    ]
    clicks(click("Udon", 1, "Lunch", late=9 * 86_400), click("Udon", 1, "Lunch", created_at="yesterday"))
    found = {row[0]: row[1:] for row in answer("late_and_early_clicks", hours=1)}
    assert (found["later"], found["unknown"]) == (("1", "777600", "777600"), ("1", None, None))


def test_the_last_minutes(clicks, answer):
    moment = datetime.now(UTC).replace(microsecond=0)
    clicks(
        *(
            click("Udon", 1, "Lunch", identity, moment - timedelta(minutes=minutes))
            for minutes, identity in ((3, "x"), (3, "y"), (9, None))
        ),
        click("Udon", 1, "Lunch", "x", moment - timedelta(minutes=2)),
        click("Udon", 1, "Lunch", "old", moment - timedelta(minutes=100)),
    )
    rows = answer("live")
    assert len(rows) == 16
    counts = {minute: (int(clicked), int(elements)) for minute, clicked, elements in rows}
    at = lambda minutes: (moment - timedelta(minutes=minutes)).strftime("%H:%M")  # noqa: E731 - used on the next lines only
    assert (counts[at(3)], counts[at(9)], counts[at(2)]) == ((2, 1), (1, 1), (0, 0))
    assert sum(clicked for clicked, _ in counts.values()) == 3


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_reads_its_hours_only(name, clicks, ask):
    """The table begins in the past, and hours that were not asked for must not be paid for."""
    clicks(click("Udon", 1, "Lunch", "a"), click("Udon", 2, "Lunch", "b", hours(30)))
    query = QUERIES[name]
    parameters = query.literals()
    outcome = ask.ok(query.sql, **({"ExecutionParameters": parameters} if parameters else {}))
    whole = ask.ok("SELECT max(time_spent) FROM my_ingested_data").scanned
    assert 0 < outcome.scanned < whole


@pytest.mark.parametrize("name", QUERIES)
def test_without_any_click_there_is_an_answer_too(name, clicks, answer):
    rows = answer(name)
    assert all(row[1] == "0" for row in rows)


def test_the_tables_rule_holds_the_objects_that_firehose_writes(clicks, ask, glue, s3, bucket):
    """Firehose's own YYYY/MM/DD/HH/ (UTC) after the prefix, and a planted object that no query would ever see."""
    table = glue.get_table(DatabaseName=ask.database, Name="my_ingested_data")["Table"]
    now = hours(0)
    written = [f"clicks/{moment:%Y/%m/%d/%H}/clickstream-1-{moment:%Y-%m-%d-%H-%M-%S}-id.gz" for moment in (now, hours(1), hours(500))]
    lost = ["clicks/part.gz", f"clicks/{now:%Y/%m/%d}/part.gz", f"clicks/datehour={now:%Y/%m/%d/%H}/part.gz"]
    lost.append("clicks/2025/12/31/23/part.gz")
    for key in (*written, *lost):
        s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(b'{"element_clicked": "x"}\n'))
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="clicks/")["Contents"]]
    assert outside(table, bucket, keys, datetime.now(UTC)) == sorted(lost)
    assert ask.ok("SELECT count(*) FROM my_ingested_data").rows == [("3",)]
