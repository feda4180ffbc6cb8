"""Later crawls: what changed in the bucket, and what the policies make of it."""

import json

OLD, WIDER = "id,n\nx,1\ny,2\n", "id,n,town\nx,1.5,Rome\ny,2,Bonn\n"
LOG_ONLY = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}


def test_new_columns_and_wider_types_are_taken_over(site):
    site.put("data/a.csv", OLD)
    site.create("data/")
    site.crawl()
    assert site.columns("data") == {"id": "string", "n": "bigint"}
    site.put("data/b.csv", WIDER)
    site.crawl()
    assert site.columns("data") == {"id": "string", "n": "double", "town": "string"}
    assert site.metrics()["TablesUpdated"] == 1


def test_removed_columns_go_unless_only_new_ones_are_merged(site):
    site.put("data/a.csv", WIDER)
    site.create("data/")
    site.crawl()
    site.put("data/a.csv", "id,n,extra\nx,1,2\n")
    configuration = {"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
    site.glue.update_crawler(Name=site.crawler, Configuration=json.dumps(configuration))
    site.crawl()
    assert site.columns("data") == {"id": "string", "n": "double", "town": "string", "extra": "bigint"}
    site.glue.update_crawler(Name=site.crawler, Configuration=json.dumps({"Version": 1.0}))
    site.crawl()
    assert site.columns("data") == {"id": "string", "n": "bigint", "extra": "bigint"}


def test_with_update_behavior_log_a_schema_stays(site):
    site.put("data/a.csv", OLD)
    site.create("data/", SchemaChangePolicy=LOG_ONLY)
    site.crawl()
    before = site.tables()
    site.put("data/a.csv", WIDER)
    site.crawl()
    assert site.tables() == before


def test_new_partitions_are_added_even_with_update_behavior_log(site):
    site.put("data/d=1/a.csv", OLD)
    site.create("data/", SchemaChangePolicy=LOG_ONLY)
    site.crawl()
    site.put("data/d=2/a.csv", OLD)
    site.crawl()
    assert site.partitions("data") == [["1"], ["2"]]


def test_other_partition_keys_replace_the_old_ones_or_are_only_logged(site, cloud):
    site.put("data/d=1/a.csv", OLD)
    site.create("data/", SchemaChangePolicy=LOG_ONLY)
    site.crawl()
    site.delete("data/d=1/a.csv")
    site.put("data/d=1/h=2/a.csv", OLD)
    last = site.crawl()
    assert [key["Name"] for key in site.tables()["data"]["PartitionKeys"]] == ["d"]
    events = cloud.client("logs").get_log_events(logGroupName=last["LogGroup"], logStreamName=last["LogStream"])["events"]
    assert any("keeps its partition keys" in event["message"] for event in events)
    replacing = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DELETE_FROM_DATABASE"}
    site.glue.update_crawler(Name=site.crawler, SchemaChangePolicy=replacing)
    site.crawl()
    assert [key["Name"] for key in site.tables()["data"]["PartitionKeys"]] == ["d", "h"]
    assert site.partitions("data") == [["1", "2"]]


def test_a_partition_keeps_its_own_columns_unless_it_inherits(site):
    site.put("data/d=1/a.csv", OLD)
    site.put("data/d=2/a.csv", WIDER)
    site.create("data/")
    site.crawl()

    def columns():
        partitions = site.glue.get_partitions(DatabaseName=site.database, TableName="data")["Partitions"]
        return [[column["Name"] for column in partition["StorageDescriptor"]["Columns"]] for partition in partitions]

    assert columns() == [["id", "n"], ["id", "n", "town"]]
    assert site.columns("data") == {"id": "string", "n": "double", "town": "string"}
    configuration = {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
    site.glue.update_crawler(Name=site.crawler, Configuration=json.dumps(configuration))
    site.crawl()
    assert columns() == [["id", "n", "town"]] * 2


def gone(site, behavior):
    """Crawl two tables, one with partitions; then delete one table's file and one partition's."""
    site.put("t/a.csv", OLD)
    site.put("p/d=1/a.csv", OLD)
    site.put("p/d=2/a.csv", OLD)
    site.create("t/", "p/", SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": behavior})
    site.crawl()
    site.delete("t/a.csv")
    site.delete("p/d=1/a.csv")
    site.crawl()


def test_deleted_objects_delete_tables_and_partitions(site):
    gone(site, "DELETE_FROM_DATABASE")
    assert list(site.tables()) == ["p"]
    assert site.partitions("p") == [["2"]]
    assert site.metrics()["TablesDeleted"] == 1


def test_deleted_objects_deprecate_tables_and_partitions_until_they_return(site):
    gone(site, "DEPRECATE_IN_DATABASE")
    deprecated = site.tables()["t"]["Parameters"]["DEPRECATED_BY_CRAWLER"]
    assert deprecated.isdigit()
    partitions = site.glue.get_partitions(DatabaseName=site.database, TableName="p")["Partitions"]
    assert ["DEPRECATED_BY_CRAWLER" in partition["Parameters"] for partition in partitions] == [True, False]
    site.crawl()
    assert site.tables()["t"]["Parameters"]["DEPRECATED_BY_CRAWLER"] == deprecated
    site.put("t/a.csv", OLD)
    site.crawl()
    assert "DEPRECATED_BY_CRAWLER" not in site.tables()["t"]["Parameters"]


def test_with_delete_behavior_log_all_stays(site):
    gone(site, "LOG")
    assert set(site.tables()) == {"t", "p"}
    assert "DEPRECATED_BY_CRAWLER" not in site.tables()["t"]["Parameters"]
    assert site.partitions("p") == [["1"], ["2"]]


def test_tables_of_others_are_left_alone(site):
    site.glue.create_table(DatabaseName=site.database, TableInput={"Name": "by_hand", "Parameters": {"classification": "csv"}})
    site.put("data/a.csv", OLD)
    site.create("data/", SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DELETE_FROM_DATABASE"})
    site.crawl()
    assert set(site.tables()) == {"by_hand", "data"}


def test_a_table_by_that_name_elsewhere_is_not_overwritten(site):
    storage = {"Location": "s3://elsewhere/data/"}
    site.glue.create_table(DatabaseName=site.database, TableInput={"Name": "data", "StorageDescriptor": storage})
    site.put("data/a.csv", OLD)
    site.create("data/")
    site.crawl()
    assert site.tables()["data"]["StorageDescriptor"] == storage
    assert len(site.tables()) == 2


def test_new_folders_only(site):
    site.put("data/d=1/a.csv", OLD)
    site.create("data/", SchemaChangePolicy=LOG_ONLY, RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"})
    site.crawl()
    before = site.tables()
    site.put("data/d=1/b.csv", WIDER)
    site.put("data/d=2/a.csv", OLD)
    site.crawl()
    assert site.partitions("data") == [["1"], ["2"]]
    assert site.tables() == before
    site.crawl()
    assert site.metrics()["TablesUpdated"] == 0


def test_similar_tables_can_be_combined_by_configuration(site):
    site.put("data/year=2017/a.json", '{"A": 1, "B": 2}')
    site.put("data/year=2018/a.json", '{"C": 3, "D": 4}')
    site.create("data/", Configuration=json.dumps({"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}))
    site.crawl()
    assert site.columns("data") == {"a": "int", "b": "int", "c": "int", "d": "int"}
    assert site.partitions("data") == [["2017"], ["2018"]]


def test_more_tables_than_allowed_fail_the_crawl(site):
    site.put("data/a/a.csv", OLD)
    site.put("data/b/b.json", '{"q": 1}')
    site.create("data/", Configuration=json.dumps({"Version": 1.0, "CrawlerOutput": {"Tables": {"TableThreshold": 1}}}))
    site.glue.start_crawler(Name=site.crawler)
    last = site.wait()["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "table threshold" in last["ErrorMessage"]
    assert site.tables() == {}
