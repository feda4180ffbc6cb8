"""A run's arguments: which count, which are Glue's own matter, what the script sees; pure."""

import hashlib

#: Glue's own, which a script does not see.
_CONSUMED = (
    "--extra-py-files",
    "--extra-files",
    "--extra-jars",
    "--conf",
    "--class",
    "--scriptLocation",
    "--job-language",
    "--custom-logGroup-prefix",
    "--custom-logStream-prefix",
    "--spark-event-logs-path",
    "--user-jars-first",
    "--additional-python-modules",
    "--python-modules-installer-option",
    "--datalake-formats",
)
_CONSUMED_STARTS = ("--enable-", "--continuous-log-", "--customer-driver-env-vars", "--customer-executor-env-vars")


def merged(job, run):
    """The job's default arguments, the run's over them, and over both those that cannot be overridden."""
    return job.get("DefaultArguments", {}) | run["Arguments"] | job.get("NonOverridableArguments", {})


def of_script(given, job, run):
    """sys.argv after the script's name."""
    seen = {name: value for name, value in given.items() if name not in _CONSUMED and not name.startswith(_CONSUMED_STARTS)}
    own = {
        "--job-bookmark-option": "job-bookmark-disable",
        "--JOB_ID": "j_" + hashlib.sha256(f"{job['Name']} {job['CreatedOn']}".encode()).hexdigest(),
        "--JOB_RUN_ID": run["Id"],
        "--JOB_NAME": job["Name"],
    }
    fixed = {name: own[name] for name in ("--JOB_ID", "--JOB_RUN_ID", "--JOB_NAME")}
    return [text for name, value in (own | seen | fixed).items() for text in (name, value)]


def listed(given, name):
    """The s3:// addresses of an argument that lists them with commas; ValueError for anything else."""
    found = [each.strip() for each in given.get(name, "").split(",") if each.strip()]
    for each in found:
        if not each.startswith("s3://"):
            raise ValueError(f"{name}: {each!r} is no s3:// address")
    return found


def spark_conf(given):
    """[(name, value)] of `--conf`, whose value may hold further ones: "a=1 --conf b=2"; ValueError for anything else."""
    out = []
    for part in given.get("--conf", "").split("--conf"):
        if part.strip():
            name, found, value = part.strip().partition("=")
            if not found:
                raise ValueError(f"--conf: {part.strip()!r} is not name=value")
            out.append((name, value))
    return out
