import json
import re

import pytest
from dashboard import config
from dashboard.config import ConfigError

from tests.unit.dashboard.account import make_auth
from tests.unit.dashboard.sample import CONFIG


def changed(**changes):
    return {**CONFIG, **changes}


def with_pipeline(**changes):
    return changed(pipelines=[{**CONFIG["pipelines"][0], **changes}])


def test_a_good_configuration_has_its_pipelines_with_their_queries():
    found = config.check(CONFIG)
    assert found.pipeline("orders").query("top_10_largest_orders").title() == "Top 10 Largest Orders in February 2025"
    assert (found.pipeline("nope"), found.pipeline("orders").query("nope")) == (None, None)
    assert found.audit_page_size == 50


def test_all_problems_are_told_at_once(tmp_path):
    wrong = with_pipeline(bucket="No Bucket", workgroup="", freshness_hours="24") | {"row_limit": 0, "colour": "red", "region": "here"}
    del wrong["title"]
    with pytest.raises(ConfigError) as caught:
        config.check(wrong, "dashboard.json")
    text = str(caught.value)
    assert text.startswith("dashboard.json cannot be used:")
    for words in (
        "pipelines[0].bucket must be a bucket's name; it is 'No Bucket'",
        "pipelines[0].workgroup must be",
        "pipelines[0].freshness_hours must be a number",
        "row_limit must be a whole number from 1 to 100000; it is 0",
        "colour is not a setting",
        "region must be an AWS region",
        "title is missing",
    ):
        assert words in text


@pytest.mark.parametrize("name", ["audit", "static", "healthz", "readyz", "metrics", "Orders", "a-b", ""])
def test_names_that_cannot_be_urls_are_refused(name):
    with pytest.raises(ConfigError, match=r"pipelines\[0\]\.name must be"):
        config.check(with_pipeline(name=name))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "must be a JSON object"),
        (changed(pipelines=[]), "at least one pipeline"),
        (changed(pipelines=["orders"]), r"pipelines\[0\] must be an object"),
        (changed(pipelines=CONFIG["pipelines"] * 2), "used twice"),
        (changed(sql_dir="/nowhere"), "sql_dir must be the path of a folder that exists"),
        (changed(cache_seconds=True), "cache_seconds must be a number"),
        (changed(endpoint_url="ftp://x"), "endpoint_url must be null"),
        (with_pipeline(audit_prefix="/audit"), "a prefix that ends with /"),
        (with_pipeline(name="nothing_there"), "nothing_there: there is no such folder"),
    ],
)
def test_what_is_wrong_is_named(data, words):
    with pytest.raises(ConfigError, match=words):
        config.check(data)


def test_a_pipeline_without_panels_is_a_problem(tmp_path):
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "create_table.sql").write_text("-- title: T\n-- panel: no\nCREATE TABLE x (a int)")
    with pytest.raises(ConfigError, match="there is no panel's SQL file"):
        config.check(changed(sql_dir=str(tmp_path)))


def test_problems_of_sql_files_are_problems_of_the_configuration(tmp_path):
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "bad.sql").write_text("SELECT 1")
    with pytest.raises(ConfigError, match=r"bad\.sql:1: the header has no title"):
        config.check(changed(sql_dir=str(tmp_path)))


def test_load_reads_the_file_that_the_environment_names(tmp_path):
    path = tmp_path / "dashboard.json"
    path.write_text(json.dumps(CONFIG))
    assert config.load({"DASHBOARD_CONFIG": str(path)}).title == "Headwater"
    path.write_text("{")
    with pytest.raises(ConfigError, match="is not JSON"):
        config.load({"DASHBOARD_CONFIG": str(path)})
    with pytest.raises(ConfigError, match=re.escape(f"DASHBOARD_CONFIG={tmp_path} cannot be read")):
        config.load({"DASHBOARD_CONFIG": str(tmp_path)})
    with pytest.raises(ConfigError, match="DASHBOARD_CONFIG is not set"):
        config.load({})


def test_auth_and_cache_dir_are_checked_with_their_files(tmp_path):
    good = make_auth(tmp_path)
    assert config.check(changed(auth=good, cache_dir=str(tmp_path))).auth.user == "viewer"
    assert config.check(changed(auth=None, cache_dir=None)).auth is None
    (tmp_path / "short").write_text("x" * 31 + "\n")
    for auth, words in [
        ({}, r"auth\.user is missing"),
        ([], "auth must be null, or an object with user"),
        ({**good, "colour": "red"}, r"auth\.colour is not a setting"),
        ({**good, "user": "a:b"}, r"auth\.user must be 1 to 64 letters"),
        ({**good, "user": "other"}, r"auth\.user is 'other', but auth\.password_file \S+ is for 'viewer'"),
        ({**good, "password_file": str(tmp_path / "nope")}, r"auth\.password_file \S+ cannot be used: No such file"),
        ({**good, "password_file": good["secret_key_file"]}, "a password file has one line, user:hash"),
        ({**good, "secret_key_file": str(tmp_path / "nope")}, r"auth\.secret_key_file \S+ cannot be read: No such file"),
        ({**good, "secret_key_file": str(tmp_path / "short")}, "must have at least 32 bytes; it has 31"),
    ]:
        with pytest.raises(ConfigError, match=words):
            config.check(changed(auth=auth))
    with pytest.raises(ConfigError, match="cache_dir must be null, or the path of a folder that exists"):
        config.check(changed(cache_dir="/nowhere"))
