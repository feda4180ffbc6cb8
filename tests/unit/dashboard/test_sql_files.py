import importlib.util
import sys
from pathlib import Path

import pytest
from dashboard import sql_files
from dashboard.sql_files import Chart, ParameterError, SqlFileError

from tests.unit.dashboard.sample import SQL_DIR

GOOD = """-- title: Orders of {month:%B %Y}
-- description: One sentence: with a colon.
-- position: 7
-- chart: column x=day y=orders
-- chart: line x=day y=revenue
-- parameter: month type=month default=2025-02
-- parameter: least type=integer default=-5
-- placeholders: month least month
SELECT '?' AS a, "?" AS b, ? /* ? */ -- ?
FROM t WHERE m > ? AND n = ?
"""


def problems(text, name="some_query.sql"):
    with pytest.raises(SqlFileError) as caught:
        sql_files.parse(text, name)
    return caught.value.problems


def test_reads_every_part_of_a_header():
    query = sql_files.parse(GOOD, Path("sql/orders/by_day.sql"))
    assert (query.name, query.position, query.description, query.panel) == ("by_day", 7, "One sentence: with a colon.", True)
    assert query.charts == (Chart("column", "day", "orders"), Chart("line", "day", "revenue"))
    assert query.sql.startswith("SELECT '?'")
    assert query.sql.endswith("n = ?")
    assert query.title() == "Orders of February 2025"
    assert query.title({"month": "2024-12"}) == "Orders of December 2024"
    assert query.literals({"month": "2024-12"}) == ["'2024-12'", "-5", "'2024-12'"]


def test_one_parameter_for_one_placeholder_needs_no_placeholders_line():
    query = sql_files.parse("-- title: T\n-- parameter: name type=text default=a\nSELECT ?", "q.sql")
    assert query.literals({"name": "O'Neil'; DROP TABLE x --"}) == ["'O''Neil''; DROP TABLE x --'"]


def test_chart_none_and_a_statement_that_is_no_panel():
    query = sql_files.parse("-- title: T\n-- chart: none\n-- panel: no\nCREATE TABLE x (a int)", "q.sql")
    assert query.charts == ()
    assert query.panel is False


def test_the_statement_of_a_table_is_no_query_but_its_header_counts(tmp_path):
    (tmp_path / "totals.sql").write_text("-- title: Totals\nSELECT 1")
    table = tmp_path / "create_table.sql"
    table.write_text("-- kind: table\n-- title: T\nCREATE EXTERNAL TABLE t (a int) LOCATION '${location}'")
    assert [query.name for query in sql_files.load_folder(tmp_path)] == ["totals"]
    assert sql_files.parse(table.read_text(), table).kind == "table"
    table.write_text("-- kind: table\nCREATE EXTERNAL TABLE t (a int)")
    with pytest.raises(SqlFileError, match="no title"):
        sql_files.load_folder(tmp_path)


def test_checks_are_in_a_folder_of_their_own(tmp_path):
    check = "-- title: Doubles of {days} days\n-- description: In {days} days.\n-- severity: warning\n-- remedy: Delete one.\n"
    check += "-- parameter: days type=integer default=7\nSELECT ?"
    (tmp_path / "doubles.sql").write_text(check)
    (found,) = sql_files.load_folder(tmp_path, kind="check")
    assert (found.kind, found.severity, found.remedy) == ("check", "warning", "Delete one.")
    assert (found.title({"days": "30"}), found.description_of({"days": "30"})) == ("Doubles of 30 days", "In 30 days.")
    with pytest.raises(SqlFileError, match=r"doubles.sql:1: severity makes it a check; move it to checks/"):
        sql_files.load_folder(tmp_path)
    (tmp_path / "doubles.sql").write_text("-- title: T\nSELECT 1")
    with pytest.raises(SqlFileError, match=r"doubles.sql:1: it is no check; add `-- severity: error`"):
        sql_files.load_folder(tmp_path, kind="check")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("SELECT 1", 1, "no title"),
        ("-- title:\nSELECT 1", 1, "no title"),
        ("-- title: T\n-- titel: T\nSELECT 1", 2, "unknown header key 'titel'"),
        ("-- title: T\n-- just a comment\nSELECT 1", 2, "a header line is"),
        ("-- title: T\n-- title: U\nSELECT 1", 2, "twice"),
        ("-- title: T", 2, "no SQL"),
        ("-- title: T {month}\nSELECT 1", 1, "no parameter"),
        ("-- title: T {n:%B}\n-- parameter: n type=integer default=1\nSELECT ?", 1, "only months and dates"),
        ("-- title: T {\nSELECT 1", 1, "stray brace"),
        ("-- title: T\n-- position: first\nSELECT 1", 2, "whole number"),
        ("-- title: T\n-- panel: maybe\nSELECT 1", 2, "yes or no"),
        ("-- title: T\n-- kind: view\nSELECT 1", 2, "query or table"),
        ("-- title: T\n-- description: of {n}\nSELECT 1", 2, "the description names 'n'"),
        ("-- title: T\n-- severity: grave\n-- remedy: R\nSELECT 1", 2, "error or warning; it is 'grave'"),
        ("-- title: T\n-- severity: error\nSELECT 1", 2, "needs `-- remedy: …`"),
        ("-- title: T\n-- severity: error\n-- remedy:\nSELECT 1", 2, "needs `-- remedy: …`"),
        ("-- title: T\n-- remedy: R\nSELECT 1", 2, "remedy is for checks"),
        ("-- title: T\n-- severity: error\n-- remedy: R\n-- chart: none\nSELECT 1", 4, "a check has no chart"),
        ("-- title: T\n-- chart: pie x=a y=b\nSELECT 1", 2, "unknown chart 'pie'"),
        ("-- title: T\n-- chart: bar x=a\nSELECT 1", 2, "x=… y=…"),
        ("-- title: T\n-- parameter: month type=moon default=1\nSELECT ?", 2, "unknown parameter type 'moon'"),
        ("-- title: T\n-- parameter: month type=month default=2025-13\nSELECT ?", 2, "a month as YYYY-MM"),
        ("-- title: T\n-- parameter: refresh type=text default=a\nSELECT ?", 2, "not `refresh`"),
        ("-- title: T\nSELECT ?", 2, "the SQL has 1 `?`"),
        ("-- title: T\n-- parameter: a type=text default=a\nSELECT 1", 3, "used by no `?`"),
        ("-- title: T\n-- parameter: a type=text default=a\nSELECT ?, ?", 3, "the SQL has 2 `?`"),
        ("-- title: T\n-- parameter: a type=text default=a\n-- placeholders: b\nSELECT ?", 3, "names 'b'"),
        (
            "-- title: T\n-- parameter: a type=text default=a\n-- parameter: a type=text default=b\n-- placeholders: a\nSELECT ?",
            1,
            "declared twice",
        ),
    ],
)
def test_an_error_names_file_and_line(text, line, words):
    found = problems(text)
    assert any(problem.startswith(f"some_query.sql:{line}: ") and words in problem for problem in found), found


