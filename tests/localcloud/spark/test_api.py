"""Definitions of jobs and triggers, tags, and what is refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from localcloud.settings import Settings
from localcloud.spark import SparkJobs, java
from tests.local_cloud import wait_for
from tests.localcloud.spark.site import ROLE

ARN = "arn:aws:glue:us-east-1:000000000000:{}/{}"


def refused(call, code, words, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert words in error["Message"]


def test_a_job_is_shown_as_it_was_made_and_an_update_overwrites_all(site):
    site.create(DefaultArguments={"--a": "1"}, MaxRetries=1, Timeout=7, Description="d", Tags={"project": "x"})
    job = site.glue.get_job(JobName=site.name)["Job"]
    assert job["Command"] == {"Name": "glueetl", "ScriptLocation": f"s3://{site.name}/job.py", "PythonVersion": "3"}
    assert (job["MaxRetries"], job["Timeout"], job["MaxCapacity"], job["ExecutionProperty"]) == (1, 7, 2.0, {"MaxConcurrentRuns": 1})
    refused(site.create, "AlreadyExistsException", "already exists")
    arn = ARN.format("job", site.name)
    site.glue.tag_resource(ResourceArn=arn, TagsToAdd={"b": "2"})
    site.glue.untag_resource(ResourceArn=arn, TagsToRemove=["project"])
    site.glue.update_job(JobName=site.name, JobUpdate={"Role": ROLE, "Command": job["Command"], "GlueVersion": "4.0"})
    after = site.glue.get_job(JobName=site.name)["Job"]
    assert (after["Description"], after["MaxRetries"], after["Timeout"], "DefaultArguments" in after) == ("", 0, 2880, False)
    assert after["CreatedOn"] == job["CreatedOn"]
    assert site.glue.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}
    assert site.glue.list_jobs(Tags={"b": "2"})["JobNames"] == [site.name]
    found = site.glue.batch_get_jobs(JobNames=[site.name, "nobody"])
    assert ([each["Name"] for each in found["Jobs"]], found["JobsNotFound"]) == ([site.name], ["nobody"])
    assert site.name in [each["Name"] for page in site.glue.get_paginator("get_jobs").paginate(MaxResults=1) for each in page["Jobs"]]
    for _ in range(2):
        site.glue.delete_job(JobName=site.name)
    refused(site.glue.get_job, "EntityNotFoundException", site.name, JobName=site.name)
    refused(site.glue.start_job_run, "EntityNotFoundException", site.name, JobName=site.name)
    refused(site.glue.get_tags, "EntityNotFoundException", arn, ResourceArn=arn)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"Command": {"Name": "pythonshell", "ScriptLocation": "s3://b/k"}}, "glueetl, not 'pythonshell'"),
        ({"Command": {"Name": "glueetl", "ScriptLocation": "/tmp/x"}}, "ScriptLocation is an s3:// address"),
        ({"GlueVersion": "1.0"}, "GlueVersion is one of 3.0, 4.0, 5.0, 5.1"),
        ({"NumberOfWorkers": 1}, "at least 2 workers"),
        ({"MaxCapacity": 3.0}, "not both"),
        ({"Role": "Nobody"}, "there is no role 'Nobody'"),
        ({"DefaultArguments": {"a": "1"}}, "begins with --"),
        ({"DefaultArguments": {"--extra-jars": "s3://b/a.jar"}}, "docs/local-cloud.md"),
        ({"Connections": {"Connections": ["c"]}}, "Connections is not in the local cloud"),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(value),
)
def test_what_is_not_here_is_refused(site, members, words):
    refused(site.create, "InvalidInputException", words, **members)


def test_triggers_are_kept_and_start_what_they_name(site):
    refused(
        site.glue.create_trigger,
        "EntityNotFoundException",
        "there is no job",
        Name=site.name,
        Type="ON_DEMAND",
        Actions=[{"JobName": "nobody"}],
    )
    site.create("import sys\nprint(sys.argv[sys.argv.index('--who') + 1])")
    actions = [{"JobName": site.name, "Arguments": {"--who": "trigger"}}]
    for members, words in (
        ({"Type": "CONDITIONAL"}, "SCHEDULED or ON_DEMAND"),
        ({"Type": "SCHEDULED"}, "needs Schedule"),
        ({"Type": "SCHEDULED", "Schedule": "cron(1 2 3)"}, "six fields"),
    ):
        refused(site.glue.create_trigger, "InvalidInputException", words, Name="t", Actions=actions, **members)
    site.glue.create_trigger(Name=site.name, Type="ON_DEMAND", Actions=actions, Tags={"a": "b"})
    assert site.glue.get_trigger(Name=site.name)["Trigger"]["State"] == "CREATED"
    assert site.glue.get_tags(ResourceArn=ARN.format("trigger", site.name))["Tags"] == {"a": "b"}
    site.glue.start_trigger(Name=site.name)
    run = site.ended(site.runs()[0]["Id"])
    assert (run["JobRunState"], run["TriggerName"]) == ("SUCCEEDED", site.name)
    assert site.log(run["Id"], "output") == ["trigger"]

    nightly = site.name + "-nightly"
    given = {"Name": nightly, "Type": "SCHEDULED", "Schedule": "cron(0 3 * * ? *)", "Actions": actions, "StartOnCreation": True}
    site.glue.create_trigger(**given)
    assert site.glue.get_trigger(Name=nightly)["Trigger"]["State"] == "ACTIVATED"
    site.glue.stop_trigger(Name=nightly)
    assert site.glue.get_trigger(Name=nightly)["Trigger"]["State"] == "DEACTIVATED"
    site.glue.update_trigger(Name=nightly, TriggerUpdate={"Schedule": "cron(0 4 * * ? *)"})
    site.glue.start_trigger(Name=nightly)
    shown = site.glue.get_trigger(Name=nightly)["Trigger"]
    assert (shown["State"], shown["Schedule"], shown["Actions"]) == ("ACTIVATED", "cron(0 4 * * ? *)", actions)
    assert sorted(site.glue.list_triggers(DependentJobName=site.name)["TriggerNames"]) == [site.name, nightly]
    for name in (site.name, nightly, nightly):
        site.glue.delete_trigger(Name=name)
    refused(site.glue.get_trigger, "EntityNotFoundException", nightly, Name=nightly)


def test_a_schedule_starts_its_job_at_its_moments(tmp_path):
    now, started = datetime(2026, 11, 21, 2, 59, 59, tzinfo=UTC), []
    begun = datetime.now(UTC)

    class Runs:
        def begin(self, region, record, action, trigger):
            started.append((region, record["job"]["Name"], action["JobName"], trigger))

        def start(self):
            pass

        stop = start

    engine = SparkJobs(Settings("127.0.0.1", 1, "us-east-1", "0" * 12, tmp_path), clock=lambda: now + (datetime.now(UTC) - begun))
    engine.runs = Runs()
    engine.jobs.region("us-east-1")["hourly"] = {"job": {"Name": "hourly"}, "tags": {}, "runs": []}
    for name, state, cron in (("on", "ACTIVATED", "cron(0 3 * * ? *)"), ("off", "DEACTIVATED", "cron(0 3 * * ? *)")):
        trigger = {"Name": name, "Type": "SCHEDULED", "State": state, "Schedule": cron, "Actions": [{"JobName": "hourly"}]}
        engine.triggers.region("us-east-1")[name] = {"trigger": trigger, "tags": {}}
    engine.start()
    try:
        wait_for(lambda: started, "the schedule's moment", 10)
        wait_for(lambda: datetime.now(UTC) - begun > timedelta(seconds=1.5), "the moment's end", 10)
    finally:
        engine.stop()
    assert started == [("us-east-1", "hourly", "hourly", "on")]


def test_partitions_change_by_the_hundred_and_each_that_cannot_is_named(site):
    glue, names = site.glue, {"DatabaseName": "catalog", "TableName": "t"}
    glue.create_database(DatabaseInput={"Name": "catalog"})
    glue.create_table(DatabaseName="catalog", TableInput={"Name": "t", "PartitionKeys": [{"Name": "d", "Type": "string"}]})

    def entry(day, version):
        return {"Values": [day], "StorageDescriptor": {"Location": f"s3://b/{day}/{version}/"}}

    days = [f"{number:03}" for number in range(100)]
    assert glue.batch_create_partition(**names, PartitionInputList=[entry(day, 1) for day in days])["Errors"] == []
    again = glue.batch_create_partition(**names, PartitionInputList=[entry("007", 2), entry("100", 1)])["Errors"]
    assert [(each["PartitionValues"], each["ErrorDetail"]["ErrorCode"]) for each in again] == [(["007"], "AlreadyExistsException")]
    changes = [{"PartitionValueList": [day], "PartitionInput": entry(day, 2)} for day in ("000", "absent", "099")]
    changes.append({"PartitionValueList": ["050"], "PartitionInput": entry("renamed", 2)})
    changes.append({"PartitionValueList": ["051"], "PartitionInput": entry("052", 2)})
    errors = glue.batch_update_partition(**names, Entries=changes)["Errors"]
    found = {each["PartitionValueList"][0]: each["ErrorDetail"]["ErrorCode"] for each in errors}
    assert found == {"absent": "EntityNotFoundException", "051": "AlreadyExistsException"}
    gone = glue.batch_delete_partition(**names, PartitionsToDelete=[{"Values": ["001"]}, {"Values": ["absent"]}])["Errors"]
    assert [each["PartitionValues"] for each in gone] == [["absent"]]
    pages = glue.get_paginator("get_partitions").paginate(**names, PaginationConfig={"PageSize": 40})
    shown = {each["Values"][0]: each["StorageDescriptor"]["Location"] for page in pages for each in page["Partitions"]}
    assert len(shown) == 100
    assert {day for day, place in shown.items() if place.endswith("/2/")} == {"000", "099", "renamed"}
    assert not {"001", "050"} & set(shown)


def fake_java(folder, told):
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{told}' >&2\n")
    program.chmod(0o755)
    return folder


def test_java_is_found_and_its_version_held_against_sparks(tmp_path):
    old = fake_java(tmp_path / "old", 'java version "1.7.0_80"')
    new = fake_java(tmp_path / "new", 'openjdk version "21.0.1" 2023-10-17')
    eight = fake_java(tmp_path / "eight", 'java version "1.8.0_392"')
    assert java.find({"JAVA_HOME": str(eight)}) == eight
    for home, number in ((old, 7), (new, 21)):
        with pytest.raises(java.JavaError, match=rf"JAVA_HOME: .* is Java {number}; Spark needs Java 8, 11 or 17"):
            java.find({"JAVA_HOME": str(home)})
    with pytest.raises(java.JavaError, match="does not run"):
        java.find({"JAVA_HOME": str(tmp_path / "none")})
    assert Path(java.find({}), "bin", "java").exists()  # the one that the project brings along
