"""The driver of one run of a job: fetches the script with the role's credentials, runs it, and tells how it ended.

`python glue_run.py RUN.json`; the file has script, name, arguments (a list), py_files, files, bookmark (a path), watch and tell
(file descriptors). What it tells is a line of JSON each: {"state": "RUNNING"}, {"bookmark": {…}}, {"error": "…"}.
"""

import json
import os
import runpy
import signal
import sys
import threading
import traceback
from pathlib import Path

_run = {}
#: The exceptions' names that Glue has categories for; anything else is UNCLASSIFIED_ERROR.
_CATEGORIES = {
    "AnalysisException": "QUERY_ERROR",
    "ParseException": "QUERY_ERROR",
    "ImportError": "IMPORT_ERROR",
    "ModuleNotFoundError": "IMPORT_ERROR",
    "SyntaxError": "SYNTAX_ERROR",
    "IndentationError": "SYNTAX_ERROR",
}


def main():
    _run.update(json.loads(Path(sys.argv[1]).read_text()))
    for number in (_run["watch"], _run["tell"]):
        os.set_inheritable(number, False)
    threading.Thread(target=_end_with_the_local_cloud, daemon=True).start()
    sys.path.pop(0)  # this file's own folder
    try:
        script = _fetch()
    except Exception as error:
        traceback.print_exc()
        _tell(error=f"LAUNCH ERROR | {error}")
        return 1
    _tell(state="RUNNING")
    sys.path.insert(0, str(script.parent))
    sys.argv = [str(script), *_run["arguments"]]
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as error:
        if error.code in (None, 0):
            return 0
        print(f"SystemExit: {error.code}", file=sys.stderr)
        _tell(error=f"SystemExit: {error.code}")
        return 1
    except BaseException as error:
        # From the script's own first line on: what ran it is of no interest.
        traceback.print_exception(type(error), error, _within(error.__traceback__, script))
        _tell(error=message(error, script))
        return 1
    return 0


def message(error, script):
    """How Glue words a run's error: category, the script's line, the exception."""
    name = type(error).__name__
    line = error.lineno if isinstance(error, SyntaxError) else _line(error.__traceback__, script)
    text = str(error)
    said = _java(error)
    if said:  # an exception of the JVM, whose own message counts
        category = "PERMISSION_ERROR" if "AccessControlException" in said[0] or "Status Code: 403" in said[1] else "UNCLASSIFIED_ERROR"
        text = f"{text.splitlines()[0].rstrip('.').rstrip(':')}. {said[1]}"
    else:
        category = "PERMISSION_ERROR" if "AccessDenied" in text else _CATEGORIES.get(name, "UNCLASSIFIED_ERROR")
        text = f"{name}: {text}"
    where = f"Failed Line Number: {line}; " if line else ""
    return f"Error Category: {category}; {where}{text}"


def _java(error):
    """(class, message) of the innermost cause of a Java exception, or None."""
    cause = getattr(error, "java_exception", None)
    if cause is None:
        return None
    try:
        while cause.getCause() is not None:
            cause = cause.getCause()
        return cause.getClass().getName(), str(cause.getMessage() or cause.getClass().getName()).split("\n\tat ")[0].strip()
    except Exception:  # the JVM is gone
        return None


def _line(found, script):
    number = None
    while found:
        if found.tb_frame.f_code.co_filename == str(script):
            number = found.tb_lineno
        found = found.tb_next
    return number


def _within(found, script):
    while found and found.tb_frame.f_code.co_filename != str(script):
        found = found.tb_next
    return found


def _fetch():
    """The script's path; beside it what --extra-files names, and --extra-py-files where Python and its workers find them."""
    import boto3

    s3 = boto3.client("s3")

    def get(address, folder):
        bucket, _, key = address.partition("://")[2].partition("/")
        folder.mkdir(exist_ok=True)
        path = folder / key.rpartition("/")[2]
        try:
            s3.download_file(bucket, key, str(path))
        except Exception as error:
            raise RuntimeError(f"{address} cannot be read: {error}") from error
        return path

    modules = Path("modules").resolve()
    for address in _run["py_files"]:
        path = get(address, modules)
        found = str(path if path.suffix in (".zip", ".egg", ".whl") else modules)
        if found not in sys.path:
            sys.path.insert(0, found)
            os.environ["PYTHONPATH"] = os.pathsep.join([found, os.environ["PYTHONPATH"]])
    for address in _run["files"]:
        get(address, Path())
    return get(_run["script"], Path("script").resolve())


def _tell(**said):
    # One write at a time: the driver has one thread that tells.
    with os.fdopen(os.dup(_run["tell"]), "w") as out:
        out.write(json.dumps(said) + "\n")


def bookmark():
    """The job's bookmark as the last commit left it: {context: {address: mark}}."""
    path = Path(_run["bookmark"])
    return json.loads(path.read_text()) if path.exists() else {}


def keep_bookmark(state):
    """Make `state` the job's bookmark, at once for the rest of this run too."""
    Path(_run["bookmark"]).write_text(json.dumps(state))
    _tell(bookmark=state)


def _end_with_the_local_cloud():
    """The other end of `watch` closes when the local cloud goes, however it goes; then all of the run goes."""
    os.read(_run["watch"], 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.modules["glue_run"] = sys.modules["__main__"]
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the script do not keep a run alive; the JVM goes with this process.
    active = sys.modules.get("pyspark.context")
    if active and active.SparkContext._active_spark_context:
        active.SparkContext._active_spark_context.stop()
    os._exit(code)
