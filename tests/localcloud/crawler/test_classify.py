"""Bytes → schema, without a cloud."""

import datetime
import decimal
import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from localcloud.crawler.classify import classify_parquet, classify_text
from localcloud.crawler.hive_types import merge, render


def of(text, classifiers=()):
    content = text.encode() if isinstance(text, str) else text
    return classify_text(content, len(content), classifiers)


def columns(schema):
    return {name: render(its_type) for name, its_type in schema.columns}


# -- CSV


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t", "\x01"])
def test_csv_with_a_header_is_found_by_its_delimiter(delimiter):
    rows = [["OrderID", "Amount", "Paid", "When"], ["A1", "10.5", "true", "2025-01-02"], ["A2", "7", "FALSE", "2025-01-03"]]
    schema = of("\n".join(delimiter.join(row) for row in rows) + "\n")
    assert schema.classification == "csv"
    assert schema.details["delimiter"] == delimiter
    assert schema.details["header"]
    assert columns(schema) == {"orderid": "string", "amount": "double", "paid": "boolean", "when": "string"}
    assert schema.rows == 2


def test_whole_numbers_in_csv_are_bigint_and_huge_ones_double():
    assert columns(of("a,b\n1,1\n2,99999999999999999999\n")) == {"a": "bigint", "b": "double"}


def test_a_number_among_words_makes_a_string():
    assert columns(of("a,b\n1,1\nx,2\n")) == {"a": "string", "b": "bigint"}


def test_csv_without_a_header_has_numbered_columns():
    schema = of("1,Ada\n2,Bob\n")
    assert not schema.details["header"]
    assert columns(schema) == {"col0": "bigint", "col1": "string"}
    assert schema.rows == 2


def test_a_first_row_unlike_no_other_is_no_header():
    # All is text: Glue cannot tell a header from data.
    assert columns(of("name,town\nAda,London\nBob,Paris\n")) == {"col0": "string", "col1": "string"}


def test_a_first_row_with_a_number_is_no_header():
    assert "col0" in columns(of("a,2024\nb,3\n"))


def test_a_first_row_with_a_very_long_cell_is_no_header():
    assert "col0" in columns(of(f"{'a' * 150},b\nx,1\n"))


def test_the_last_header_cell_may_be_empty():
    assert list(columns(of("a,b,\nx,1,\ny,2,\n"))) == ["a", "b", "col2"]


def test_quoted_cells_may_hold_delimiters_and_line_ends():
    schema = of('id,text,n\nA,"x, y",1\nB,"two\nlines",2\n')
    assert columns(schema) == {"id": "string", "text": "string", "n": "bigint"}
    assert schema.rows == 2


def test_empty_cells_say_nothing_about_the_type():
    assert columns(of("a,b\n,1\n3,\n")) == {"a": "bigint", "b": "bigint"}


def test_a_repeated_header_name_gets_a_number():
    assert list(columns(of("a,A,b\nx,y,1\n"))) == ["a", "a_1", "b"]


def test_a_byte_order_mark_and_crlf_are_no_part_of_names():
    assert list(columns(of("\ufeffa,b\r\nx,1\r\n"))) == ["a", "b"]


@pytest.mark.parametrize("text", ["just one line,here\n", "a\nb\nc\n", "some prose\nwith, a comma\nand none, or, three\n", ""])
def test_what_is_no_table_is_unknown(text):
    assert of(text).classification == "UNKNOWN"


def test_bytes_that_are_no_text_are_unknown():
    assert of(bytes(range(256)) * 10).classification == "UNKNOWN"


def test_of_a_long_file_the_cut_row_is_left_out():
    content = b"a,b\n" + b"x,1\n" * 100 + b"y,not a numb"
    assert columns(classify_text(content, 10**9)) == {"a": "string", "b": "bigint"}


def classifier(**members):
    return {"CsvClassifier": {"Name": "c", **members}}


def test_a_custom_classifier_may_say_that_there_is_a_header():
    assert list(columns(of("name,town\nAda,London\n", [classifier(ContainsHeader="PRESENT")]))) == ["name", "town"]


def test_a_custom_classifier_may_name_the_columns_and_their_types():
    custom = classifier(ContainsHeader="ABSENT", Header=["n", "d"], CustomDatatypeConfigured=True, CustomDatatypes=["int", "date"])
    assert columns(of("1,2025-01-01\n2,2025-01-02\n", [custom])) == {"n": "int", "d": "date"}


def test_with_opencsvserde_all_columns_are_strings():
    schema = of('a,b\n"x",1\n', [classifier(QuoteSymbol='"')])
    assert columns(schema) == {"a": "string", "b": "string"}
    assert schema.details["serde"] == "OpenCSVSerDe"


# -- JSON


def test_json_lines():
    schema = of('{"id": 1, "Name": "a", "big": 3000000000, "price": 1.5, "ok": true, "none": null}\n{"id": 2, "extra": [1, 2]}\n')
    assert schema.classification == "json"
    assert columns(schema) == {
        "id": "int",
        "name": "string",
        "big": "bigint",
        "price": "double",
        "ok": "boolean",
        "none": "string",
        "extra": "array<int>",
    }
    assert schema.rows == 2


def test_nested_json():
    schema = of('{"a": {"B": 1, "c": [{"d": 1}]}}\n{"a": {"B": 2.5, "c": [{"e": "x"}]}}\n')
    assert columns(schema) == {"a": "struct<B:double,c:array<struct<d:int,e:string>>>"}


