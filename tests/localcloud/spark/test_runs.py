"""Runs without Spark: states, arguments, errors, limits, and what is left of them. A driver alone starts in half a second."""

import pytest
from botocore.exceptions import ClientError

from localcloud.spark import process
from tests.local_cloud import Cloud, create_role, wait_for
from tests.localcloud.spark.site import ALLOWED, ROLE, Site, eventually_none

SLEEP = """
    import subprocess, time
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    print("sleeping", flush=True)
    time.sleep(600)
"""


def test_a_run_gets_its_arguments_modules_and_role_and_writes_its_log(site):
    site.put("lib/helping.py", "NAME = 'helper'\n")
    site.create(
        """
        import os, sys, boto3, helping
        from awsglue.utils import getResolvedOptions
        found = getResolvedOptions(sys.argv, ["JOB_NAME", "colour", "size", "kept"])
        print(found["JOB_NAME"], found["colour"], found["size"], found["kept"], found["JOB_RUN_ID"], found["job_bookmark_option"])
        print(boto3.client("sts").get_caller_identity()["Arn"])
        print(helping.NAME, [name for name in sys.argv if name.startswith("--extra")])
        try:
            import localcloud
        except ImportError as error:
            print(error)
        try:
            getResolvedOptions(sys.argv, ["absent"])
        except Exception as error:
            print(type(error).__name__, error)
        print("to stderr", file=sys.stderr)
        """,
        DefaultArguments={"--colour": "red", "--size": "1", "--kept": "a", "--extra-py-files": f"s3://{site.name}/lib/helping.py"},
        NonOverridableArguments={"--kept": "b"},
    )
    run_id = site.start(Arguments={"--size": "2", "--kept": "c"})
    run = site.ended(run_id)
    assert run["JobRunState"] == "SUCCEEDED", run
    assert run["Arguments"] == {"--size": "2", "--kept": "c"}
    assert run["ExecutionTime"] >= 1
    assert run["CompletedOn"] >= run["StartedOn"]
    assert site.log(run_id, "output") == [
        f"{site.name} red 2 b {run_id} job-bookmark-disable",
        f"arn:aws:sts::000000000000:assumed-role/{ROLE}/GlueJobRunnerSession",
        "helper []",
        "No module named 'localcloud'",
        "GlueArgumentError the following arguments are required: --absent",
    ]
    assert site.log(run_id, "error") == ["to stderr"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("1 / 0", "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 1; ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("def broken(:", "Error Category: SYNTAX_ERROR; Failed Line Number: 1; SyntaxError"),
        ("import os\nos.kill(os.getpid(), 9)", "Command failed with signal 9"),
        ("from awsglue.transforms import *\nApplyMapping.apply(frame=None)", "awsglue.transforms.ApplyMapping is not in the local cloud"),
    ],
    ids=["exception", "exit", "syntax", "killed", "missing"],
)
def test_a_run_that_fails_says_why(site, script, message):
    site.create(script)
    run = site.ended(site.start())
    assert run["JobRunState"] == "FAILED"
    assert message in run["ErrorMessage"]


def test_a_run_fails_without_its_script_or_with_a_role_that_may_not_read_it(site, cloud):
    site.create()
    site.s3.delete_object(Bucket=site.name, Key="job.py")
    run = site.ended(site.start())
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith(f"LAUNCH ERROR | s3://{site.name}/job.py cannot be read")
    create_role(cloud.client("iam"), "Powerless")
    site.put("job.py", "print('never')")
    site.glue.update_job(
        JobName=site.name,
        JobUpdate={"Role": "Powerless", "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{site.name}/job.py"}},
    )
    run = site.ended(site.start())
    assert "(403)" in run["ErrorMessage"]


