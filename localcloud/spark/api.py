"""Glue's actions on jobs, their runs and bookmarks, and their tags."""

import time
from datetime import UTC, datetime

from localcloud.crawler import identity
from localcloud.crawler.store import Store
from localcloud.engine import Engine, ServiceError
from localcloud.paging import page
from localcloud.spark import bookmarks, definition
from localcloud.spark.runs import UNDER_WAY, Runs
from localcloud.spark.triggers import Triggers

_ENDED_WAIT = 10.0  # seconds that DeleteJob gives a run to end


class SparkJobs(Triggers, Engine):
    """The jobs' part of Glue; triggers come from Triggers."""

    service, target_prefix = "glue", "AWSGlue"

    def __init__(self, settings, clock=lambda: datetime.now(UTC)):
        """`clock` tells schedules the time, as an aware datetime."""
        super().__init__(settings)
        folder = settings.state_dir / "spark"
        self.jobs = Store(folder / "jobs.json")
        self.bookmarks = bookmarks.Bookmarks(folder / "bookmarks")
        self.runs = Runs(settings, self.jobs, self.bookmarks, self.client)
        self._init_triggers(Store(folder / "triggers.json"), clock)

    def start(self):
        self.runs.start()
        self._start_triggers()

    def stop(self):
        self._stop_triggers()
        self.runs.stop()

    # -- definitions

    def create_job(self, request):
        body, name = request.body, request.body.get("Name")
        if not name:
            raise definition.invalid("Job name is missing: give Name")
        job = definition.made(name, body, time.time())
        identity.require_role(self.client("iam", request.region), body["Role"])
        with self.jobs.lock:
            if name in self.jobs.region(request.region):
                raise ServiceError("AlreadyExistsException", f"Job with name {name} already exists")
            self.jobs.region(request.region)[name] = {"job": job, "tags": dict(body.get("Tags") or {}), "runs": []}
            self.jobs.save()
        return {"Name": name}

    def update_job(self, request):
        """What JobUpdate does not have gets its default again, as on AWS."""
        body, name = request.body.get("JobUpdate") or {}, request.body.get("JobName")
        with self.jobs.lock:
            created = self._job(request, "JobName")["job"]["CreatedOn"]
        job = definition.made(name, body, created)
        identity.require_role(self.client("iam", request.region), body["Role"])
        with self.jobs.lock:
            self._job(request, "JobName")["job"] = job
            self.jobs.save()
        return {"JobName": name}

    def delete_job(self, request):
        """Runs under way are stopped; a job that is not there is no error."""
        name, region = request.body.get("JobName"), request.region
        with self.jobs.lock:
            record = self.jobs.region(region).pop(name, None)
            live = [run for run in record["runs"] if run["JobRunState"] in UNDER_WAY] if record else []
            for run in live:
                self.runs.cancel(run)
            self.jobs.save()
        self.runs.wait([run["Id"] for run in live], _ENDED_WAIT)
        self.bookmarks.delete(region, name)
        return {"JobName": name}

    def get_job(self, request):
        with self.jobs.lock:
            return {"Job": _shown(self._job(request, "JobName"))}

    def get_jobs(self, request):
        names, token = page(request.body, self._names(request.region))
        return {"Jobs": self._existing(request.region, names)} | token

    def batch_get_jobs(self, request):
        names = request.body.get("JobNames", [])
        found = self._existing(request.region, names)
        return {"Jobs": found, "JobsNotFound": sorted(set(names) - {job["Name"] for job in found})}

    def list_jobs(self, request):
        wanted = request.body.get("Tags") or {}
        with self.jobs.lock:
            records = self.jobs.region(request.region)
            names = sorted(name for name, record in records.items() if wanted.items() <= record["tags"].items())
        names, token = page(request.body, names, most=100)
        return {"JobNames": names} | token

    # -- runs

    def start_job_run(self, request):
        if request.body.get("SecurityConfiguration"):
            raise definition.invalid('SecurityConfiguration is not in the local cloud; see docs/local-cloud.md, "Glue jobs"')
        with self.jobs.lock:
            record = self._job(request, "JobName")
            before = request.body.get("JobRunId")
            if before and before not in [run["Id"] for run in record["runs"]]:
                raise ServiceError("EntityNotFoundException", f"Job run {before} of job {record['job']['Name']} is not found")
            return {"JobRunId": self.runs.begin(request.region, record, request.body)["Id"]}

    def get_job_run(self, request):
        with self.jobs.lock:
            return {"JobRun": _shown_run(self._run(request, request.body.get("RunId")))}

    def get_job_runs(self, request):
        with self.jobs.lock:
            record = self._job(request, "JobName")
            by_id = {run["Id"]: _shown_run(run) for run in reversed(record["runs"])}
        ids, token = page(request.body, list(by_id), most=200, ordered=False)
        return {"JobRuns": [by_id[each] for each in ids]} | token

    def batch_stop_job_run(self, request):
        done, errors = [], []
        name = request.body.get("JobName")
        for run_id in request.body.get("JobRunIds", []):
            try:
                with self.jobs.lock:
                    run = self._run(request, run_id)
                    if run["JobRunState"] not in UNDER_WAY:
                        raise ServiceError("InvalidInputException", f"Job run {run_id} is not running, it is {run['JobRunState']}")
                    if run["JobRunState"] != "STOPPING":
                        self.runs.cancel(run)
                done.append({"JobName": name, "JobRunId": run_id})
            except ServiceError as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
                errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": detail})
        return {"SuccessfulSubmissions": done, "Errors": errors}

    # -- bookmarks

    def get_job_bookmark(self, request):
        name = request.body.get("JobName")
        return {"JobBookmarkEntry": bookmarks.shown(name, _bookmark(name, self.bookmarks.read(request.region, name)))}

    def reset_job_bookmark(self, request):
        name = request.body.get("JobName")
        if request.body.get("RunId"):
            raise definition.invalid("ResetJobBookmark with RunId is not in the local cloud; without it the bookmark is reset to the start")
        with self.jobs.lock:
            return {"JobBookmarkEntry": bookmarks.shown(name, _bookmark(name, self.bookmarks.reset(request.region, name)))}

    # -- tags

    def concerns(self, request):
        """Is it about a job or a trigger? Tags of other things are asked by the same actions."""
        return "ResourceArn" not in request.body or self._tagged_kind(request)[0] is not None

    def tag_resource(self, request):
        store, record = self._tagged(request)
        with store.lock:
            record["tags"] |= request.body.get("TagsToAdd", {})
            store.save()
        return {}

    def untag_resource(self, request):
        store, record = self._tagged(request)
        with store.lock:
            for key in request.body.get("TagsToRemove", []):
                record["tags"].pop(key, None)
            store.save()
        return {}

    def get_tags(self, request):
        return {"Tags": dict(self._tagged(request)[1]["tags"])}

    def _tagged_kind(self, request):
        """(store, name) of the job or trigger of an ARN; (None, None) if it is of another kind."""
        arn = request.body["ResourceArn"]
        for kind, store in (("job", self.jobs), ("trigger", self.triggers)):
            prefix = f"arn:aws:glue:{request.region}:{request.account}:{kind}/"
            if arn.startswith(prefix):
                return store, arn[len(prefix) :]
        return None, None

    def _tagged(self, request):
        store, name = self._tagged_kind(request)
        with store.lock:
            record = store.region(request.region).get(name)
        if record is None:
            raise ServiceError("EntityNotFoundException", f"Resource {request.body['ResourceArn']} is not found")
        return store, record

    # -- within

    def _names(self, region):
        with self.jobs.lock:
            return sorted(self.jobs.region(region))

    def _existing(self, region, names):
        with self.jobs.lock:
            records = self.jobs.region(region)
            return [_shown(records[name]) for name in names if name in records]

    def _job(self, request, member):
        """The job's record; hold the store's lock."""
        name = request.body.get(member)
        record = self.jobs.region(request.region).get(name)
        if record is None:
            raise ServiceError("EntityNotFoundException", f"Entity not found: there is no job {name}")
        return record

    def _run(self, request, run_id):
        """A run's record; hold the store's lock."""
        found = [run for run in self._job(request, "JobName")["runs"] if run["Id"] == run_id]
        if not found:
            raise ServiceError("EntityNotFoundException", f"Entity not found: job {request.body['JobName']} has no run {run_id}")
        return found[0]


def _shown(record):
    return dict(record["job"])


def _shown_run(run):
    """A run as it is now; while it is under way, its time goes on."""
    going = run["JobRunState"] in UNDER_WAY
    return run | ({"ExecutionTime": round(time.time() - run["StartedOn"])} if going else {})


def _bookmark(name, found):
    if found is None:
        raise ServiceError("EntityNotFoundException", f"Entity not found: job {name} has no bookmark")
    return found
