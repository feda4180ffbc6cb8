"""Crawlers as Glue's API has them."""

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from localcloud.crawler import Crawler
from localcloud.engine import Request
from localcloud.settings import Settings
from tests.local_cloud import Cloud, create_role, wait_for
from tests.localcloud.crawler.cloud import ALLOWED, ROLE, Site


@contextlib.contextmanager
def refused(code, said=None):
    with pytest.raises(ClientError, match=said) as caught:
        yield
    assert caught.value.response["Error"]["Code"] == code


def test_a_new_crawler_shows_glues_defaults(site):
    site.create("data/", Description="orders", TablePrefix="p_", Tags={"project": "headwater"})
    crawler = site.shown()
    assert crawler["State"] == "READY"
    assert crawler["Version"] == 1
    assert crawler["CrawlElapsedTime"] == 0
    assert crawler["Role"] == ROLE
    assert crawler["Targets"] == {"S3Targets": [{"Path": f"s3://{site.bucket}/data/", "Exclusions": []}]}
    assert crawler["SchemaChangePolicy"] == {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}
    assert crawler["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_EVERYTHING"}
    assert crawler["LineageConfiguration"] == {"CrawlerLineageSettings": "DISABLE"}
    assert crawler["CreationTime"] <= crawler["LastUpdated"]
    assert "LastCrawl" not in crawler
    assert "Schedule" not in crawler
    with refused("AlreadyExistsException"):
        site.create("data/")


def test_a_role_may_be_given_by_its_arn_and_is_shown_by_its_name(site):
    site.create("data/", Role=f"arn:aws:iam::000000000000:role/{ROLE}")
    assert site.shown()["Role"] == ROLE


def test_an_update_changes_what_it_names(site):
    site.create("data/", Description="old", Schedule="cron(0 2 * * ? *)")
    site.glue.update_crawler(Name=site.crawler, Description="new")
    crawler = site.shown()
    assert (crawler["Description"], crawler["Version"]) == ("new", 2)
    assert crawler["Schedule"] == {"ScheduleExpression": "cron(0 2 * * ? *)", "State": "SCHEDULED"}
    site.glue.update_crawler(Name=site.crawler, Schedule="")
    assert "Schedule" not in site.shown()


def test_a_role_that_glue_may_not_assume_is_refused(site, cloud):
    create_role(cloud.client("iam"), "Lambda-Only", "lambda.amazonaws.com")
    for role in ("Lambda-Only", "No-Such-Role"):
        with refused("InvalidInputException", "unable to assume provided role. Please verify role's TrustPolicy"):
            site.create("data/", Role=role)


