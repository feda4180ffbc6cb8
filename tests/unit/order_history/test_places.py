"""Names of folders, and the job's arguments."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from order_history import places, settings
from order_history.places import Place

ARGUMENTS = {
    "raw": "s3://bucket/raw/",
    "curated": "s3://bucket/curated",
    "rejected": "s3://bucket/rejected/",
    "audit": "s3://bucket/deep/audit/",
    "database": "order_history_db",
    "table": "transformed_orders",
    "usd_rate": "0.012",
    "high_value_usd": "100",
    "require_customer": "false",
    "days": "new",
}


@pytest.mark.parametrize("name", ["United Kingdom", "a/b", "50%", "%2F", "a=b:c", "[x]^{y}", "Côte d’Ivoire 🌍", "tab\tx", "Unspecified"])
def test_a_partitions_folder_gives_its_value_back(name):
    folder = places.version_folder((name, "2026-11-21"), "r-1")
    assert folder.count("/") == 3
    file = places.curated_file("curated/", f"curated/{folder}arrived=2026-11-22/part-0.parquet", datetime.now(UTC))
    assert (file.partition, file.version, file.arrived) == ((name, "2026-11-21"), "r-1", "2026-11-22")
    place = Place("b", "curated/")
    assert places.version_of(place, place.url(folder)) == "r-1"


def test_names_are_escaped_as_spark_does(spark, tmp_path):
    names = [*(chr(code) for code in range(32, 128)), "é", "漢字", "🌍", "a b"]
    rows = spark.createDataFrame([(1, name) for name in names], "x int, name string")
    rows.coalesce(1).write.partitionBy("name").parquet(str(tmp_path / "out"))
    written = {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()}
    assert written == {f"name={places.escape(name)}" for name in names}


def test_what_is_not_of_the_layout_is_nobodys_partition():
    now = datetime.now(UTC)
    for key in ("curated/x.parquet", "curated/country_partition=a/x", "other/country_partition=a/date_partition=b/version=c/arrived=d/e"):
        assert places.curated_file("curated/", key, now) is None
    place = Place("b", "curated/")
    for location in ("s3://b/curated/", "s3://other/curated/country_partition=a/date_partition=b/version=c/", ""):
        assert places.version_of(place, location) is None


def test_the_arrival_day_is_in_a_files_address():
    assert places.day_of("s3://b/raw/year=2026/month=11/day=21/f.gz") == "2026-11-21"
    assert places.day_of("s3://b/raw/year%3D2026/month%3D11/day%3D21/f.gz") == "2026-11-21"
    assert places.day_of("s3://b/raw/year=2026/month=13/day=21/f.gz") is None
    assert places.day_of("s3://b/raw/f.gz") is None
    assert "s3://b/raw/" + places.day_folder("2026-01-02") == "s3://b/raw/year=2026/month=01/day=02/"


def test_arguments_become_values():
    found = settings.parse(ARGUMENTS | {"days": " 2026-11-22, 2026-11-21 ", "require_customer": "True"})
    assert found.curated == Place("bucket", "curated/")
    assert found.audit.url("x") == "s3://bucket/deep/audit/x"
    assert (found.usd_rate, found.days, found.require_customer) == (Decimal("0.012"), ("2026-11-21", "2026-11-22"), True)
    assert settings.parse(ARGUMENTS).days == settings.parse(ARGUMENTS | {"days": ""}).days == ()


def test_all_arguments_that_cannot_be_used_are_named_at_once():
    bad = {
        "raw": "raw/",
        "usd_rate": "1e3",
        "high_value_usd": "-1",
        "require_customer": "maybe",
        "days": "2026-02-30",
        "database": "a;b",
        "curated": "s3://bucket",
    }
    with pytest.raises(settings.SettingsError) as error:
        settings.parse({name: value for name, value in (ARGUMENTS | bad).items() if name != "table"})
    lines = str(error.value).splitlines()
    assert {line.split()[0] for line in lines} == {f"--{name}" for name in (*bad, "table")}
    assert "2026-02-30" in str(error.value)
    for rate in ("0", "10000", "0.0000001", "NaN", ""):
        with pytest.raises(settings.SettingsError, match="--usd_rate"):
            settings.parse(ARGUMENTS | {"usd_rate": rate})
