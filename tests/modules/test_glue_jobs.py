"""Spark jobs beyond their life: runs, what goes with a job, paused and foreign triggers."""

import time

from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused


def job(aws, script, **members):
    """A new job's name, whose script is `script`."""
    bucket, name = aws.bucket(), unique("job")
    aws.client("s3").put_object(Bucket=bucket, Key="job.py", Body=script.encode())
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/job.py", "PythonVersion": "3"}
    given = {"Role": aws.role("glue.amazonaws.com")["RoleName"], "GlueVersion": "5.0", "WorkerType": "G.1X", "NumberOfWorkers": 2}
    aws.client("glue").create_job(Name=name, Command=command, **given | members)
    return name


@on("local")
def test_a_run_is_waited_for_and_tells_its_last_lines(aws):
    name = job(aws, "import sys\nprint('first')\nprint('n is', sys.argv[sys.argv.index('--n') + 1])", DefaultArguments={"--n": "1"})
    planned = done("glue_job_run", check=True, name=name)
    assert planned.changed
    assert planned.writes == []
    ran = done("glue_job_run", name=name, arguments={"--n": 2})
    assert ran.writes == ["glue:StartJobRun"]
    told, *lines = ran.result["message"]
    assert "ended as SUCCEEDED" in told
    assert lines == ["first", "n is 2"]
    assert done("glue_job_run", name=name, log_lines=1).result["message"][1:] == ["n is 1"]


@on("local")
def test_a_run_that_fails_is_an_error_after_its_last_try(aws):
    name = job(aws, "print('about to fail')\nraise ValueError('no rows')", MaxRetries=1)
    words = f"Glue job '{name}'", "_attempt_1 ended as FAILED", "ValueError: no rows", "The last lines of its log", "line 2, in <module>"
    refused("glue_job_run", *words, name=name)


@on("local")
def test_a_run_under_way_is_waited_for_first(aws):
    name = job(aws, "import time\ntime.sleep(2)")
    first = aws.client("glue").start_job_run(JobName=name)["JobRunId"]
    started = time.time()
    second = done("glue_job_run", name=name).result["run"]
    before = aws.client("glue").get_job_run(JobName=name, RunId=first)["JobRun"]
    assert before["JobRunState"] == "SUCCEEDED"
    assert second["Id"] != first
    assert before["CompletedOn"].timestamp() >= started
    aws.client("glue").start_job_run(JobName=name)
    refused("glue_job_run", "has as many runs as it may have at once still after 0 s", "raise wait_timeout", name=name, wait_timeout=0)


@on("local")
def test_a_run_without_end_is_an_error_that_names_the_setting(aws):
    name = job(aws, "import time\ntime.sleep(60)")
    refused("glue_job_run", "goes on still after 1 s", "raise wait_timeout", name=name, wait_timeout=1)
    done("glue_job_config", name=name, state="absent")


@on()
def test_a_job_that_does_not_exist_is_an_error(aws):
    refused("glue_job_run", "Glue job 'nobody'", "EntityNotFoundException", name="nobody")


@on("local")
def test_a_job_goes_with_its_runs_and_their_logs(aws):
    name, glue, logs = job(aws, "import time\nprint('up', flush=True)\ntime.sleep(60)"), aws.client("glue"), aws.client("logs")
    run = glue.start_job_run(JobName=name)["JobRunId"]
    streams = lambda: [  # noqa: E731 - one expression
        stream["logStreamName"]
        for group in logs.describe_log_groups(logGroupNamePrefix="/aws-glue/jobs/")["logGroups"]
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
    ]
    deadline = time.monotonic() + 30
    while run not in streams() and time.monotonic() < deadline:
        time.sleep(0.1)
    gone = done("glue_job_config", name=name, state="absent")
    assert gone.writes[0] == "glue:BatchStopJobRun"
    assert gone.writes[-1] == "glue:DeleteJob"
    assert run not in streams()


@on()
def test_an_argument_without_dashes_is_an_error(aws):
    refused("glue_job_config", "'--raw'", name="j", role="r", script="s3://b/k", arguments={"raw": "s3://b/raw/"})


@on("local")
def test_only_what_differs_of_a_job_is_written(aws):
    options = {"name": unique("job"), "role": aws.role("glue.amazonaws.com")["RoleName"], "script": "s3://b/a.py", "tags": {"a": "1"}}
    assert done("glue_job_config", **options).writes == ["glue:CreateJob"]
    assert done("glue_job_config", **options | {"tags": {"a": "2"}}).writes == ["glue:TagResource"]
    assert done("glue_job_config", **options | {"tags": {"a": "2"}, "workers": 4}).writes == ["glue:UpdateJob"]
    assert done("glue_job_config", **options | {"tags": {}, "workers": 4}).writes == ["glue:UntagResource"]


@on("local")
def test_a_paused_trigger_runs_again_and_one_of_another_type_is_replaced(aws):
    name, glue = job(aws, "pass"), aws.client("glue")
    options = {"name": name, "job": name, "schedule": "cron(10 * * * ? *)"}
    done("glue_trigger", **options)
    glue.stop_trigger(Name=name)
    assert done("glue_trigger", check=True, **options).differing == {"active"}
    assert done("glue_trigger", **options).writes == ["glue:StartTrigger"]
    glue.delete_trigger(Name=name)
    glue.create_trigger(Name=name, Type="ON_DEMAND", Actions=[{"JobName": name}])
    assert done("glue_trigger", **options).writes == ["glue:DeleteTrigger", "glue:CreateTrigger"]
    assert done("glue_trigger", **options | {"schedule": ""}).writes == ["glue:DeleteTrigger"]
