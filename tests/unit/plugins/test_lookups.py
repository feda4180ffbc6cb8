"""Lookups: SQL files for named queries, and variables that nothing reads."""

import os
import socket

import boto3
import pytest
from ansible.errors import AnsibleError
from botocore.exceptions import ClientError
from moto import mock_aws

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


# -- where an API is


def rest_api(**options):
    given = {"stage": "v1", "url": "https://{id}.example/{stage}", **options}
    return load("lookup", "rest_api").LookupModule().run(["clicks"], **given)


@pytest.fixture
def gateway(monkeypatch):
    """API Gateway in this process."""
    monkeypatch.setattr(load("lookup", "rest_api"), "_found", {})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield boto3.client("apigateway")


def test_an_api_that_is_not_there_yet_is_empty_and_is_asked_for_again(gateway):
    assert rest_api(key="browser") == [{"id": "", "url": "", "key": ""}]
    made = gateway.create_rest_api(name="clicks")["id"]
    found = {"id": made, "url": f"https://{made}.example/v1"}
    assert rest_api(key="browser") == [found | {"key": ""}]
    value = gateway.create_api_key(name="browser", enabled=True)["id"]
    value = gateway.get_api_key(apiKey=value, includeValue=True)["value"]
    assert rest_api(key="browser") == [found | {"key": value}]


def test_what_was_found_is_asked_for_once(gateway):
    made = gateway.create_rest_api(name="clicks")["id"]
    found = rest_api()
    gateway.delete_rest_api(restApiId=made)
    assert rest_api() == found != rest_api(stage="v2")


def test_two_apis_of_one_name_are_an_error_that_names_both(gateway):
    ids = sorted(gateway.create_rest_api(name="clicks")["id"] for _ in range(2))
    with pytest.raises(AnsibleError, match=rf"2 REST APIs are called 'clicks' \({ids[0]}, {ids[1]}\)"):
        rest_api()


def test_without_aws_it_is_empty_and_the_environment_is_as_before(monkeypatch):
    before = dict(os.environ)
    with socket.socket() as closed:  # bound and not listening: nobody answers here
        closed.bind(("127.0.0.1", 0))
        environment = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed.getsockname()[1]}", "AWS_REGION": "us-east-1"}
        environment |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
        assert rest_api(environment=environment) == [{"id": "", "url": "", "key": ""}]
    assert dict(os.environ) == before


def test_an_api_gateway_that_is_busy_is_asked_again(gateway, monkeypatch):
    lookup = load("lookup", "rest_api")
    monkeypatch.setattr(lookup, "PAUSES", (0, 0))
    tries = iter([("TooManyRequestsException", 429), ("InternalFailure", 500)])

    def ask():
        for code, status in tries:
            raise ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetRestApis")
        return "found"

    assert lookup.while_busy(ask, ClientError) == "found"
    tries = iter([("AccessDeniedException", 403)])
    with pytest.raises(ClientError, match="AccessDenied"):
        lookup.while_busy(ask, ClientError)
