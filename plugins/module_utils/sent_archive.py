"""An archive that the action plugin sends only when its module needs it: what both of its modules share."""

import contextlib
import fcntl
import hashlib
import os
import shutil

#: Options of a module that takes a sent archive. `sent` and `sha256` are the action plugin's.
OPTIONS = {
    "archive": {"type": "path", "required": True},
    "source": {"type": "path", "default": ""},
    "sha256": {"default": ""},
    "sent": {"type": "path", "default": ""},
}


def digest(path):
    """SHA-256 of a file, or nothing where there is none."""
    found = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for part in iter(lambda: file.read(1 << 20), b""):
                found.update(part)
    except OSError:
        return ""
    return found.hexdigest()


def lacks(params):
    """Must the archive be sent before anything can be done with it? Without a source it is there already."""
    return bool(params["sha256"]) and digest(params["archive"]) != params["sha256"]


def take(params):
    """Lay what was sent where it belongs, at once; what came otherwise than it left is refused."""
    if not params["sent"]:
        return
    if digest(params["sent"]) != params["sha256"]:
        raise OSError("{} arrived otherwise than it was sent; try again".format(params["source"]))
    beside = params["archive"] + ".new"
    shutil.copyfile(params["sent"], beside)
    os.chmod(beside, 0o600)
    os.rename(beside, params["archive"])


@contextlib.contextmanager
def alone(params):
    """One at a time: when a run is killed, the module that it had begun on the server goes on, and the next run must wait for it."""
    with open(params["archive"] + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
