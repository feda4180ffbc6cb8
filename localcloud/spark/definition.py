"""What a job is: the members that Glue's API knows, their defaults, and what is refused here."""

import time

from localcloud.engine import ServiceError

#: The local Spark is 3.5, as in Glue 5; scripts for older versions mostly run on it too.
GLUE_VERSIONS = ("3.0", "4.0", "5.0", "5.1")
DEFAULT_VERSION = "5.0"
WORKERS = {"G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8, "G.12X": 12, "G.16X": 16, "R.1X": 1, "R.2X": 2, "R.4X": 4, "R.8X": 8}
_KEPT = (
    "JobMode",
    "JobRunQueuingEnabled",
    "Description",
    "LogUri",
    "Role",
    "Command",
    "DefaultArguments",
    "NonOverridableArguments",
    "MaxRetries",
    "Timeout",
    "NotificationProperty",
    "GlueVersion",
    "ExecutionProperty",
    "ExecutionClass",
    "MaintenanceWindow",
)
_REFUSED = ("Connections", "SecurityConfiguration", "CodeGenConfigurationNodes", "SourceControlDetails")
#: Arguments that ask for what is not here; better an error than a run that does something else.
REFUSED_ARGUMENTS = {
    "--extra-jars": "",
    "--additional-python-modules": "",
    "--enable-glue-datacatalog": "false",
    "--datalake-formats": "",
    "--customer-driver-env-vars": "",
    "--customer-executor-env-vars": "",
    "--python-modules-installer-option": "",
    "--job-bookmark-from": "",
    "--job-bookmark-to": "",
}


def invalid(message):
    return ServiceError("InvalidInputException", message)


def made(name, body, created):
    """The job as GetJob shows it, from CreateJob's or UpdateJob's members; ServiceError if it cannot be."""
    for member in _REFUSED:
        if body.get(member):
            raise invalid(f'Job {name}: {member} is not in the local cloud; see docs/local-cloud.md, "Glue jobs"')
    for member in ("Role", "Command"):
        if not body.get(member):
            raise invalid(f"Job {name}: {member} is missing")
    job = {"Name": name} | {member: body[member] for member in _KEPT if body.get(member) is not None}
    job["Command"] = _command(name, job["Command"])
    job.setdefault("Description", "")
    job.setdefault("JobMode", "SCRIPT")
    job.setdefault("JobRunQueuingEnabled", False)
    job.setdefault("GlueVersion", DEFAULT_VERSION)
    if job["GlueVersion"] not in GLUE_VERSIONS:
        raise invalid(f"Job {name}: GlueVersion is one of {', '.join(GLUE_VERSIONS)} in the local cloud, not {job['GlueVersion']!r}")
    job.setdefault("MaxRetries", 0)
    if not 0 <= job["MaxRetries"] <= 10:
        raise invalid(f"Job {name}: MaxRetries is from 0 to 10, not {job['MaxRetries']}")
    job["ExecutionProperty"] = {"MaxConcurrentRuns": 1} | job.get("ExecutionProperty", {})
    if job["ExecutionProperty"]["MaxConcurrentRuns"] < 1:
        raise invalid(f"Job {name}: MaxConcurrentRuns is at least 1, not {job['ExecutionProperty']['MaxConcurrentRuns']}")
    job.setdefault("Timeout", 480 if job["GlueVersion"] >= "5" else 2880)
    job.setdefault("ExecutionClass", "STANDARD")
    for member in ("DefaultArguments", "NonOverridableArguments"):
        check_arguments(f"Job {name}: {member}", job.get(member, {}))
    job |= capacity(name, body)
    return job | {"CreatedOn": created, "LastModifiedOn": time.time()}


def _command(name, command):
    kind = command.get("Name")
    if kind != "glueetl":
        raise invalid(f"Job {name}: the local cloud runs commands of the name glueetl, not {kind!r}")
    if not str(command.get("ScriptLocation", "")).startswith("s3://"):
        raise invalid(f"Job {name}: ScriptLocation is an s3:// address, not {command.get('ScriptLocation')!r}")
    if command.get("PythonVersion", "3") not in ("3", "3.9"):
        raise invalid(f"Job {name}: PythonVersion is 3, not {command['PythonVersion']!r}")
    return {"PythonVersion": "3"} | command


def capacity(name, body):
    """Workers or DPUs, as they were given; the default is ten DPUs."""
    kind, number, most = body.get("WorkerType"), body.get("NumberOfWorkers"), body.get("MaxCapacity") or body.get("AllocatedCapacity")
    if kind or number:
        if most:
            raise invalid(f"Job {name}: give WorkerType and NumberOfWorkers, or MaxCapacity, not both")
        if not (kind and number):
            raise invalid(f"Job {name}: WorkerType and NumberOfWorkers go together")
        if kind not in WORKERS:
            raise invalid(f"Job {name}: WorkerType is one of {', '.join(WORKERS)}, not {kind!r}")
        if number < 2:
            raise invalid(f"Job {name}: a Spark job has at least 2 workers, not {number}")
        most = float(number * WORKERS[kind])
        return {"WorkerType": kind, "NumberOfWorkers": number, "MaxCapacity": most, "AllocatedCapacity": int(most)}
    most = float(most or 10)
    return {"MaxCapacity": most, "AllocatedCapacity": int(most)}


def check_arguments(where, arguments):
    """ServiceError for an argument without dashes, or one that asks for what is not here."""
    for name, value in arguments.items():
        if not name.startswith("--"):
            raise invalid(f"{where}: an argument's name begins with --, this is {name!r}")
        if name in REFUSED_ARGUMENTS and value not in ("", REFUSED_ARGUMENTS[name]):
            raise invalid(f'{where}: {name} is not in the local cloud; see docs/local-cloud.md, "Glue jobs"')