def test_failures_are_tried_again(site):
    site.create("raise ValueError('no')", MaxRetries=2)
    first = site.start()
    wait_for(lambda: len(site.runs()) == 3 and site.runs()[0]["JobRunState"] == "FAILED", "the third failure", 30)
    assert [run["Id"] for run in reversed(site.runs())] == [first, f"{first}_attempt_1", f"{first}_attempt_2"]
    assert [run["Attempt"] for run in site.runs()] == [2, 1, 0]
    assert site.runs()[0]["PreviousRunId"] == f"{first}_attempt_1"


def test_timeout_limit_and_cancellation_end_all_processes(site):
    site.create(SLEEP, Timeout=3)
    run_id = site.start()
    site.reached(run_id, "RUNNING")
    assert process.of_run(run_id)
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        site.start()
    assert site.ended(run_id)["JobRunState"] == "TIMEOUT"
    assert "timeout of 3 minutes" in site.run(run_id)["ErrorMessage"]
    eventually_none(lambda: process.of_run(run_id), "processes after a timeout")

    run_id = site.start(Timeout=100)
    site.reached(run_id, "RUNNING")
    wait_for(lambda: site.log(run_id, "output") == ["sleeping"], "a line of the log while the run goes on")
    answer = site.glue.batch_stop_job_run(JobName=site.name, JobRunIds=[run_id, "jr_unknown"])
    assert [done["JobRunId"] for done in answer["SuccessfulSubmissions"]] == [run_id]
    assert answer["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert site.ended(run_id)["JobRunState"] == "STOPPED"
    eventually_none(lambda: process.of_run(run_id), "processes after a cancellation")
    stopped = site.glue.batch_stop_job_run(JobName=site.name, JobRunIds=[run_id])["Errors"][0]["ErrorDetail"]
    assert "is not running, it is STOPPED" in stopped["ErrorMessage"]


def test_logs_go_where_the_job_says_and_their_absence_does_not_stop_it(site, cloud):
    site.create("print('here')", DefaultArguments={"--custom-logGroup-prefix": f"/jobs/{site.name}"})
    run_id = site.start()
    assert site.ended(run_id)["JobRunState"] == "SUCCEEDED"
    assert site.log(run_id, "output", f"/jobs/{site.name}") == ["here"]
    create_role(cloud.client("iam"), "Silent", allow=["s3:GetObject"])
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{site.name}/job.py"}
    site.glue.update_job(JobName=site.name, JobUpdate={"Role": "Silent", "Command": command})
    assert site.ended(site.start())["JobRunState"] == "SUCCEEDED"


def test_no_run_outlives_the_local_cloud(tmp_path):
    cloud = Cloud(tmp_path).start()
    try:
        create_role(cloud.client("iam"), ROLE, allow=ALLOWED)
        site = Site("outliving", cloud)
        site.create(SLEEP, Tags={"a": "b"})
        killed = site.start()
        wait_for(lambda: site.run(killed)["JobRunState"] == "RUNNING" and len(process.of_run(killed)) > 1, "the run's processes", 30)
        cloud.stop(kill=True)
        eventually_none(lambda: [number for number in process.of_run(killed) if not asleep(number)], "processes after a kill")
        cloud.start()
        eventually_none(lambda: process.of_run(killed), "processes after the next start")
        assert site.run(killed)["JobRunState"] == "FAILED"
        assert "The local cloud stopped" in site.run(killed)["ErrorMessage"]
        arn = f"arn:aws:glue:us-east-1:000000000000:job/{site.name}"
        assert site.glue.get_tags(ResourceArn=arn)["Tags"] == {"a": "b"}

        stopped = site.start()
        site.reached(stopped, "RUNNING")
        cloud.stop()
        assert process.of_run(stopped) == []
        cloud.start()
        assert site.run(stopped)["JobRunState"] == "STOPPED"
    finally:
        cloud.stop()


def asleep(number):
    """Is it the sleep that left the run's session, which only the next start can find?"""
    try:
        with open(f"/proc/{number}/cmdline", "rb") as file:
            return file.read().startswith(b"sleep")
    except OSError:
        return True
