"""Databases, crawlers' schedules and runs, beyond their life."""

import json

from tests.modules.call_recorder import error, lost
from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused


@on()
def test_a_database_goes_with_all_its_tables(aws):
    name, glue = unique("db").replace("-", "_"), aws.client("glue")
    done("glue_database", name=name)
    for number in range(120):  # one call deletes a hundred at most
        glue.create_table(DatabaseName=name, TableInput={"Name": f"t{number}"})
    outcome = done("glue_database", name=name, state="absent")
    assert outcome.writes == ["glue:BatchDeleteTable"] * 2 + ["glue:DeleteDatabase"]
    done("glue_database", name=name)
    assert glue.get_tables(DatabaseName=name)["TableList"] == []


@on()
def test_only_what_differs_is_written(aws):
    name = unique("db").replace("-", "_")
    done("glue_database", name=name, tags={"a": "1", "b": "2"})
    assert done("glue_database", name=name, tags={"a": "2", "b": "2"}).writes == ["glue:TagResource"]
    assert done("glue_database", name=name, tags={"a": "2"}).writes == ["glue:UntagResource"]
    assert done("glue_database", name=name, tags={"a": "2"}, location_uri="s3://b/p/").writes == ["glue:UpdateDatabase"]


@on()
def test_a_database_that_never_shows_is_an_error(aws, answers):
    answers["glue:CreateDatabase"] = lost()
    refused("glue_database", "AWS still differs: it does not exist yet", name=unique("db").replace("-", "_"), wait_timeout=0)


@on()
def test_a_database_that_never_goes_is_an_error(aws, answers):
    name = unique("db").replace("-", "_")
    done("glue_database", name=name)
    answers["glue:DeleteDatabase"] = lost()
    refused("glue_database", "AWS still differs: it is still there", name=name, state="absent", wait_timeout=0)


@on()
def test_an_answer_of_aws_that_is_no_absence_is_an_error(aws, answers):
    answers["glue:GetDatabase"] = error(400, "AccessDeniedException", "not authorized to perform glue:GetDatabase")
    refused("glue_database", "Glue database 'd'", "AccessDeniedException", "not authorized", name="d")


@on()
def test_before_its_crawler_exists_a_schedule_can_be_checked_and_removed(aws):
    name = unique("crawler")
    assert done("glue_crawler_schedule", check=True, name=name, schedule="cron(0 3 * * ? *)").changed
    assert not done("glue_crawler_schedule", name=name, state="absent").changed
    assert not done("glue_crawler_schedule", name=name).changed  # no schedule is wanted


@on("local")
def test_a_paused_schedule_runs_again(aws):
    glue, (name, _) = aws.client("glue"), aws.crawler(Schedule="cron(0 3 * * ? *)")
    glue.stop_crawler_schedule(CrawlerName=name)
    options = {"name": name, "schedule": "cron(0 3 * * ? *)"}
    assert done("glue_crawler_schedule", check=True, **options).differing == {"state"}
    assert done("glue_crawler_schedule", **options).writes == ["glue:StartCrawlerSchedule"]
    assert glue.get_crawler(Name=name)["Crawler"]["Schedule"]["State"] == "SCHEDULED"


def crawled(aws):
    """A crawler over one file of JSON lines; returns its (name, database)."""
    bucket = aws.bucket()
    aws.client("s3").put_object(Bucket=bucket, Key="people/a.json", Body=json.dumps({"name": "Ada"}).encode())
    return aws.crawler(f"s3://{bucket}/people/")


@on("local")
def test_a_crawler_runs_once_and_not_again_for_a_table_that_is_there(aws):
    name, database = crawled(aws)
    planned = done("glue_crawler_run", check=True, name=name, unless_table="people")
    assert planned.changed
    assert planned.writes == []

    ran = done("glue_crawler_run", name=name, unless_table="people")
    assert ran.changed
    assert ran.result["last_crawl"]["Status"] == "SUCCEEDED"
    assert aws.client("glue").get_table(DatabaseName=database, Name="people")

    for check in (True, False):
        again = done("glue_crawler_run", check, name=name, unless_table="people")
        assert not again.changed
        assert again.writes == []
    assert done("glue_crawler_run", name=name).changed


@on("local")
def test_a_crawl_under_way_is_joined(aws, answers):
    name, _ = crawled(aws)
    aws.client("glue").start_crawler(Name=name)
    answers["glue:StartCrawler"] = error(400, "CrawlerRunningException", "already running")
    assert done("glue_crawler_run", name=name).result["last_crawl"]["Status"] == "SUCCEEDED"


@on("local")
def test_a_crawl_that_fails_says_why_and_where_its_log_is(aws):
    name, _ = aws.crawler("s3://no-such-bucket-anywhere/data/")
    refused("glue_crawler_run", f"'{name}' ended as FAILED", "The specified bucket does not exist", "/aws-glue/crawlers", name=name)


@on("moto")
def test_a_crawl_without_end_is_an_error_that_names_the_setting(aws):
    """moto's crawlers run for ever."""
    name, _ = aws.crawler()
    refused("glue_crawler_run", f"'{name}' still runs after 1 s", "wait_timeout", name=name, wait_timeout=1)


@on()
def test_a_crawler_that_does_not_exist_is_an_error(aws):
    refused("glue_crawler_run", "Glue crawler 'nobody'", "EntityNotFoundException", name="nobody")
