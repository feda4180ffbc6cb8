"""Tables over files: Parquet, CSV, JSON; partitions; pruning; bytes scanned."""

import gzip
import io
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@pytest.fixture
def put(s3, bucket):
    """put(key, body) where a dict of columns or an Arrow table becomes Parquet."""

    def write(key, body, **options):
        if isinstance(body, dict | pa.Table):
            out = io.BytesIO()
            pq.write_table(body if isinstance(body, pa.Table) else pa.table(body), out, **options)
            body = out.getvalue()
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        return body

    return write


def chunks(body, *names):
    """Compressed bytes of the named columns' chunks."""
    metadata = pq.read_metadata(io.BytesIO(body))
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    return sum(
        group.column(i).total_compressed_size
        for group in groups
        for i in range(group.num_columns)
        if group.column(i).path_in_schema in names
    )


# --- Parquet


def test_parquet_types(ask, put, bucket):
    put(
        "t/x.parquet",
        {
            "a": pa.array([1, None], pa.int32()),
            "b": pa.array([2**40, -1]),
            "c": pa.array([1.5, 1e10]),
            "d": pa.array([Decimal("1.50"), Decimal("-2.25")], pa.decimal128(12, 2)),
            "e": pa.array([date(2025, 2, 1), None]),
            "f": pa.array([datetime(2025, 2, 1, 10, 0, 0, 123456), None], pa.timestamp("us")),
            "g": pa.array([True, False]),
            "h": pa.array([[1, 2], None]),
            "i": pa.array([{"x": 1, "y": "z"}, None]),
            "j": pa.array([b"ab", None]),
            "k": pa.array([[("m", 1)], None], pa.map_(pa.string(), pa.int32())),
        },
    )
    ask.ok(f"""CREATE EXTERNAL TABLE t (a int, b bigint, c double, d decimal(12,2), e date, f timestamp, g boolean,
        h array<bigint>, i struct<x:bigint,y:string>,
        j binary, k map<string,int>) STORED AS PARQUET LOCATION 's3://{bucket}/t/'""")
    outcome = ask.ok("SELECT * FROM t ORDER BY a")
    assert outcome.types == [
        "integer",
        "bigint",
        "double",
        "decimal(12,2)",
        "date",
        "timestamp",
        "boolean",
        "array",
        "row",
        "varbinary",
        "map",
    ]
    assert outcome.rows[0] == (
        "1",
        str(2**40),
        "1.5",
        "1.50",
        "2025-02-01",
        "2025-02-01 10:00:00.123",
        "true",
        "[1, 2]",
        "{x=1, y=z}",
        "61 62",
        "{m=1}",
    )
    assert outcome.rows[1] == (None, "-1", "1.0E10", "-2.25", None, None, "false", None, None, None, None)


def test_a_tables_column_is_found_by_name_and_may_be_missing(ask, put, bucket):
    put("t/1.parquet", {"b": ["x"], "A": [1]})
    put("t/2.parquet", {"a": [2]})
    ask.ok(f"CREATE EXTERNAL TABLE t (a bigint, b string, c double) STORED AS PARQUET LOCATION 's3://{bucket}/t'")
    assert ask.ok("SELECT * FROM t ORDER BY a").rows == [("1", "x", None), ("2", None, None)]


