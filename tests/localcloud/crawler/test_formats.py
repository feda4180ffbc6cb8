"""Files in a bucket → tables in the catalog."""

import gzip
import json

import pytest

CSV = "Id,Name,Amount\n1,Ada,1.5\n2,Bob,2\n"
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"


def test_csv_with_a_header(site):
    site.put("sales/a.csv", CSV)
    site.create("sales/")
    site.crawl()
    table = site.tables()["sales"]
    assert site.columns("sales") == {"id": "bigint", "name": "string", "amount": "double"}
    storage = table["StorageDescriptor"]
    assert storage["InputFormat"] == TEXT_INPUT
    assert storage["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }
    assert not storage["Compressed"]
    expected = {
        "classification": "csv",
        "compressionType": "none",
        "typeOfData": "file",
        "delimiter": ",",
        "columnsOrdered": "true",
        "areColumnsQuoted": "false",
        "skip.header.line.count": "1",
        "sizeKey": str(len(CSV)),
        "objectCount": "1",
        "recordCount": "2",
        "averageRecordSize": str(round(len(CSV) / 2)),
        "CrawlerSchemaSerializerVersion": "1.0",
        "CrawlerSchemaDeserializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": site.crawler,
    }
    assert table["Parameters"] == expected
    assert storage["Parameters"] == expected


def test_csv_without_a_header(site):
    site.put("sales/a.csv", "1;Ada\n2;Bob\n")
    site.create("sales/")
    site.crawl()
    table = site.tables()["sales"]
    assert site.columns("sales") == {"col0": "bigint", "col1": "string"}
    assert "skip.header.line.count" not in table["Parameters"]
    assert table["Parameters"]["delimiter"] == ";"


def test_quoted_csv_with_a_classifier_is_read_by_opencsvserde(site):
    site.glue.create_classifier(CsvClassifier={"Name": site.crawler, "QuoteSymbol": '"', "Delimiter": ",", "ContainsHeader": "PRESENT"})
    site.put("sales/a.csv", 'id,text\n1,"x, y"\n2,"z"\n')
    site.create("sales/", Classifiers=[site.crawler])
    site.crawl()
    assert site.columns("sales") == {"id": "string", "text": "string"}
    serde = site.tables()["sales"]["StorageDescriptor"]["SerdeInfo"]
    assert serde["SerializationLibrary"] == "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    assert serde["Parameters"] == {"separatorChar": ",", "quoteChar": '"', "escapeChar": "\\"}


def test_json_lines_in_gzip(site):
    site.put("events/a.json.gz", gzip.compress(b'{"id": 1, "at": {"x": 1.5}}\n{"id": 2}\n'))
    site.create("events/")
    site.crawl()
    table = site.tables()["events"]
    assert site.columns("events") == {"id": "int", "at": "struct<x:double>"}
    assert table["Parameters"]["classification"] == "json"
    assert table["Parameters"]["compressionType"] == "gzip"
    assert table["StorageDescriptor"]["Compressed"]
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
        "Parameters": {"paths": "id,at"},
    }


def test_hive_partitions(site):
    for day in ("01", "02"):
        site.put(f"sales/year=2025/day={day}/a.csv", CSV)
    site.create("sales/")
    site.crawl()
    table = site.tables()["sales"]
    assert table["PartitionKeys"] == [{"Name": "year", "Type": "string"}, {"Name": "day", "Type": "string"}]
    assert "year" not in site.columns("sales")
    partitions = site.glue.get_partitions(DatabaseName=site.database, TableName="sales")["Partitions"]
    assert [partition["Values"] for partition in partitions] == [["2025", "01"], ["2025", "02"]]
    storage = partitions[0]["StorageDescriptor"]
    assert storage["Location"] == f"s3://{site.bucket}/sales/year=2025/day=01/"
    assert storage["Columns"] == table["StorageDescriptor"]["Columns"]
    assert partitions[0]["Parameters"]["objectCount"] == "1"


def test_nested_folders_are_partitions_by_number(site):
    site.put("sales/2025/01/a.csv", CSV)
    site.put("sales/2025/02/a.csv", CSV)
    site.create("sales/")
    site.crawl()
    assert [key["Name"] for key in site.tables()["sales"]["PartitionKeys"]] == ["partition_0", "partition_1"]
    assert site.partitions("sales") == [["2025", "01"], ["2025", "02"]]


def test_folders_of_different_kinds_are_tables(site):
    site.put("data/sales/a.csv", CSV)
    site.put("data/people/a.json", '{"name": "Ada", "born": 1815}')
    site.create("data/")
    site.crawl()
    assert set(site.tables()) == {"sales", "people"}


