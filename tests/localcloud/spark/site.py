"""A bucket and a job in the tests' local cloud."""

import textwrap
import time

from tests.local_cloud import wait_for

ROLE = "Job-Role"
#: What docs/local-cloud.md says that a job's role needs.
ALLOWED = (
    *(f"s3:{action}" for action in ("ListBucket", "GetObject", "PutObject", "DeleteObject")),
    *(f"glue:{action}" for action in ("GetTable", "GetPartitions")),
    *(f"logs:{action}" for action in ("CreateLogGroup", "CreateLogStream", "PutLogEvents")),
)
UNDER_WAY = ("STARTING", "RUNNING", "STOPPING", "WAITING")


class Site:
    """A bucket and a job of one test, both of its name."""

    def __init__(self, name, cloud):
        self.name, self.cloud = name, cloud
        self.s3, self.glue, self.logs = (cloud.client(service) for service in ("s3", "glue", "logs"))
        self.s3.create_bucket(Bucket=name)

    def put(self, key, body):
        self.s3.put_object(Bucket=self.name, Key=key, Body=body.encode() if isinstance(body, str) else body)

    def keys(self, prefix=""):
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])]

    def create(self, script="", **members):
        """Make the job; its script is `script`."""
        self.put("job.py", textwrap.dedent(script))
        given = {"Name": self.name, "Role": ROLE, "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{self.name}/job.py"}}
        self.glue.create_job(**given | {"GlueVersion": "5.0", "WorkerType": "G.1X", "NumberOfWorkers": 2} | members)

    def start(self, **members):
        return self.glue.start_job_run(JobName=self.name, **members)["JobRunId"]

    def run(self, run_id):
        return self.glue.get_job_run(JobName=self.name, RunId=run_id)["JobRun"]

    def runs(self):
        """All, newest first."""
        return self.glue.get_job_runs(JobName=self.name)["JobRuns"]

    def reached(self, run_id, state):
        return wait_for(lambda: (run := self.run(run_id))["JobRunState"] == state and run, f"the state {state}", 60)

    def ended(self, run_id, seconds=120):
        return wait_for(lambda: (run := self.run(run_id))["JobRunState"] not in UNDER_WAY and run, "the run's end", seconds)

    def succeeded(self, **members):
        """Run the job to its end, which must be a success; the lines of its output."""
        run = self.ended(self.start(**members))
        assert run["JobRunState"] == "SUCCEEDED", (run.get("ErrorMessage"), self.log(run["Id"], "error"))
        return self.log(run["Id"], "output")

    def log(self, run_id, kind, prefix="/aws-glue/jobs"):
        events = self.logs.get_log_events(logGroupName=f"{prefix}/{kind}", logStreamName=run_id, startFromHead=True)["events"]
        return [event["message"] for event in events]


def eventually_none(found, what):
    """Wait until `found()` is empty."""
    deadline = time.monotonic() + 10
    while (left := found()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left, f"{what}: {left}"
