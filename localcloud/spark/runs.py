"""Runs of jobs: their records, and the threads that see them through."""

import contextlib
import json
import logging
import os
import secrets
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloudwatch import glue_events
from localcloud.crawler import identity
from localcloud.engine import ServiceError, make_client
from localcloud.iam import sessions
from localcloud.spark import arguments, definition, environment, java, process, settings
from localcloud.spark.logs import GROUP, Stream

logger = logging.getLogger(__name__)

UNDER_WAY = ("STARTING", "RUNNING", "STOPPING", "WAITING")
MOST_RUNS = 200  # kept of each job
_STOP_WAIT = 10.0  # seconds that an orderly stop gives what ends the runs
#: What an account may have at once; AWS's quota is larger, this machine is not.
MOST_AT_ONCE = 4


@dataclass
class _Live:
    """A run under way: `ends_as` says why it was ended, when somebody did."""

    thread: threading.Thread = None
    process: subprocess.Popen = None
    ends_as: str | None = None
    message: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)


class Runs:
    """`store`: of the jobs, whose records hold their runs, newest last, under "runs". `clients(service, region)`: with Glue's own rights.

    `cloud`: the local cloud's settings.
    """

    def __init__(self, cloud, store, bookmarks, clients):
        self.cloud, self.store, self.bookmarks, self.clients = cloud, store, bookmarks, clients
        self.spark = settings.from_environment()
        self.folder = cloud.state_dir / "spark"
        self._live, self._turns = {}, threading.Semaphore(MOST_AT_ONCE)
        self._stopping = False

    def start(self):
        """After a start of the local cloud: what a killed one left is ended and told."""
        left = self.folder / "runs"
        for path in left.iterdir() if left.exists() else ():
            process.kill(path.name)
            shutil.rmtree(path, ignore_errors=True)
        with self.store.lock:
            for _, record in self.store.everything():
                for run in record["runs"]:
                    if run["JobRunState"] in UNDER_WAY:
                        _ended(run, "FAILED", "The local cloud stopped while this run was under way.")
            self.store.save()

    def stop(self):
        with self.store.lock:
            self._stopping = True
            live = list(self._live.values())
        for each in live:
            self._end(each, "STOPPED", "The local cloud was stopped while this run was under way.")
        deadline = time.monotonic() + _STOP_WAIT
        for each in live:
            each.thread.join(max(0.0, deadline - time.monotonic()))

    def begin(self, region, record, body, trigger=None):
        """Start a run; its record. Hold the store's lock. `body`: StartJobRun's members, or a trigger's action."""
        job = record["job"]
        name, most = job["Name"], job["ExecutionProperty"]["MaxConcurrentRuns"]
        if self._stopping:
            raise ServiceError("InternalServiceException", "the local cloud is stopping", 500)
        definition.check_arguments(f"Job {name}: Arguments", body.get("Arguments") or {})
        if sum(run["JobRunState"] in UNDER_WAY for run in record["runs"]) >= most:
            raise ServiceError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}")
        return self._add(region, record, _new_run(job, body, trigger))

    def _add(self, region, record, run):
        record["runs"] = [*record["runs"][-(MOST_RUNS - 1) :], run]
        self.store.save()
        live = self._live[run["Id"]] = _Live()
        job = json.loads(json.dumps(record["job"]))
        live.thread = threading.Thread(target=self._see_through, args=(region, job, run, live), name=f"glue-{run['Id'][:12]}", daemon=True)
        live.thread.start()
        return run

    def cancel(self, run):
        """Stop a run under way. Hold the store's lock."""
        run |= {"JobRunState": "STOPPING", "LastModifiedOn": time.time()}
        self.store.save()
        self._end(self._live[run["Id"]], "STOPPED", None)

    def wait(self, run_ids, seconds):
        """Wait until runs have ended."""
        deadline = time.monotonic() + seconds
        for live in [self._live[each] for each in run_ids if each in self._live]:
            live.thread.join(max(0.0, deadline - time.monotonic()))

    def _end(self, live, state, message):
        if live.ends_as is None:
            live.ends_as, live.message = state, message
        live.stop.set()

    # -- the thread of a run

    def _see_through(self, region, job, run, live):
        state, message = "FAILED", None
        key = None
        folder = self.folder / "runs" / run["Id"]
        try:
            with self._turn(live) as has_turn:
                if has_turn:
                    arn = identity.require_role(self.clients("iam", region), job["Role"])
                    made = sessions.service_session(arn, identity.PRINCIPAL, "GlueJobRunnerSession", seconds=None)
                    key = made["AccessKeyId"]
                    state, message = self._run(region, job, run, live, made, folder)
        except (ServiceError, java.JavaError, ClientError, BotoCoreError, ValueError) as error:
            message = str(error)
        except Exception as error:
            logger.exception("run %s of job %s", run["Id"], job["Name"])
            message = f"Internal service error: {type(error).__name__}: {error}"
        finally:
            process.kill(run["Id"])
            shutil.rmtree(folder, ignore_errors=True)
            if key:
                sessions.end(key)
        if live.ends_as:
            state, message = live.ends_as, live.message
        with self.store.lock:
            _ended(run, state, message)
            del self._live[run["Id"]]
            record = self.store.region(region).get(job["Name"])
            if record and state == "FAILED" and run["Attempt"] < job["MaxRetries"] and not self._stopping:
                self._add(region, record, _again(run))
            self.store.save()
        if not self._stopping:
            glue_events.job_ended(job["Name"], run["Id"], state, message, self.cloud.account, region)

    @contextlib.contextmanager
    def _turn(self, live):
        """Whether the run may start, after a wait while too many others run; not if it was stopped meanwhile."""
        got = False
        while not got and not live.stop.is_set():
            got = self._turns.acquire(timeout=0.2)
        try:
            yield got
        finally:
            if got:
                self._turns.release()

    def _run(self, region, job, run, live, made, folder):
        """(state, message) of a run from its process's start to its end."""
        given = arguments.merged(job, run)
        home = java.find()
        libraries = java.file_system(home, self.folder / "cache")
        python, packages = environment.prepare(self.folder / "python")
        folder.mkdir(parents=True)
        for name in ("tmp", "work"):
            (folder / name).mkdir()
        defaults = environment.spark_defaults(self.spark, libraries, folder, arguments.spark_conf(given))
        configuration = environment.write_configuration(folder, defaults)
        variables = environment.variables(self.cloud, region, made, run["Id"], python, packages, configuration, folder, home)
        credentials = made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]
        logs = make_client("logs", self.cloud.endpoint_url, region, "glue", credentials)
        before = self.bookmarks.read(region, job["Name"])
        (folder / "bookmark.json").write_text(json.dumps(before["state"] if before else {}))
        watch, ours = os.pipe()
        told, tell = os.pipe()
        try:
            content = {
                "script": job["Command"]["ScriptLocation"],
                "arguments": arguments.of_script(given, job, run),
                "py_files": arguments.listed(given, "--extra-py-files"),
                "files": arguments.listed(given, "--extra-files"),
                "bookmark": str(folder / "bookmark.json"),
                "watch": watch,
                "tell": tell,
            }
            (folder / "run.json").write_text(json.dumps(content))
            command = [str(python), str(packages / "glue_run.py"), str(folder / "run.json")]
            live.process = process.start(command, folder / "work", variables, (watch, tell))
        except BaseException:
            for number in (watch, ours, told, tell):
                os.close(number)
            raise
        os.close(watch)
        os.close(tell)
        prefix = given.get("--custom-logGroup-prefix", GROUP).rstrip("/")
        streams = [
            Stream(live.process.stdout, logs, f"{prefix}/output", run["Id"]),
            Stream(live.process.stderr, logs, f"{prefix}/error", run["Id"]),
        ]
        listener = _Listener(told, lambda said: self._heard(region, job, run, said))
        try:
            self._watch(run, live)
        finally:
            process.kill(run["Id"], live.process.pid)
            live.process.wait()
            os.close(ours)
            listener.finish()
            for stream in streams:
                stream.finish(0.5 if self._stopping else 10)
        if live.process.returncode == 0 and listener.error is None:
            return "SUCCEEDED", None
        return "FAILED", listener.error or _died(live.process.returncode, streams[1].last)

    def _watch(self, run, live):
        """Until the driver ends, its time is up, or it is stopped."""
        minutes = run["Timeout"]
        deadline = time.monotonic() + minutes * self.spark.minute
        while live.process.poll() is None:
            if live.stop.wait(0.1):
                return
            if time.monotonic() > deadline:
                self._end(live, "TIMEOUT", f"Job run exceeded its timeout of {minutes} minutes")
                return

    def _heard(self, region, job, run, said):
        """What the driver tells on its way."""
        if "state" in said:
            with self.store.lock:
                if run["JobRunState"] == "STARTING":
                    run |= {"JobRunState": said["state"], "LastModifiedOn": time.time()}
                    self.store.save()
        if "bookmark" in said:
            with self.store.lock:
                if job["Name"] in self.store.region(region):
                    self.bookmarks.commit(region, job["Name"], run, said["bookmark"])


