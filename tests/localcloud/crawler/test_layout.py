"""Folders → tables and partitions, without a cloud."""

import re

import pytest

from localcloud.crawler.globs import to_regex
from localcloud.crawler.layout import File, Grouping, tables
from localcloud.crawler.objects import PER_FOLDER, PER_TARGET, Object, choose
from localcloud.crawler.schema import Schema
from localcloud.crawler.tables import table_name

ORDERS = Schema("parquet", (("id", "string"), ("amount", "double"), ("day", "date")))
WIDER = Schema("parquet", (*ORDERS.columns, ("town", "string")))
PEOPLE = Schema("parquet", (("name", "string"), ("born", "date"), ("height", "int")))
JSON = Schema("json", ORDERS.columns)


def found(files, root="data/", **grouping):
    """prefix → (partition keys, partitions' values) of the tables for `files`, {path: schema}."""
    listed = [File(root + path, 10, schema) for path, schema in sorted(files.items())]
    return {table.prefix: (table.keys, [leaf.values for leaf in table.leaves]) for table in tables(root, listed, Grouping(**grouping))}


def test_files_of_one_kind_are_one_table():
    assert found({"a": ORDERS, "b": ORDERS}) == {"data/": ((), [()])}


def test_a_new_column_does_not_split_a_table():
    assert found({"a": ORDERS, "b": WIDER}) == {"data/": ((), [()])}


def test_files_of_two_kinds_are_a_table_each():
    assert set(found({"orders.parquet": ORDERS, "people.parquet": PEOPLE})) == {"data/orders.parquet", "data/people.parquet"}


def test_files_of_two_formats_are_a_table_each():
    assert len(found({"a": ORDERS, "b": JSON, "c": ORDERS})) == 3


def test_hive_folders_are_partitions():
    files = {f"year={year}/Month={month}/f": ORDERS for year in (2024, 2025) for month in ("01", "02")}
    assert found(files) == {"data/": (("year", "month"), [("2024", "01"), ("2024", "02"), ("2025", "01"), ("2025", "02")])}


def test_bare_folders_are_numbered_partitions():
    assert found({"2024/01/f": ORDERS, "2024/02/f": ORDERS}) == {
        "data/": (("partition_0", "partition_1"), [("2024", "01"), ("2024", "02")])
    }


def test_bare_and_hive_levels_mix():
    assert found({"eu/year=2024/f": ORDERS, "us/year=2024/f": ORDERS}) == {
        "data/": (("partition_0", "year"), [("eu", "2024"), ("us", "2024")])
    }


def test_escaped_partition_values_are_decoded():
    assert found({"t=10%3A30/f": ORDERS, "t=11/f": ORDERS})["data/"][1] == [("10:30",), ("11",)]


def test_folders_of_different_kinds_are_a_table_each():
    files = {"orders/year=2024/f": ORDERS, "orders/year=2025/f": ORDERS, "people/f": PEOPLE}
    assert found(files) == {"data/orders/": (("year",), [("2024",), ("2025",)]), "data/people/": ((), [()])}


def test_where_most_folders_are_alike_the_odd_one_is_a_partition_too():
    assert found({"a/f": ORDERS, "b/f": ORDERS, "c/f": PEOPLE}) == {"data/": (("partition_0",), [("a",), ("b",), ("c",)])}


def test_partitions_of_unlike_schemas_are_tables_unless_combined():
    files = {"year=2017/f": ORDERS, "year=2018/f": PEOPLE}
    assert set(found(files)) == {"data/year=2017/", "data/year=2018/"}
    assert found(files, combine=True) == {"data/": (("year",), [("2017",), ("2018",)])}


def test_formats_are_never_combined():
    assert set(found({"a/f": ORDERS, "b/f": JSON}, combine=True)) == {"data/a/", "data/b/"}


def test_files_beside_folders_are_tables_of_their_own():
    assert set(found({"a.parquet": ORDERS, "more/b.parquet": ORDERS})) == {"data/a.parquet", "data/more/"}