def test_json_over_several_lines():
    assert columns(of('{\n  "a": 1\n}\n{\n  "a": 2\n}\n')) == {"a": "int"}


def test_a_json_array_is_one_column():
    assert columns(of('[{"a": 1}, {"a": 2, "b": "x"}]')) == {"array": "array<struct<a:int,b:string>>"}


def test_a_json_classifier_reads_the_arrays_items():
    custom = {"JsonClassifier": {"Name": "items", "JsonPath": "$[*]"}}
    assert columns(of('[{"a": 1}, {"b": "x"}]', [custom])) == {"a": "int", "b": "string"}
    inner = {"JsonClassifier": {"Name": "inner", "JsonPath": "$.data.rows[*]"}}
    assert columns(of('{"data": {"rows": [{"a": 1}]}}', [inner])) == {"a": "int"}


def test_of_a_long_json_file_the_cut_value_is_left_out():
    content = b'{"a": 1}\n' * 10 + b'{"a": "tex'
    assert columns(classify_text(content, 10**9)) == {"a": "int"}
    content = b'[{"a": 1}, {"a": 2}, {"a": "tex'
    assert columns(classify_text(content, 10**9)) == {"array": "array<struct<a:int>>"}


def test_broken_json_is_not_json():
    assert of('{"a": 1}\n{"a": \n').classification != "json"


# -- GZIP


def test_gzip_is_looked_into():
    content = gzip.compress(b"a,b\nx,1\n") + gzip.compress(b"y,2\n")
    schema = of(content)
    assert (schema.classification, schema.compression, schema.rows) == ("csv", "gzip", 2)


def test_a_cut_gzip_is_read_as_far_as_it_goes():
    rows = "".join(f"{at},{at * 7919 % 1000}.5\n" for at in range(50_000))
    content = gzip.compress(("id,v\n" + rows).encode())
    assert columns(classify_text(content[: len(content) // 2], len(content))) == {"id": "bigint", "v": "double"}


# -- Parquet


def parquet_tail(table):
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def test_every_type_of_parquet_has_its_type_in_the_catalog():
    some = [
        ("Text", pa.string(), "x", "string"),
        ("large", pa.large_string(), "x", "string"),
        ("raw", pa.binary(), b"x", "binary"),
        ("yes", pa.bool_(), True, "boolean"),
        ("i8", pa.int8(), 1, "tinyint"),
        ("i16", pa.int16(), 1, "smallint"),
        ("i32", pa.int32(), 1, "int"),
        ("i64", pa.int64(), 1, "bigint"),
        ("u8", pa.uint8(), 1, "smallint"),
        ("u16", pa.uint16(), 1, "int"),
        ("u32", pa.uint32(), 1, "bigint"),
        ("u64", pa.uint64(), 1, "decimal(20,0)"),
        ("f32", pa.float32(), 1.0, "float"),
        ("f64", pa.float64(), 1.0, "double"),
        ("money", pa.decimal128(12, 2), decimal.Decimal("1.00"), "decimal(12,2)"),
        ("day", pa.date32(), datetime.date(2025, 1, 1), "date"),
        ("when", pa.timestamp("us"), datetime.datetime(2025, 1, 1), "timestamp"),
        ("list", pa.list_(pa.int32()), [1], "array<int>"),
        ("map", pa.map_(pa.string(), pa.int64()), [("a", 1)], "map<string,bigint>"),
        ("struct", pa.struct([("A", pa.int32()), ("b", pa.string())]), {"A": 1, "b": "x"}, "struct<A:int,b:string>"),
        ("dictionary", pa.dictionary(pa.int32(), pa.string()), "x", "string"),
    ]
    table = pa.table([pa.array([value], its_type) for _, its_type, value, _ in some], names=[name for name, *_ in some])
    tail = parquet_tail(table)
    schema = classify_parquet(tail, len(tail))
    assert columns(schema) == {name.lower(): expected for name, _, _, expected in some}
    assert schema.rows == 1


def test_a_damaged_footer_is_unknown():
    tail = parquet_tail(pa.table({"a": [1]}))
    damaged = tail[:-60] + b"\0" * 40 + tail[-20:]
    assert classify_parquet(damaged, len(damaged)).classification == "UNKNOWN"


# -- types


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("int", "bigint", "bigint"),
        ("bigint", "double", "double"),
        ("date", "timestamp", "string"),
        (("decimal", 12, 2), ("decimal", 10, 4), "decimal(14,4)"),
        (("decimal", 12, 2), "int", "decimal(12,2)"),
        (("decimal", 12, 2), "bigint", "decimal(21,2)"),
        (("decimal", 12, 2), "double", "double"),
        (("decimal", 12, 2), "string", "string"),
        (("array", "int"), ("array", "string"), "array<string>"),
        (("array", None), ("array", "int"), "array<int>"),
        (("struct", (("a", "int"),)), ("struct", (("b", "int"),)), "struct<a:int,b:int>"),
        (("struct", (("a", "int"),)), "string", "string"),
        (None, "date", "date"),
    ],
)
def test_two_types_become_one(one, other, both):
    assert render(merge(one, other)) == both
    if "struct" not in both:
        assert render(merge(other, one)) == both