class _Listener:
    """Reads what a driver tells, a line of JSON each, until its end."""

    def __init__(self, descriptor, heard):
        self.error, self._heard, self._descriptor = None, heard, descriptor
        self._thread = threading.Thread(target=self._read, daemon=True, name="glue-listener")
        self._thread.start()

    def _read(self):
        with os.fdopen(self._descriptor, "r") as lines:
            for line in lines:
                try:
                    said = json.loads(line)
                except ValueError:  # it was killed in the middle of a line
                    continue
                if "error" in said:
                    self.error = said["error"]
                else:
                    self._heard(said)

    def finish(self):
        self._thread.join(5)


def _new_run(job, body, trigger):
    limits = {member: body[member] for member in ("WorkerType", "NumberOfWorkers", "MaxCapacity", "AllocatedCapacity") if body.get(member)}
    has_own = definition.capacity(job["Name"], limits) if limits else {}
    kept = ("WorkerType", "NumberOfWorkers", "MaxCapacity", "AllocatedCapacity")
    now = time.time()
    run = {
        "Id": f"jr_{secrets.token_hex(32)}",
        "Attempt": 0,
        "JobName": job["Name"],
        "JobMode": job["JobMode"],
        "JobRunQueuingEnabled": False,
        "StartedOn": now,
        "LastModifiedOn": now,
        "JobRunState": "STARTING",
        "PredecessorRuns": [],
        "ExecutionTime": 0,
        "Timeout": body.get("Timeout") or job["Timeout"],
        "LogGroupName": GROUP,
        "GlueVersion": job["GlueVersion"],
        "ExecutionClass": body.get("ExecutionClass") or job["ExecutionClass"],
        "Arguments": dict(body.get("Arguments") or {}),
    }
    run |= has_own or {member: job[member] for member in kept if member in job}
    if body.get("JobRunId"):
        run["PreviousRunId"] = body["JobRunId"]
    if trigger:
        run["TriggerName"] = trigger
    return run


def _again(run):
    """The next attempt of a run that failed."""
    first, attempt, now = run["Id"].partition("_attempt_")[0], run["Attempt"] + 1, time.time()
    fresh = {member: value for member, value in run.items() if member not in ("CompletedOn", "ErrorMessage")}
    return fresh | {
        "Id": f"{first}_attempt_{attempt}",
        "Attempt": attempt,
        "PreviousRunId": run["Id"],
        "StartedOn": now,
        "LastModifiedOn": now,
        "JobRunState": "STARTING",
        "ExecutionTime": 0,
    }


def _ended(run, state, message):
    """Write down in a run's record how it ended."""
    now = time.time()
    run |= {"JobRunState": state, "CompletedOn": now, "LastModifiedOn": now, "ExecutionTime": max(1, round(now - run["StartedOn"]))}
    if message:
        run["ErrorMessage"] = message[:4000]


def _died(code, last):
    """Why a driver ended that told nothing."""
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    said = f"; its last words: {last[-1]}" if last else ""
    return f"Command failed with {how}{said}"
