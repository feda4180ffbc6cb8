"""Lookups: SQL files for named queries, and variables that nothing reads."""

import pytest
from ansible.errors import AnsibleError

from tests.unit.plugins.plugin_files import load

SQL = "-- title: Totals in {month:%B %Y}\n-- description: Sums\n-- parameter: month type=month default=2025-02\nSELECT ?\n"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A repository of its own for both lookups."""
    for name in ("sql_queries", "unknown_variables"):
        monkeypatch.setattr(load("lookup", name), "ROOT", tmp_path)
    (tmp_path / "sql" / "orders").mkdir(parents=True)
    (tmp_path / "sql" / "orders" / "totals.sql").write_text(SQL)
    spec = tmp_path / "roles" / "glue" / "meta"
    spec.mkdir(parents=True)
    options = "{glue_databases: {type: list}, glue_crawlers: {type: list}}"
    (spec / "argument_specs.yml").write_text(f"argument_specs: {{main: {{options: {options}}}}}\n")
    (tmp_path / "inventory" / "host_vars").mkdir(parents=True)
    return tmp_path


def sql_queries(*terms):
    return load("lookup", "sql_queries").LookupModule().run(list(terms))


def test_each_sql_file_of_an_entrys_folder_comes_with_the_entry(tree):
    entry = {"sql": "orders", "database": "db"}
    expected = (entry, {"name": "Totals in February 2025", "description": "Sums", "query": "SELECT ?"})
    assert sql_queries(entry) == [expected]
    assert sql_queries([entry, {**entry, "database": "two"}])[1][0]["database"] == "two"
    assert sql_queries([]) == []


def test_the_statement_of_a_table_is_no_named_query(tree):
    (tree / "sql" / "orders" / "create_table.sql").write_text("-- kind: table\n-- title: T\nCREATE EXTERNAL TABLE t (a int)\n")
    assert [query["name"] for _, query in sql_queries({"sql": "orders"})] == ["Totals in February 2025"]


def test_a_folder_that_is_missing_or_a_header_that_is_wrong_is_named(tree):
    with pytest.raises(AnsibleError, match="sql/nobody: there is no such folder"):
        sql_queries({"sql": "nobody"})
    (tree / "sql" / "orders" / "totals.sql").write_text("-- titel: x\nSELECT 1\n")
    with pytest.raises(AnsibleError, match=r"totals.sql:1: unknown header key 'titel'"):
        sql_queries({"sql": "orders"})


def unknown(tree, text, *hosts):
    (tree / "inventory" / "host_vars" / "orders.yml").write_text(text)
    return load("lookup", "unknown_variables").LookupModule().run(list(hosts or ["orders"]))


def test_options_of_roles_the_interface_and_a_hosts_own_variables_are_known(tree):
    assert unknown(tree, "glue_databases: []\npipeline_title: t\norders_database: d\nansible_host: h\n") == []
    assert unknown(tree, "", "orders", "no-file-of-its-own") == []


def test_a_misspelt_variable_is_named_with_the_nearest_known_one(tree):
    assert unknown(tree, "glue_datbases: []\nglue_crawlers: []\n") == [
        "inventory/host_vars/orders.yml sets 'glue_datbases', which nothing reads; did you mean glue_databases?"
    ]


def test_a_variable_like_no_other_gets_the_rule(tree):
    (problem,) = unknown(tree, "x: 1\n")
    assert problem.endswith("sets 'x', which nothing reads; a variable of its own begins with orders_")


# -- no_machines


def test_machines_that_are_not_wanted_are_the_reason(tmp_path):
    reason = load("lookup", "no_machines").reason
    for no in ("no", "No", False, "off", "0"):
        assert reason(no, str(tmp_path), str(tmp_path)) == "MACHINES=no was asked for"
    assert reason("no: apt found no mirror", str(tmp_path), str(tmp_path)) == "apt found no mirror"


def test_what_is_lacking_is_the_reason(tmp_path, monkeypatch):
    reason = load("lookup", "no_machines").reason
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "ssh not found" in reason("auto", str(tmp_path), str(tmp_path))
    (tmp_path / "ssh").touch(mode=0o755)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "machines need root" in reason("auto", str(tmp_path), str(tmp_path))