def test_all_problems_of_all_files_at_once(tmp_path):
    (tmp_path / "one.sql").write_text("-- chart: pie x=a y=b\nSELECT 1")
    (tmp_path / "two.sql").write_bytes(b"-- title: \xff\nSELECT 1")
    (tmp_path / "Three.sql").write_text("-- title: T\nSELECT 1")
    with pytest.raises(SqlFileError) as caught:
        sql_files.load_folder(tmp_path)
    text = str(caught.value)
    assert len(caught.value.problems) == 4
    assert all(words in text for words in ("no title", "unknown chart", "not UTF-8", "'Three'"))


def test_queries_are_ordered_by_position_then_name(tmp_path):
    for name, position in (("b", 2), ("a", 2), ("z", 1)):
        (tmp_path / f"{name}.sql").write_text(f"-- title: T\n-- position: {position}\nSELECT 1")
    assert [query.name for query in sql_files.load_folder(tmp_path)] == ["z", "a", "b"]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("month", ["2025-02", "1999-12"], ["2025-2", "2025-00", "2025-13", "202502", "2025-02-01", "", "２０２５-02", "2025-02\n"]),
        ("date", ["2024-02-29"], ["2023-02-30", "20240229", "2024-2-9", "2024-W01-1"]),
        ("integer", ["0", "-12", "999999999999999999"], ["1.0", "1e3", "+1", " 1", "9999999999999999999", "١"]),
        ("text", ["a", "é'\"", "x" * 100], ["", "x" * 101, "a\x00b", "a\nb"]),
    ],
)
def test_parameter_types(kind, good, bad):
    parameter = sql_files.Parameter("p", kind, good[0])
    for text in good:
        parameter.value(text)
    for text in bad:
        with pytest.raises(ParameterError, match=r"^p must be "):
            parameter.value(text)


def test_the_orders_have_their_five_questions():
    queries = sql_files.load_folder(SQL_DIR / "orders")
    assert [(query.name, query.title()) for query in queries] == [
        ("total_sales_by_customer", "Total Sales by Customer"),
        ("monthly_order_volume_and_revenue", "Monthly Order Volume and Revenue"),
        ("order_status_dashboard", "Order Status Dashboard"),
        ("average_order_value_per_customer", "Average Order Value per Customer"),
        ("top_10_largest_orders", "Top 10 Largest Orders in February 2025"),
    ]
    assert queries[-1].literals({"month": "2024-01"}) == ["'2024-01'", "'2024-01'"]


def test_loads_by_its_path_alone():
    """The deployer loads it so: by path, under another name, without the package."""
    spec = importlib.util.spec_from_file_location("headers_by_path", sql_files.__file__)
    module = importlib.util.module_from_spec(spec)
    before = set(sys.modules)
    spec.loader.exec_module(module)
    assert module.parse(GOOD, "q.sql").name == "q"
    assert not any(name.startswith(("flask", "boto", "dashboard")) for name in set(sys.modules) - before)
