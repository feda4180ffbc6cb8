"""SQL sees the catalog's tables and nothing of the machine."""

import duckdb
import pytest

from localcloud.athena import duck


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "/etc/passwd"',
        "SELECT read_text('/etc/passwd')",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM hw_partitions",
        "SELECT hw_divide(1, 2, 3)",
        "SELECT error('x')",
        "SELECT * FROM glob('/*')",
        "SELECT current_setting('threads')",
    ],
)
def test_duckdb_cannot_be_reached(ask, sql):
    try:
        outcome = ask(sql)
    except ask.athena.exceptions.InvalidRequestException:
        return
    assert outcome.state == "FAILED"
    assert "root:" not in outcome.reason
    assert not outcome.reason.startswith("GENERIC_INTERNAL_ERROR")


@pytest.mark.parametrize("name", ['x"; DROP TABLE y; --', "a b", "select", "sémi;colon", "c0", "t1"])
def test_names_are_only_names(ask, name):
    quoted = '"' + name.replace('"', '""') + '"'
    outcome = ask.ok(f"SELECT {quoted} FROM (SELECT 1 AS {quoted}) AS {quoted}")
    assert outcome.columns[0]["Name"] == name.lower()


@pytest.mark.parametrize("text", ["'; SELECT 1; --", "__hw_0_1__", "\\", "%", "{0}", "HW|CODE|x|WH"])
def test_texts_are_only_texts(ask, text):
    literal = "'" + text.replace("'", "''") + "'"
    assert ask.ok(f"SELECT {literal}, concat({literal}, 'x')").rows == [(text, text + "x")]


def test_duckdb_itself_is_locked(tmp_path):
    readable, scratch = tmp_path / "data", tmp_path / "scratch"
    for folder in (readable, scratch):
        folder.mkdir()
    (readable / "x.csv").write_text("a\n1\n")
    connection = duck.connect([readable], scratch)
    assert connection.sql(f"SELECT count(*) FROM read_csv('{readable}/x.csv')").fetchall() == [(1,)]
    hidden = tmp_path / "hidden.csv"
    hidden.write_text("a\n1\n")
    for sql in (
        f"SELECT * FROM read_csv('{hidden}')",
        f"SELECT * FROM read_csv('{readable}/../hidden.csv')",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        f"ATTACH '{tmp_path}/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(sql)
    secret = [1, 2, 3]  # a variable of this process is no table
    with pytest.raises(duckdb.Error):
        connection.sql("SELECT * FROM secret")
    assert secret