def test_several_targets_with_a_prefix_and_exclusions(site):
    site.put("a/x.csv", CSV)
    site.put("a/skip/y.json", '{"a": 1}')
    site.put("b/z.csv", CSV)
    targets = {"S3Targets": [{"Path": f"s3://{site.bucket}/a", "Exclusions": ["skip/**"]}, {"Path": f"s3://{site.bucket}/b/"}]}
    site.create(Targets=targets, TablePrefix="raw_")
    site.crawl()
    tables = site.tables()
    assert set(tables) == {"raw_a", "raw_b"}
    assert json.loads(tables["raw_a"]["Parameters"]["exclusions"]) == ["skip/**"]
    assert tables["raw_a"]["StorageDescriptor"]["Location"] == f"s3://{site.bucket}/a/"


def test_two_folders_of_one_name_get_two_tables(site):
    site.put("x/data/a.csv", CSV)
    site.put("y/data/a.csv", CSV)
    site.create("x/data/", "y/data/")
    site.crawl()
    names = sorted(site.tables())
    assert names[0] == "data"
    assert names[1].startswith("data_")
    assert len(names[1]) == len("data_") + 32
    site.crawl()
    assert sorted(site.tables()) == names
    assert site.metrics()["TablesCreated"] == 0


def test_a_single_file_as_target(site):
    site.put("data/one.csv", CSV)
    site.put("data/other.json", '{"a": 1}')
    site.create("data/one.csv")
    site.crawl()
    (table,) = site.tables().values()
    assert table["Name"] == "one_csv"
    assert table["StorageDescriptor"]["Location"] == f"s3://{site.bucket}/data/one.csv"


def test_a_whole_bucket_as_target_is_named_after_it(site):
    site.put("a.csv", CSV)
    site.create("")
    site.crawl()
    assert list(site.tables()) == [site.bucket.replace("-", "_")]


def test_hidden_and_empty_objects_are_not_seen(site):
    site.put("sales/a.csv", CSV)
    for key in ("_SUCCESS", "_temporary/0/x.json", ".hidden.json", "empty.csv", "folder/", "old_$folder$"):
        site.put(f"sales/{key}", "" if "." not in key[1:] or key.startswith("empty") else '{"a": 1}')
    site.create("sales/")
    site.crawl()
    assert list(site.tables()) == ["sales"]
    assert site.tables()["sales"]["Parameters"]["objectCount"] == "1"


def test_a_folder_whose_name_begins_like_the_target_is_not_in_it(site):
    site.put("sales/a.csv", CSV)
    site.put("sales_old/b.json", '{"a": 1}')
    site.create("sales")
    site.crawl()
    assert list(site.tables()) == ["sales"]


def test_what_nothing_recognises_is_a_table_without_columns(site):
    site.put("notes/readme.txt", "just some prose\n")
    site.create("notes/")
    site.crawl()
    assert site.tables()["notes"]["Parameters"]["classification"] == "UNKNOWN"
    assert site.columns("notes") == {}


def test_a_large_file_is_not_read_whole(site):
    rows = "".join(f"{at},name {at},{at}.5\n" for at in range(200_000))
    site.put("sales/a.csv", "Id,Name,Amount\n" + rows)
    site.create("sales/")
    site.crawl()
    assert site.columns("sales") == {"id": "bigint", "name": "string", "amount": "double"}
    assert int(site.tables()["sales"]["Parameters"]["recordCount"]) == pytest.approx(200_000, rel=0.1)


def test_a_classifier_that_the_local_cloud_lacks_fails_the_crawl(site):
    site.glue.create_classifier(GrokClassifier={"Name": site.crawler, "Classification": "log", "GrokPattern": "%{WORD:w}"})
    site.put("sales/a.csv", CSV)
    site.create("sales/", Classifiers=[site.crawler])
    site.glue.start_crawler(Name=site.crawler)
    last = site.wait()["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "GrokClassifier is not in the local cloud" in last["ErrorMessage"]


def test_a_column_that_is_a_partition_key_too_is_written_with_a_warning(site, cloud):
    site.put("sales/name=x/a.csv", CSV)
    site.create("sales/")
    last = site.crawl()
    assert "name" in site.columns("sales")
    events = cloud.client("logs").get_log_events(logGroupName=last["LogGroup"], logStreamName=last["LogStream"])["events"]
    assert any("name is both column and partition key" in event["message"] for event in events)