def test_combined_files_at_any_depth_are_one_table_without_partitions():
    assert found({"a": ORDERS, "more/b": ORDERS}, combine=True) == {"data/": ((), [()])}


def test_folders_of_different_depth_are_tables():
    assert set(found({"a/f": ORDERS, "b/c/f": ORDERS})) == {"data/a/", "data/b/"}


def test_a_table_level_keeps_tables_apart():
    files = {"sales/x/f": ORDERS, "returns/x/f": ORDERS}
    assert found(files, root="", level=2) == {
        "returns/": (("partition_0",), [("x",)]),
        "sales/": (("partition_0",), [("x",)]),
    }
    assert set(found(files, root="")) == {""}


@pytest.mark.parametrize("odd", [JSON, PEOPLE], ids=["another format", "other columns"])
def test_a_table_level_is_one_table_whatever_its_files_are_like(odd):
    files = {"raw/day=1/f": ORDERS, "raw/day=1/g": ORDERS, "raw/day=2/f": odd, "raw/day=2/g": ORDERS}
    assert found(files, root="", level=2) == {"raw/": (("day",), [("1",), ("2",)])}
    assert set(found(files, root="")) != {"raw/"}


def test_a_table_level_has_the_format_of_most_files():
    files = [File("raw/day=1/f", 10, ORDERS), File("raw/day=2/f", 10, JSON), File("raw/day=2/g", 10, JSON)]
    (table,) = tables("", files, Grouping(level=2))
    assert table.schema.classification == "json"


def test_files_not_looked_at_follow_the_others():
    assert found({"a/f": ORDERS, "b/f": None}) == {"data/": (("partition_0",), [("a",), ("b",)])}


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("processed/filtered_orders/", "filtered_orders"),
        ("Data/Filtered Orders-2/", "filtered_orders_2"),
        ("data/orders.csv.gz", "orders_csv_gz"),
        ("year=2017/", "year_2017"),
        ("", "my_bucket"),
    ],
)
def test_a_table_is_named_after_its_folder_file_or_bucket(prefix, name):
    assert table_name("my-bucket", prefix) == name
    assert table_name("my-bucket", prefix, "Pre_") == f"pre_{name}"


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.csv", "a.csv", True),
        ("*.csv", "sub/a.csv", False),
        ("**.csv", "sub/a.csv", True),
        ("sub/**", "sub/deep/a.csv", True),
        ("?.csv", "ab.csv", False),
        ("[a-c].csv", "b.csv", True),
        ("[!a-c].csv", "b.csv", False),
        ("{tmp,old}/*", "old/x", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        ("a.c", "abc", False),
    ],
)
def test_exclude_patterns(pattern, path, matches):
    assert bool(to_regex(pattern).fullmatch(path)) is matches


@pytest.mark.parametrize("pattern", ["[a", "{a,b"])
def test_an_open_bracket_in_an_exclude_pattern_is_refused(pattern):
    with pytest.raises(ValueError, match=re.escape(pattern)):
        to_regex(pattern)


def listed(folder, count, start=0):
    return [Object(f"{folder}/f{at:05}", 10, f"e{at}", float(start + at)) for at in range(count)]


def test_of_a_small_folder_everything_is_looked_at():
    assert len(choose(listed("a", PER_FOLDER))) == PER_FOLDER


def test_of_a_large_folder_the_newest_and_some_of_the_rest():
    objects = listed("a", 10_000)
    chosen = choose(objects)
    assert len(chosen) == len({item.key for item in chosen}) == PER_FOLDER
    assert set(objects[-PER_FOLDER // 2 :]) <= set(chosen)
    assert min(item.modified for item in chosen) < 1000


def test_of_very_many_folders_the_newest():
    objects = [item for at in range(3000) for item in listed(f"d{at:04}", 1, at)]
    chosen = choose(objects)
    assert len(chosen) == PER_TARGET
    assert objects[-1] in chosen


def test_a_targets_sample_size_is_files_in_each_folder():
    assert len(choose(listed("a", 50) + listed("b", 2), sample_size=3)) == 5
