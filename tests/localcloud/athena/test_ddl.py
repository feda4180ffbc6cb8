"""Statements other than SELECT."""

import pytest


def lines(outcome):
    return [row[0] for row in outcome.rows]


def test_databases(ask, glue):
    name = ask.database + "_more"
    ask.ok(f"CREATE DATABASE IF NOT EXISTS {name} COMMENT 'what it is' LOCATION 's3://some-bucket/x/' WITH DBPROPERTIES ('a' = 'b')")
    found = glue.get_database(Name=name)["Database"]
    assert (found["Description"], found["LocationUri"], found["Parameters"]) == ("what it is", "s3://some-bucket/x/", {"a": "b"})
    ask.ok(f"CREATE SCHEMA IF NOT EXISTS {name}")
    assert "already exists" in ask.fails(f"CREATE DATABASE {name}")
    assert name in lines(ask.ok("SHOW DATABASES"))
    assert lines(ask.ok(f"SHOW DATABASES LIKE '{ask.database}_*'")) == [name]
    ask.ok(f"CREATE EXTERNAL TABLE {name}.t (a int) STORED AS PARQUET LOCATION 's3://some-bucket/t/'")
    assert "is not empty" in ask.fails(f"DROP DATABASE {name}")
    ask.ok(f"DROP DATABASE {name} CASCADE")
    assert "does not exist" in ask.fails(f"DROP SCHEMA {name}")
    ask.ok(f"DROP DATABASE IF EXISTS {name}")


def test_create_table_writes_what_hive_would(ask, glue):
    execution = ask.ok("""
        CREATE EXTERNAL TABLE IF NOT EXISTS `Logs` ( -- a comment
          `Time` timestamp COMMENT 'when', amount decimal(12, 2), who struct<name: string, tags: array<string>>)
        COMMENT 'the logs' PARTITIONED BY (day string, n int)
        ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' NULL DEFINED AS ''
        STORED AS TEXTFILE LOCATION 's3://some-bucket/logs' TBLPROPERTIES ('skip.header.line.count' = '1');""").execution
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DDL", "CREATE_TABLE")
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    table = glue.get_table(DatabaseName=ask.database, Name="logs")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [
        {"Name": "time", "Type": "timestamp", "Comment": "when"},
        {"Name": "amount", "Type": "decimal(12,2)"},
        {"Name": "who", "Type": "struct<name:string,tags:array<string>>"},
    ]
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "string"}, {"Name": "n", "Type": "int"}]
    assert table["StorageDescriptor"]["Location"] == "s3://some-bucket/logs/"
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {
            "field.delim": "\t",
            "serialization.format": "\t",
            "escape.delim": "\\",
            "line.delim": "\n",
            "serialization.null.format": "",
        },
    }
    assert table["Parameters"] == {"EXTERNAL": "TRUE", "skip.header.line.count": "1", "comment": "the logs"}
    assert table["TableType"] == "EXTERNAL_TABLE"


def test_show_create_table_can_be_run_again(ask, glue):
    ask.ok("""CREATE EXTERNAL TABLE a (x int COMMENT 'it''s', y array<string>) PARTITIONED BY (d date)
        ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')
        LOCATION 's3://some-bucket/a/' TBLPROPERTIES ('k' = 'v')""")
    statement = "\n".join(lines(ask.ok("SHOW CREATE TABLE a")))
    ask.ok(statement.replace("`a`", "`b`", 1))
    one, two = (glue.get_table(DatabaseName=ask.database, Name=name)["Table"] for name in "ab")
    for part in ("StorageDescriptor", "PartitionKeys", "Parameters"):
        assert one[part] == two[part]


def test_showing(ask, bucket):
    ask.ok(
        "CREATE EXTERNAL TABLE t (a int COMMENT 'an a', b string) PARTITIONED BY (d date) STORED AS PARQUET LOCATION 's3://some-bucket/t/'"
    )
    ask.ok("CREATE VIEW v AS SELECT 1 AS one")
    assert lines(ask.ok("SHOW TABLES")) == ["t", "v"]
    assert lines(ask.ok(f"SHOW TABLES IN {ask.database} 't*'")) == ["t"]
    assert lines(ask.ok("SHOW VIEWS")) == ["v"]
    assert [line.strip() for line in lines(ask.ok("SHOW COLUMNS IN t"))] == ["a", "b", "d"]
    described = lines(ask.ok("DESCRIBE t"))
    assert [part.strip() for part in described[0].split("\t")] == ["a", "int", "an a"]
    assert "# Partition Information" in "".join(described)
    assert lines(ask.ok("SHOW TBLPROPERTIES t('EXTERNAL')")) == ["TRUE"]
    assert ask.ok("SHOW TABLES").execution["StatementType"] == "UTILITY"
    assert "Table not found" in ask.fails("DESCRIBE none")