def test_narrower_integers_and_floats_are_widened(ask, put, bucket):
    put("t/1.parquet", {"a": pa.array([1], pa.int32()), "b": pa.array([1.5], pa.float32())})
    ask.ok(f"CREATE EXTERNAL TABLE t (a bigint, b double) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    assert ask.ok("SELECT a, b FROM t").rows == [("1", "1.5")]


def test_another_type_in_the_file_is_bad_data(ask, put, bucket):
    put("t/1.parquet", {"a": ["text"]})
    ask.ok(f"CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    assert ask.fails("SELECT a FROM t").startswith("HIVE_BAD_DATA: Field a's type STRING in parquet file s3://")


def test_a_file_that_is_no_parquet_is_bad_data(ask, put, bucket):
    put("t/1.parquet", b"these are not the bytes")
    ask.ok(f"CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    assert ask.fails("SELECT a FROM t").startswith("HIVE_BAD_DATA: Not valid Parquet file")


def test_bytes_scanned_are_the_used_columns_chunks(ask, put, bucket):
    body = put("t/1.parquet", {"a": list(range(5000)), "b": [f"text {i}" for i in range(5000)]})
    ask.ok(f"CREATE EXTERNAL TABLE t (a bigint, b string) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    assert ask.ok("SELECT sum(a) FROM t").scanned == chunks(body, "a")
    assert ask.ok("SELECT sum(x) FROM (SELECT a AS x, b AS y FROM t)").scanned == chunks(body, "a")
    assert ask.ok("WITH w AS (SELECT * FROM t) SELECT max(b) FROM w").scanned == chunks(body, "b")
    assert ask.ok("SELECT a FROM t WHERE b = 'text 7'").scanned == chunks(body, "a", "b")
    assert ask.ok("SELECT count(*) FROM t").scanned == 0
    assert ask.ok("SELECT a FROM t UNION ALL SELECT a FROM t").scanned == 2 * chunks(body, "a")


def test_row_groups_are_pruned_by_their_statistics(ask, put, bucket):
    body = put("t/1.parquet", {"a": list(range(10_000)), "d": [date(2025, 1, 1 + i // 1000) for i in range(10_000)]}, row_group_size=1000)
    ask.ok(f"CREATE EXTERNAL TABLE t (a bigint, d date) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    metadata = pq.read_metadata(io.BytesIO(body))
    size = {(g, c): metadata.row_group(g).column(c).total_compressed_size for g in range(10) for c in (0, 1)}
    assert ask.ok("SELECT a FROM t WHERE a BETWEEN 2500 AND 3100").scanned == size[2, 0] + size[3, 0]
    assert ask.ok("SELECT a FROM t WHERE a IN (5, 9999)").scanned == size[0, 0] + size[9, 0]
    outcome = ask.ok("SELECT sum(a) FROM t WHERE d >= date '2025-01-10' AND d < date '2025-01-10' + interval '1' month")
    assert (outcome.rows, outcome.scanned) == ([(str(sum(range(9000, 10_000))),)], size[9, 0] + size[9, 1])
    assert ask.ok("SELECT count(*) FROM (SELECT * FROM t) x WHERE x.a < 10").rows == [("10",)]


def test_hidden_and_empty_objects_are_no_data(ask, put, bucket):
    put("t/1.parquet", {"a": [1]})
    for key in ("t/_SUCCESS", "t/.hidden", "t/_temporary/x.parquet", "t/sub/"):
        put(key, b"x" if not key.endswith("/") else b"")
    put("t/deeper/2.parquet", {"a": [2]})
    put("t2/3.parquet", {"a": [3]})
    ask.ok(f"CREATE EXTERNAL TABLE t (a bigint) STORED AS PARQUET LOCATION 's3://{bucket}/t'")
    assert ask.ok("SELECT a FROM t ORDER BY a").rows == [("1",), ("2",)]


def test_an_overwritten_object_is_read_as_it_is_now(ask, put, s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ask.ok(f"CREATE EXTERNAL TABLE t (a bigint) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    for value in (1, 2, 3):
        put("t/x.parquet", {"a": [value]})
        assert ask.ok("SELECT a FROM t").rows == [(str(value),)]
    s3.delete_object(Bucket=bucket, Key="t/x.parquet")
    assert ask.ok("SELECT a FROM t").rows == []
    versions = s3.list_object_versions(Bucket=bucket, Prefix="t/")
    s3.delete_object(Bucket=bucket, Key="t/x.parquet", VersionId=versions["DeleteMarkers"][0]["VersionId"])
    assert ask.ok("SELECT a FROM t").rows == [("3",)]


@pytest.mark.parametrize("key", ["t/a b+c%20d.parquet", "t/é'q\".parquet", "t/[x]*?.parquet", "t//double.parquet", "t/x.meta.json"])
def test_awkward_keys_are_read(ask, put, bucket, key):
    put(key, {"a": [7]})
    ask.ok(f"CREATE EXTERNAL TABLE t (a bigint) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    assert ask.ok("SELECT a FROM t").rows == [("7",)]


def test_a_key_that_is_also_a_folder(ask, put, bucket):
    put("t/x", {"a": [1]})
    put("t/x/y.parquet", {"a": [2]})
    ask.ok(f"CREATE EXTERNAL TABLE t (a bigint) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    assert ask.ok("SELECT a FROM t ORDER BY 1").rows == [("1",), ("2",)]


def test_an_empty_table_has_no_rows(ask, bucket):
    ask.ok(f"CREATE EXTERNAL TABLE t (a bigint, b string) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    assert ask.ok("SELECT a, b FROM t").rows == []
    assert ask.ok("SELECT count(*), sum(a) FROM t").rows == [("0", None)]


# --- partitions


@pytest.fixture
def days(ask, put, bucket):
    """A table by day and country: 3 days × 2 countries, registered; one of them somewhere else."""
    bodies = {}
    for day in ("2025-01-01", "2025-01-02", "2025-01-03"):
        for country in ("de", "fr"):
            bodies[day, country] = put(f"p/day={day}/country={country}/x.parquet", {"a": [int(day[-1])] * 100, "n": list(range(100))})
    bodies["elsewhere"] = put("elsewhere/x.parquet", {"a": [9], "n": [0]})
    ask.ok(
        f"CREATE EXTERNAL TABLE p (a bigint, n bigint) PARTITIONED BY (day date, country string) STORED AS PARQUET LOCATION 's3://{bucket}/p/'"
    )
    ask.ok("MSCK REPAIR TABLE p")
    ask.ok(f"ALTER TABLE p ADD PARTITION (day = '2025-01-04', country = 'de') LOCATION 's3://{bucket}/elsewhere/'")
    return bodies


def test_partition_columns_have_their_types_and_values(ask, days):
    outcome = ask.ok("SELECT day, country, count(*), min(a) FROM p GROUP BY 1, 2 ORDER BY 1, 2")
    assert outcome.types[:2] == ["date", "varchar"]
    assert outcome.rows[0] == ("2025-01-01", "de", "100", "1")
    assert outcome.rows[-1] == ("2025-01-04", "de", "1", "9")
    assert len(outcome.rows) == 7


@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ("day = date '2025-01-02'", [("2025-01-02", "de"), ("2025-01-02", "fr")]),
        ("day > date '2025-01-02' AND country = 'fr'", [("2025-01-03", "fr")]),
        ("country IN ('fr') AND day < date_add('day', 1, date '2025-01-01')", [("2025-01-01", "fr")]),
        ("year(day) = 2024", []),
        ("upper(country) = 'FR' AND (day = date '2025-01-01' OR day = date '2025-01-03')", [("2025-01-01", "fr"), ("2025-01-03", "fr")]),
    ],
)
def test_only_matching_partitions_are_read(ask, days, condition, read):
    expected = sum(chunks(days[key], "a") for key in read)
    assert ask.ok(f"SELECT sum(a) FROM p WHERE {condition}").scanned == expected
    assert ask.ok(f"SELECT sum(x) FROM (SELECT a AS x, day, country FROM p) q WHERE {condition}").scanned == expected
    assert (
        ask.ok(f"WITH q AS (SELECT * FROM p) SELECT sum(q.a) FROM q JOIN (VALUES 1) v (one) ON one = 1 WHERE {condition}").scanned
        == expected
    )


def test_an_outer_joins_null_side_is_not_pruned_by_where(ask, days):
    rows = ask.ok(
        "SELECT v.d, p.a FROM (VALUES date '2025-01-01', date '1999-01-01') v (d) "
        "LEFT JOIN p ON p.day = v.d AND p.n = 0 AND p.country = 'de' WHERE p.day IS NULL"
    ).rows
    assert rows == [("1999-01-01", None)]


def test_nor_through_a_derived_table(ask, days):
    days_wanted = "(VALUES date '2025-01-01', date '1999-01-01') v (d)"
    joined = f"SELECT v.d, p.day, p.a FROM {days_wanted} LEFT JOIN p ON p.day = v.d AND p.n = 0 AND p.country = 'de'"
    assert ask.ok(f"SELECT d FROM ({joined}) q WHERE q.day IS NULL").rows == [("1999-01-01",)]
    assert ask.ok(f"WITH q AS ({joined}) SELECT d, a FROM q WHERE a IS NULL OR day > date '2025-01-02'").rows == [("1999-01-01", None)]


def test_a_limit_is_taken_before_an_outer_condition(ask, days):
    sql = "SELECT count(*) FROM (SELECT day FROM p ORDER BY day LIMIT 10) q WHERE day = date '2025-01-03'"
    assert ask.ok(sql).rows == [("0",)]
    ranked = "SELECT day AS k, rank() OVER (ORDER BY day) AS r FROM p WHERE n = 0 AND country = 'fr'"
    assert ask.ok(f"SELECT k FROM ({ranked}) q WHERE k = date '2025-01-02' AND r = 2").rows == [("2025-01-02",)]


def test_partition_values_that_hive_escapes(ask, put, bucket):
    put("q/k=a%2Fb/x.parquet", {"a": [1]})
    put("q/k=__HIVE_DEFAULT_PARTITION__/x.parquet", {"a": [2]})
    ask.ok(f"CREATE EXTERNAL TABLE q (a bigint) PARTITIONED BY (k string) STORED AS PARQUET LOCATION 's3://{bucket}/q/'")
    ask.ok("MSCK REPAIR TABLE q")
    assert ask.ok("SELECT a, k FROM q ORDER BY a").rows == [("1", "a/b"), ("2", None)]
    assert ask.ok("SELECT a FROM q WHERE k IS NULL").rows == [("2",)]


def test_many_partitions(ask, put, glue, bucket):
    inputs = []
    for number in range(60):
        put(f"m/n={number}/x.parquet", {"a": [number]})
        inputs.append(
            {
                "Values": [str(number)],
                "StorageDescriptor": {"Location": f"s3://{bucket}/m/n={number}/", "SerdeInfo": {"SerializationLibrary": PARQUET}},
            }
        )
    ask.ok(f"CREATE EXTERNAL TABLE m (a bigint) PARTITIONED BY (n int) STORED AS PARQUET LOCATION 's3://{bucket}/m/'")
    glue.batch_create_partition(DatabaseName=ask.database, TableName="m", PartitionInputList=inputs)
    assert ask.ok("SELECT count(*), sum(n), sum(a), count(DISTINCT n) FROM m WHERE n = a").rows == [("60", "1770", "1770", "60")]


def test_of_partitions_that_are_listed_together_each_has_its_own_objects(ask, put, bucket):
    ask(f"CREATE EXTERNAL TABLE v (a int) PARTITIONED BY (p string) STORED AS PARQUET LOCATION 's3://{bucket}/v/'")
    for number in range(10):
        put(f"v/p={number}/version=new/f.parquet", {"a": pa.array([number], pa.int32())})
        put(f"v/p={number}/version=old/f.parquet", {"a": pa.array([1000], pa.int32())})
        ask(f"ALTER TABLE v ADD PARTITION (p = '{number}') LOCATION 's3://{bucket}/v/p={number}/version=new/'")
    put("v/p=3/version=new/_temporary/f.parquet", {"a": pa.array([1000], pa.int32())})
    put("v/p=3/version=newer/f.parquet", {"a": pa.array([1000], pa.int32())})
    ask(f"ALTER TABLE v ADD PARTITION (p = 'all of 3') LOCATION 's3://{bucket}/v/p=3'")
    assert ask("SELECT count(*), sum(a) FROM v WHERE p <> 'all of 3'").rows == [("10", "45")]
    ask(f"ALTER TABLE v ADD PARTITION (p = 'all of 9') LOCATION 's3://{bucket}/v/p=9'")
    put("v/p=9/zz.parquet", {"a": pa.array([7], pa.int32())})
    assert ask("SELECT count(*), sum(a) FROM v WHERE p <> 'all of 3'").rows == [("13", str(45 + 9 + 1000 + 7))]
    assert ask("SELECT p, a FROM v WHERE p LIKE '%3' ORDER BY 1, 2").rows == [("3", "3"), *[("all of 3", a) for a in ("3", "1000", "1000")]]


def test_the_path_of_a_row(ask, put, days, bucket):
    outcome = ask.ok("""SELECT DISTINCT "$path", day FROM p WHERE country = 'fr' ORDER BY 1""")
    assert outcome.rows[0] == (f"s3://{bucket}/p/day=2025-01-01/country=fr/x.parquet", "2025-01-01")
    assert len(outcome.rows) == 3
    assert len(ask.ok("SELECT * FROM p LIMIT 1").columns) == 4
    assert ask.ok("""SELECT q."$path" FROM p q WHERE "$path" LIKE '%/elsewhere/%'""").rows == [(f"s3://{bucket}/elsewhere/x.parquet",)]
    put("c/1.csv", "1\n")
    ask.ok(f"CREATE EXTERNAL TABLE c (a int) ROW FORMAT DELIMITED LOCATION 's3://{bucket}/c/'")
    assert ask.ok("""SELECT a, "$path" FROM c""").rows == [("1", f"s3://{bucket}/c/1.csv")]
    ask.ok(f"CREATE EXTERNAL TABLE e (a int) STORED AS PARQUET LOCATION 's3://{bucket}/e/'")
    assert ask.ok("""SELECT "$path" FROM e""").rows == []


# --- text


def test_delimited_text(ask, put, bucket):
    put("c/1.csv", 'id;name;price;day\n1;plain;1.50;2025-01-01\n2;"quotes stay";x;not a day\n3;\\N\n4;a;2;2025-01-02;extra\n')
    put("c/2.csv.gz", gzip.compress(b"id;name\r\n5;zipped;0.5;2025-01-03\r\n"))
    ask.ok(f"""CREATE EXTERNAL TABLE c (id int, name string, price decimal(10,2), day date) ROW FORMAT DELIMITED FIELDS TERMINATED BY ';'
        LOCATION 's3://{bucket}/c/' TBLPROPERTIES ('skip.header.line.count' = '1')""")
    assert ask.ok("SELECT * FROM c ORDER BY id").rows == [
        ("1", "plain", "1.50", "2025-01-01"),
        ("2", '"quotes stay"', None, None),
        ("3", None, None, None),
        ("4", "a", "2.00", "2025-01-02"),
        ("5", "zipped", "0.50", "2025-01-03"),
    ]


def test_text_tables_count_whole_files(ask, put, bucket):
    body = "1,2\n3,4\n"
    put("c/1.csv", body)
    ask.ok(f"CREATE EXTERNAL TABLE c (a int, b int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://{bucket}/c/'")
    outcome = ask.ok("SELECT sum(a) FROM c")
    assert (outcome.rows, outcome.scanned) == ([("4",)], len(body))


def test_escaped_delimiters(ask, put, bucket):
    put("c/1.txt", "a\\,b,2\n")
    ask.ok(
        f"CREATE EXTERNAL TABLE c (a string, b int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY '\\\\' LOCATION 's3://{bucket}/c/'"
    )
    assert ask.ok("SELECT * FROM c").rows == [("a,b", "2")]


def test_opencsv(ask, put, bucket):
    put("o/1.csv", 'a,b,c\n"x, y","1","he said ""hi"""\nplain,2,\n')
    ask.ok(f"""CREATE EXTERNAL TABLE o (a string, b int, c string) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
        WITH SERDEPROPERTIES ('separatorChar' = ',', 'quoteChar' = '"')
        LOCATION 's3://{bucket}/o/' TBLPROPERTIES ('skip.header.line.count'='1')""")
    assert ask.ok("SELECT * FROM o ORDER BY b").rows == [("x, y", "1", 'he said "hi"'), ("plain", "2", "")]


def test_opencsv_does_not_read_words_as_numbers(ask, put, bucket):
    put("o/1.csv", "a,one\n")
    ask.ok(
        f"CREATE EXTERNAL TABLE o (a string, b int) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION 's3://{bucket}/o/'"
    )
    assert ask.fails("SELECT b FROM o") == "HIVE_BAD_DATA: Error parsing field value 'one' for field b"
    assert ask.ok("SELECT a FROM o").rows == [("a",)]


def test_a_gzip_file_that_is_none_fails(ask, put, bucket):
    put("c/1.csv.gz", b"plain")
    ask.ok(f"CREATE EXTERNAL TABLE c (a string) ROW FORMAT DELIMITED LOCATION 's3://{bucket}/c/'")
    assert ask.fails("SELECT * FROM c").startswith("HIVE_CURSOR_ERROR")


def test_a_missing_bucket_fails(ask):
    ask.ok("CREATE EXTERNAL TABLE c (a string) STORED AS PARQUET LOCATION 's3://no-such-bucket-here/c/'")
    assert ask.fails("SELECT * FROM c").startswith("HIVE_FILESYSTEM_ERROR")


def test_an_unknown_serde_fails(ask, glue, bucket):
    descriptor = {
        "Columns": [{"Name": "a", "Type": "string"}],
        "Location": f"s3://{bucket}/x/",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.orc.OrcSerde"},
    }
    glue.create_table(DatabaseName=ask.database, TableInput={"Name": "orc", "StorageDescriptor": descriptor})
    assert ask.fails("SELECT * FROM orc").startswith("NOT_SUPPORTED: the SerDe org.apache.hadoop.hive.ql.io.orc.OrcSerde")


# --- views


def test_views(ask, put, glue, bucket):
    body = put("t/1.parquet", {"a": [1, 2, 3], "b": ["x", "y", "z"]})
    ask.ok(f"CREATE EXTERNAL TABLE t (a bigint, b string) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    ask.ok("CREATE VIEW v AS SELECT a * 2 AS twice, b FROM t WHERE a > 1")
    outcome = ask.ok(f"SELECT w.twice FROM {ask.database}.v w ORDER BY 1", QueryExecutionContext={"Database": "default"})
    assert (outcome.rows, outcome.scanned) == ([("4",), ("6",)], chunks(body, "a"))
    table = glue.get_table(DatabaseName=ask.database, Name="v")["Table"]
    assert table["TableType"] == "VIRTUAL_VIEW"
    assert table["ViewOriginalText"].startswith("/* Presto View: ")
    assert [column["Type"] for column in table["StorageDescriptor"]["Columns"]] == ["bigint", "string"]
    assert "already exists" in ask.fails("CREATE VIEW v AS SELECT 1 AS one")
    ask.ok("CREATE OR REPLACE VIEW v AS SELECT count(*) AS n FROM t")
    assert ask.ok("SELECT n FROM v").rows == [("3",)]
    assert ask.ok("SHOW CREATE VIEW v").rows[0] == (f"CREATE VIEW {ask.database}.v AS",)
    ask.ok("DROP VIEW v")
    assert ask.fails("SELECT * FROM v").startswith("TABLE_NOT_FOUND")


def test_a_views_column_needs_a_name(ask):
    assert ask.fails("CREATE VIEW v AS SELECT 1").startswith("MISSING_COLUMN_NAME")


def test_a_view_that_names_itself_ends(ask):
    ask.ok("CREATE VIEW v AS SELECT 1 AS a")
    ask.ok("CREATE VIEW w AS SELECT a FROM v")
    ask.ok("CREATE OR REPLACE VIEW v AS SELECT a FROM w")
    assert ask.fails("SELECT * FROM v").startswith("VIEW_IS_RECURSIVE")
