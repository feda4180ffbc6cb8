"""Job bookmarks: what each frame with a `transformation_ctx` has seen, kept when the job commits.

A file is known by its address, the time of its last change and its ETag. State: {context: {address: "time etag"}}.
"""

import glue_run

from awsglue.missing import refuse
from awsglue.utils import arguments

ENABLE, PAUSE = "job-bookmark-enable", "job-bookmark-pause"
_seen = None
_initialised = False


def init():
    """Start a job: from now on frames leave out what earlier runs have seen."""
    global _seen, _initialised
    if any(name in arguments() for name in ("job-bookmark-from", "job-bookmark-to")):
        refuse("--job-bookmark-from and --job-bookmark-to")
    _seen, _initialised = None, True


def _option():
    return arguments().get("job-bookmark-option")


def unseen(context, files):
    """Those of `files` (dicts with address, modified, etag) that no committed run saw in the frame named `context`."""
    global _seen
    if not (context and _initialised and _option() in (ENABLE, PAUSE)):
        return files
    before = glue_run.bookmark()
    known = before.get(context, {})
    if _option() == ENABLE:
        _seen = _seen or {}
        _seen.setdefault(context, {}).update({each["address"]: _mark(each) for each in files})
    return [each for each in files if known.get(each["address"]) != _mark(each)]


def commit():
    """Keep what this run's frames saw."""
    global _seen
    if not _initialised:
        raise RuntimeError("job.commit() comes after job.init()")
    if _option() == ENABLE:
        before = glue_run.bookmark()
        merged = {context: before.get(context, {}) | (_seen or {}).get(context, {}) for context in {*before, *(_seen or {})}}
        glue_run.keep_bookmark(merged)
    _seen = None


def _mark(file):
    return f"{file['modified']} {file['etag']}"