@pytest.mark.parametrize(
    "members",
    [
        {"Targets": {"S3Targets": [{"Path": "bucket/data"}]}},
        {"Targets": {"S3Targets": []}},
        {"Targets": {"DynamoDBTargets": [{"Path": "table"}]}},
        {"Targets": {"S3Targets": [{"Path": "s3://bucket/", "Exclusions": ["[a"]}]}},
        {"Schedule": "rate(5 minutes)"},
        {"Configuration": "{}"},
        {"Configuration": "{"},
        {"Configuration": json.dumps({"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineAll"}})},
        {"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}},
        {"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}},
        {"Classifiers": ["no-such-classifier"]},
    ],
)
def test_a_wrong_definition_is_refused(members, s3, glue):
    given = {"Name": "wrong", "Role": ROLE, "DatabaseName": "d", "Targets": {"S3Targets": [{"Path": "s3://bucket/"}]}} | members
    with refused("InvalidInputException"):
        glue.create_crawler(**given)
    assert "wrong" not in glue.list_crawlers()["CrawlerNames"]


@pytest.mark.parametrize(
    ("action", "parameter"),
    [
        ("get_crawler", "Name"),
        ("start_crawler", "Name"),
        ("stop_crawler", "Name"),
        ("update_crawler", "Name"),
        ("delete_crawler", "Name"),
        ("list_crawls", "CrawlerName"),
        ("start_crawler_schedule", "CrawlerName"),
        ("stop_crawler_schedule", "CrawlerName"),
        ("update_crawler_schedule", "CrawlerName"),
    ],
)
def test_what_does_not_exist_is_not_found(glue, action, parameter):
    with refused("EntityNotFoundException", "no-such-crawler"):
        getattr(glue, action)(**{parameter: "no-such-crawler"})


def long_crawl(site, files=1500):
    """Start a crawl that takes seconds: objects in many folders, each to be looked at."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: site.put(f"many/k={at}/f.csv", f"id,n\nx,{at}\n"), range(files)))
    site.create("many/")
    site.glue.start_crawler(Name=site.crawler)


def test_while_it_runs_a_crawler_cannot_be_started_changed_or_deleted_but_stopped(site):
    long_crawl(site)
    assert site.shown()["State"] == "RUNNING"
    with refused("CrawlerRunningException"):
        site.glue.start_crawler(Name=site.crawler)
    with refused("CrawlerRunningException"):
        site.glue.update_crawler(Name=site.crawler, Description="x")
    with refused("CrawlerRunningException"):
        site.glue.delete_crawler(Name=site.crawler)
    assert site.metrics()["StillEstimating"]
    assert site.shown()["CrawlElapsedTime"] > 0
    site.glue.stop_crawler(Name=site.crawler)
    crawler = site.wait()
    assert crawler["LastCrawl"]["Status"] == "CANCELLED"
    assert site.tables() == {}
    (crawl,) = site.glue.list_crawls(CrawlerName=site.crawler)["Crawls"]
    assert crawl["State"] == "STOPPED"
    with refused("CrawlerNotRunningException"):
        site.glue.stop_crawler(Name=site.crawler)
    site.glue.delete_crawler(Name=site.crawler)
    with refused("EntityNotFoundException"):
        site.shown()


def test_a_crawl_of_a_bucket_that_is_not_there_fails_with_the_reason(site):
    site.create(Targets={"S3Targets": [{"Path": "s3://no-such-bucket/data/"}]})
    site.glue.start_crawler(Name=site.crawler)
    last = site.wait()["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "NoSuchBucket" in last["ErrorMessage"]


def test_a_crawl_into_a_database_that_is_not_there_fails_with_the_reason(site):
    site.put("data/a.csv", "a,b\nx,1\n")
    site.create("data/", DatabaseName="no_such_database")
    site.glue.start_crawler(Name=site.crawler)
    last = site.wait()["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "no_such_database" in last["ErrorMessage"]


def test_a_role_that_lost_its_trust_fails_the_crawl(site, cloud):
    iam = cloud.client("iam")
    create_role(iam, "Fickle-Role")
    site.create("data/", Role="Fickle-Role")
    iam.delete_role(RoleName="Fickle-Role")
    site.glue.start_crawler(Name=site.crawler)
    last = site.wait()["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "Fickle-Role" in last["ErrorMessage"]


def test_a_crawl_is_told_in_the_logs(site, cloud):
    site.put("data/a.csv", "a,b\nx,1\n")
    site.create("data/")
    last = site.crawl()
    assert last["LogGroup"] == "/aws-glue/crawlers"
    assert last["LogStream"] == site.crawler
    events = cloud.client("logs").get_log_events(logGroupName=last["LogGroup"], logStreamName=last["LogStream"])["events"]
    messages = [event["message"] for event in events]
    assert all(message.startswith(f"[{last['MessagePrefix']}] ") for message in messages)
    assert f"[{last['MessagePrefix']}] INFO : Created table data in database {site.database}" in messages
    assert messages[-1].endswith("BENCHMARK : Crawler has finished running and is in state READY")


def test_crawls_are_listed_newest_first_with_a_summary(site):
    site.put("data/a.csv", "a,b\nx,1\n")
    site.create("data/")
    site.crawl()
    site.put("data/b.csv", "a,b\ny,2\n")
    site.crawl()
    crawls = site.glue.list_crawls(CrawlerName=site.crawler)["Crawls"]
    assert [crawl["State"] for crawl in crawls] == ["COMPLETED", "COMPLETED"]
    assert crawls[0]["StartTime"] > crawls[1]["StartTime"]
    assert json.loads(crawls[0]["Summary"])["TABLE"] == {"UPDATE": {"Details": {"names": ["data"]}, "Count": 1}}
    assert json.loads(crawls[1]["Summary"])["TABLE"]["ADD"]["Count"] == 1
    first = site.glue.list_crawls(CrawlerName=site.crawler, MaxResults=1)
    second = site.glue.list_crawls(CrawlerName=site.crawler, MaxResults=1, NextToken=first["NextToken"])
    assert [first["Crawls"][0], second["Crawls"][0]] == crawls
    assert "NextToken" not in second
    filtered = [{"FieldName": "CRAWL_ID", "FilterOperator": "EQ", "FieldValue": crawls[1]["CrawlId"]}]
    assert site.glue.list_crawls(CrawlerName=site.crawler, Filters=filtered)["Crawls"] == [crawls[1]]
    failed = [{"FieldName": "STATE", "FilterOperator": "EQ", "FieldValue": "FAILED"}]
    assert site.glue.list_crawls(CrawlerName=site.crawler, Filters=failed)["Crawls"] == []


def test_metrics_count_the_last_crawl(site):
    site.create("data/")
    before = site.metrics()
    assert (before["LastRuntimeSeconds"], before["TablesCreated"]) == (0.0, 0)
    site.put("data/a/a.csv", "a,b\nx,1\n")
    site.put("data/b/b.json", '{"q": 1}')
    site.crawl()
    after = site.metrics()
    assert after["TablesCreated"] == 2
    assert after["LastRuntimeSeconds"] == after["MedianRuntimeSeconds"] > 0
    assert not after["StillEstimating"]


def test_crawlers_are_listed_by_page_and_tag(site, glue):
    names = [f"{site.crawler}-{at}" for at in range(3)]
    for name in names:
        site.create("data/", Name=name, Tags={"test": site.crawler})
    assert glue.list_crawlers(Tags={"test": site.crawler})["CrawlerNames"] == names
    pages = glue.get_paginator("get_crawlers").paginate(PaginationConfig={"PageSize": 2})
    assert {crawler["Name"] for page in pages for crawler in page["Crawlers"]} >= set(names)
    answer = glue.batch_get_crawlers(CrawlerNames=[names[0], "missing"])
    assert [crawler["Name"] for crawler in answer["Crawlers"]] == [names[0]]
    assert answer["CrawlersNotFound"] == ["missing"]
    with refused("InvalidInputException", "NextToken"):
        glue.get_crawlers(NextToken="made up")


def test_tags_of_crawlers_and_of_other_resources(site, glue):
    site.create("data/", Tags={"a": "1"})
    arn = f"arn:aws:glue:us-east-1:000000000000:crawler/{site.crawler}"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"b": "2", "c": "3"})
    glue.untag_resource(ResourceArn=arn, TagsToRemove=["a"])
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"b": "2", "c": "3"}
    with refused("EntityNotFoundException"):
        glue.get_tags(ResourceArn=arn + "-missing")
    database = f"arn:aws:glue:us-east-1:000000000000:database/{site.database}"
    glue.tag_resource(ResourceArn=database, TagsToAdd={"d": "4"})
    assert glue.get_tags(ResourceArn=database)["Tags"] == {"d": "4"}


def test_a_schedule_is_paused_and_resumed(site):
    site.create("data/")
    with refused("NoScheduleException"):
        site.glue.start_crawler_schedule(CrawlerName=site.crawler)
    site.glue.update_crawler_schedule(CrawlerName=site.crawler, Schedule="cron(0 2 * * ? *)")
    assert site.shown()["Schedule"]["State"] == "SCHEDULED"
    with refused("SchedulerRunningException"):
        site.glue.start_crawler_schedule(CrawlerName=site.crawler)
    site.glue.stop_crawler_schedule(CrawlerName=site.crawler)
    assert site.shown()["Schedule"] == {"ScheduleExpression": "cron(0 2 * * ? *)", "State": "NOT_SCHEDULED"}
    with refused("SchedulerNotRunningException"):
        site.glue.stop_crawler_schedule(CrawlerName=site.crawler)
    site.glue.start_crawler_schedule(CrawlerName=site.crawler)
    assert site.shown()["Schedule"]["State"] == "SCHEDULED"


def test_a_schedule_really_fires(site, cloud, tmp_path):
    """An engine of the test's own, lifted out of the local cloud, whose clock is just before a full minute."""
    now = datetime.now(UTC)
    shift = now.replace(second=0, microsecond=0) + timedelta(minutes=1, seconds=-0.5) - now
    settings = Settings("127.0.0.1", cloud.port, "us-east-1", "000000000000", tmp_path)
    engine = Crawler(settings, clock=lambda: datetime.now(UTC) + shift, session=lambda _role: ("test", "test", None))

    def call(action, **body):
        status, answer = engine.handle(Request(action, body, "us-east-1", "000000000000", "test"))
        assert status == 200, answer
        return answer

    site.put("data/a.csv", "a,b\nx,1\n")
    targets = {"S3Targets": [{"Path": f"s3://{site.bucket}/data/"}]}
    definition = {"Name": "timed", "Role": ROLE, "DatabaseName": site.database, "Targets": targets}
    engine.start()
    try:
        call("CreateCrawler", **definition, Schedule="cron(* * * * ? *)")
        call("CreateCrawler", **(definition | {"Name": "paused"}), Schedule="cron(* * * * ? *)")
        call("StopCrawlerSchedule", CrawlerName="paused")
        last = wait_for(lambda: call("GetCrawler", Name="timed")["Crawler"].get("LastCrawl"), "the scheduled crawl", 10)
        assert last["Status"] == "SUCCEEDED"
        assert list(site.tables()) == ["data"]
        assert "LastCrawl" not in call("GetCrawler", Name="paused")["Crawler"]
    finally:
        engine.stop()


def test_definitions_survive_a_restart_and_a_crash_ends_what_ran(tmp_path):
    cloud = Cloud(tmp_path).start()
    try:
        create_role(cloud.client("iam"), ROLE, allow=ALLOWED)
        site = Site("restart", cloud.client("s3"), cloud.client("glue"))
        long_crawl(site)
        before = site.shown()
        assert before["State"] == "RUNNING"
        cloud.stop(kill=True)
        cloud.start()
        site.glue = cloud.client("glue")
        after = site.shown()
        assert after["State"] == "READY"
        assert after["LastCrawl"]["Status"] == "FAILED"
        assert "stopped while this crawl ran" in after["LastCrawl"]["ErrorMessage"]
        assert after["Targets"] == before["Targets"]
        assert after["CreationTime"] == before["CreationTime"]
    finally:
        cloud.stop()
