"""JSON records become Parquet by a table's columns."""

import base64
import io
import json
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from localcloud.firehose import convert
from localcloud.firehose.hive_values import Unfit, fit, parse
from tests.localcloud.firehose.site import ERRORS

# column's type, JSON → value
FITS = [
    ("int", "1", 1),
    ("int", '"12"', 12),
    ("bigint", "1.0", 1),
    ("tinyint", "-128", -128),
    ("double", "1", 1.0),
    ("double", '"1.5"', 1.5),
    ("boolean", "true", True),
    ("boolean", '"FALSE"', False),
    ("string", '"x"', "x"),
    ("string", "1.50", "1.50"),
    ("string", '{"a": [1]}', '{"a": [1]}'),
    ("varchar(10)", '"x"', "x"),
    ("decimal(12,2)", "1.005", Decimal("1.01")),
    ("decimal(12,2)", "9007199254740993.10", None),
    ("decimal(20,2)", "9007199254740993.10", Decimal("9007199254740993.10")),
    ("date", '"2026-11-21"', date(2026, 11, 21)),
    ("timestamp", '"2026-11-21 10:30:05"', datetime(2026, 11, 21, 10, 30, 5)),
    ("timestamp", '"2026-11-21T10:30:05.123Z"', datetime(2026, 11, 21, 10, 30, 5, 123_000)),
    ("timestamp", "1795257005", datetime(2026, 11, 21, 10, 30, 5)),
    ("timestamp", "1795257005123", datetime(2026, 11, 21, 10, 30, 5, 123_000)),
    ("timestamp", "1795257005.5", datetime(2026, 11, 21, 10, 30, 5, 500_000)),
    ("array<int>", "[1, null]", [1, None]),
    ("map<string,int>", '{"a": 1}', [("a", 1)]),
    ("struct<a:int,b:array<string>>", '{"A": 1, "b": ["x"]}', {"a": 1, "b": ["x"]}),
    ("int", "null", None),
]


@pytest.mark.parametrize(("column", "text", "expected"), [row for row in FITS if row[2] is not None or row[1] == "null"])
def test_a_value_fits_its_column(column, text, expected):
    wanted = parse(column)
    made = fit(json.loads(text, parse_float=Decimal), wanted)
    assert made == expected
    assert pa.array([made], wanted).to_pylist() == [expected]


UNFIT = [
    ("int", "1.5"),
    ("int", "true"),
    ("int", "2147483648"),
    ("tinyint", "128"),
    ("double", '"x"'),
    ("boolean", "1"),
    ("decimal(12,2)", "9007199254740993.10"),
    ("decimal(3,1)", "100"),
    ("decimal(3,1)", '"NaN"'),
    ("date", '"2026-02-30"'),
    ("date", '"20261121"'),
    ("timestamp", '"21.11.2026"'),
    ("array<int>", "1"),
    ("struct<a:int>", "[1]"),
    ("array<int>", '["x"]'),
]


@pytest.mark.parametrize(("column", "text"), UNFIT)
def test_a_value_that_does_not_fit_is_refused(column, text):
    with pytest.raises(Unfit):
        fit(json.loads(text, parse_float=Decimal), parse(column))


@pytest.mark.parametrize("text", ["", "binary", "array<int", "struct<a>", "map<int>", "int>"])
def test_a_type_that_is_none_is_refused(text):
    with pytest.raises(Unfit):
        parse(text)


def settings(**openx):
    return {
        "SchemaConfiguration": {"DatabaseName": "d", "TableName": "t"},
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": openx}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
    }


COLUMNS = pa.schema([("id", pa.int64()), ("amount", pa.decimal128(12, 2))])


def rows(data, **openx):
    return convert.reader(settings(**openx))(data, COLUMNS)


def test_members_are_found_without_case_others_are_left_out_and_missing_ones_are_null():
    assert rows(b'{"ID": 1, "more": true}') == [{"id": 1, "amount": None}]
    assert rows(b'{"ID": 1, "amount": 2}', CaseInsensitive=False) == [{"id": None, "amount": Decimal("2.00")}]


def test_a_record_may_hold_several_documents():
    assert rows(b'{"id": 1}{"id": 2}\n {"id": 3}\n') == [{"id": number, "amount": None} for number in (1, 2, 3)]


def test_members_can_have_other_names():
    assert rows(b'{"number": 1}', ColumnToJsonKeyMappings={"id": "number"}) == [{"id": 1, "amount": None}]
    dotted = convert.reader(settings(ConvertDotsInJsonKeysToUnderscores=True))
    assert dotted(b'{"a.b": 1}', pa.schema([("a_b", pa.int64())])) == [{"a_b": 1}]


BAD = [
    (b"", convert.PARSE),
    (b"[1]", convert.PARSE),
    (b'{"id": 1', convert.PARSE),
    (b'{"id": NaN}', convert.PARSE),
    (b"\xff", convert.PARSE),
    (b"[" * 100_000, convert.PARSE),
    (b'{"id": "x"}', convert.MALFORMED),
    (b'{"id": 1}{"id": "x"}', convert.MALFORMED),
]


def test_rows_that_fit_are_written_and_the_others_are_handed_back():
    records = [(1, b'{"id": 1, "amount": 1.5}'), *((2, data) for data, _ in BAD), (3, b'{"id": 2}')]
    out = io.BytesIO()
    written, refused = convert.write(out, records, COLUMNS, settings())
    assert written == 2
    assert [(data, code) for _, data, code, _ in refused] == BAD
    table = pq.read_table(io.BytesIO(out.getvalue()))
    assert table.to_pylist() == [{"id": 1, "amount": Decimal("1.50")}, {"id": 2, "amount": None}]


def test_a_stream_writes_parquet_and_sets_aside_what_does_not_fit(site):
    glue, database = site.cloud.client("glue"), site.name.replace("-", "_")
    glue.create_database(DatabaseInput={"Name": database})
    columns = [{"Name": name, "Type": its_type} for name, its_type in (("id", "int"), ("amount", "decimal(12,2)"), ("at", "timestamp"))]
    site.create(
        Prefix="raw/",
        ErrorOutputPrefix=ERRORS,
        DataFormatConversionConfiguration={
            "Enabled": True,
            "SchemaConfiguration": {"RoleARN": site.role, "DatabaseName": database, "TableName": "lines"},
            **{member: value for member, value in settings().items() if member != "SchemaConfiguration"},
        },
    )
    site.put('{"id": 1, "amount": 0.1, "at": "2026-11-21 10:30:05"}', "no JSON")
    assert site.quiet(0.5) == []  # without the table the records wait
    glue.create_table(DatabaseName=database, TableInput={"Name": "lines", "StorageDescriptor": {"Columns": columns}})
    ((key, data),) = site.objects("raw/").items()
    assert key.endswith(".parquet")
    table = pq.read_table(io.BytesIO(data))
    assert table.to_pylist() == [{"id": 1, "amount": Decimal("0.10"), "at": datetime(2026, 11, 21, 10, 30, 5)}]
    assert pq.ParquetFile(io.BytesIO(data)).metadata.row_group(0).column(0).compression == "SNAPPY"
    (failed,) = site.errors("format-conversion-failed")
    assert (failed["lastErrorCode"], base64.b64decode(failed["rawData"])) == ("DataFormatConversion.ParseError", b"no JSON")
    assert failed["dataCatalogTable"] == {
        "catalogId": "000000000000",
        "databaseName": database,
        "tableName": "lines",
        "region": "us-east-1",
        "versionId": "LATEST",
        "catalogArn": None,
    }