def test_partitions(ask, glue):
    ask.ok("CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (d date, c string) STORED AS PARQUET LOCATION 's3://some-bucket/t/'")
    ask.ok("ALTER TABLE t ADD PARTITION (d = '2025-01-01', c = 'x') LOCATION 's3://some-bucket/far/' PARTITION (d = '2025-01-02', c = 'y')")
    assert lines(ask.ok("SHOW PARTITIONS t")) == ["d=2025-01-01/c=x", "d=2025-01-02/c=y"]
    found = {
        tuple(part["Values"]): part["StorageDescriptor"]["Location"]
        for part in glue.get_partitions(DatabaseName=ask.database, TableName="t")["Partitions"]
    }
    assert found == {("2025-01-01", "x"): "s3://some-bucket/far/", ("2025-01-02", "y"): "s3://some-bucket/t/d=2025-01-02/c=y/"}
    assert "already exists" in ask.fails("ALTER TABLE t ADD PARTITION (d = '2025-01-01', c = 'x')")
    ask.ok("ALTER TABLE t ADD IF NOT EXISTS PARTITION (d = '2025-01-01', c = 'x')")
    assert "exactly the keys" in ask.fails("ALTER TABLE t ADD PARTITION (d = '2025-01-01')")
    ask.ok("ALTER TABLE t DROP PARTITION (d = '2025-01-01', c = 'x')")
    assert "not found" in ask.fails("ALTER TABLE t DROP PARTITION (d = '2025-01-01', c = 'x')")
    ask.ok("ALTER TABLE t DROP IF EXISTS PARTITION (d = '2025-01-01', c = 'x')")
    assert lines(ask.ok("SHOW PARTITIONS t")) == ["d=2025-01-02/c=y"]


def test_msck_says_what_it_added(ask, s3, bucket):
    s3.put_object(Bucket=bucket, Key="t/D=2025-01-01/x", Body=b"x")
    s3.put_object(Bucket=bucket, Key="t/other/x", Body=b"x")
    ask.ok(f"CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (d date) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    assert lines(ask.ok("MSCK REPAIR TABLE t")) == [
        "Partitions not in metastore:\tt:d=2025-01-01",
        "Repair: Added partition to metastore t:d=2025-01-01",
    ]
    assert ask.ok("MSCK REPAIR TABLE t").rows == []


def test_changing_a_table(ask, glue):
    ask.ok("CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://some-bucket/t/'")
    ask.ok("ALTER TABLE t ADD COLUMNS (b string)")
    ask.ok("ALTER TABLE t SET TBLPROPERTIES ('k' = 'v')")
    ask.ok("ALTER TABLE t SET LOCATION 's3://some-bucket/elsewhere'")
    table = glue.get_table(DatabaseName=ask.database, Name="t")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["a", "b"]
    assert (table["Parameters"]["k"], table["StorageDescriptor"]["Location"]) == ("v", "s3://some-bucket/elsewhere/")
    assert "Duplicate column name" in ask.fails("ALTER TABLE t ADD COLUMNS (a string)")


def test_dropping(ask):
    ask.ok("CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://some-bucket/t/'")
    ask.ok("CREATE VIEW v AS SELECT 1 AS one")
    assert "is a view" in ask.fails("DROP TABLE v")
    assert "is a table" in ask.fails("DROP VIEW t")
    ask.ok("DROP TABLE t")
    ask.ok("DROP VIEW v")
    assert "Table not found" in ask.fails("DROP TABLE t")
    ask.ok("DROP TABLE IF EXISTS t")


def test_a_column_that_is_also_a_partition_is_refused(ask):
    reason = ask.fails(
        "CREATE EXTERNAL TABLE t (a int, d string) PARTITIONED BY (d string) STORED AS PARQUET LOCATION 's3://some-bucket/t/'"
    )
    assert "Column repeated in partitioning columns" in reason


def test_explain(ask):
    ask.ok("CREATE EXTERNAL TABLE t (a int, b string) STORED AS PARQUET LOCATION 's3://some-bucket/t/'")
    assert "columns = [b:varchar]" in "\n".join(lines(ask.ok("EXPLAIN SELECT count(b) FROM t")))


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t AS SELECT 1 AS a",
        "CREATE TABLE t (a int) LOCATION 's3://b-x/t/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
        "CREATE EXTERNAL TABLE t (a int) STORED AS ORC LOCATION 's3://b-x/t/'",
        "INSERT INTO t VALUES (1)",
        "UNLOAD (SELECT 1) TO 's3://b-x/u/' WITH (format = 'PARQUET')",
        "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
        "OPTIMIZE t REWRITE DATA USING BIN_PACK",
        "VACUUM t",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "EXPLAIN ANALYZE SELECT 1",
        "ALTER TABLE t RENAME PARTITION (d = '1') TO PARTITION (d = '2')",
        "SHOW FUNCTIONS",
    ],
)
def test_what_is_not_built_fails_and_says_so(ask, sql):
    reason = ask.fails(sql)
    assert reason.startswith("NOT_SUPPORTED: ")
    assert reason.endswith("is not in the local cloud; see docs/local-cloud.md")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE EXTERNAL TABLE t (a nonsense) LOCATION 's3://b-x/t/'",
        "CREATE EXTERNAL TABLE t (a int)",
        "DROP t",
        "COPY t TO 'x'",
        "ATTACH 'x'",
        "INSTALL httpfs",
        "PRAGMA database_list",
        "SET x = 1",
    ],
)
def test_what_is_no_statement_is_refused(ask, sql):
    with pytest.raises(ask.athena.exceptions.InvalidRequestException, match=r"line 1:\d+: mismatched input"):
        ask.start(sql)
