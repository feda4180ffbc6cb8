"""Names of a table's days: partitions, version folders, files. Plain text in, plain text out.

`<prefix>date=2026-11-21/v0/<name>.parquet` is a file of one input; `<prefix>date=2026-11-21/v20261122T013000000000Z/` is
a version that compaction made, with `merged-0001.parquet` and `_merged.json`. Names of versions sort by their age.
"""

import re
from datetime import UTC, date, datetime, timedelta

#: The version that exists from a day's first file on; it never has a manifest.
FIRST = "v0"
#: What a version folder holds besides data; readers of tables skip what begins with an underscore.
MANIFEST = "_merged.json"
_VERSION = re.compile(r"v(0|\d{8}T\d{12}Z)")
_MERGED = re.compile(r"merged-\d{4,}\.parquet")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=+-]{0,200}")


def checked_day(day):
    """`day` if it is a real date written YYYY-MM-DD; ValueError otherwise."""
    try:
        if date.fromisoformat(day).isoformat() == day:
            return day
    except (TypeError, ValueError):
        pass
    raise ValueError(f"the day is {day!r}; it must be a date such as 2026-11-21")


def checked_name(name):
    """`name` if it can name an input's file; ValueError otherwise."""
    if not _NAME.fullmatch(name) or is_merged(f"{name}.parquet"):
        raise ValueError(
            f"the name of a file is {name!r}; it must be letters, digits and ._=+- (at most 200), begin with a letter or digit, and not "
            "look like a merged file's"
        )
    return name


def folder(prefix, day, version=""):
    """Key prefix of a day, or of one of its versions; ends with a slash."""
    return f"{prefix}date={day}/" + (f"{version}/" if version else "")


def location(bucket, prefix, day, version):
    """The partition's Location for a version."""
    return f"s3://{bucket}/{folder(prefix, day, version)}"


def version_of(found, bucket, prefix, day):
    """The version that a Location names; None if it is no version folder of this day."""
    start = location(bucket, prefix, day, "")
    rest = found.rstrip("/").removeprefix(start) if found.startswith(start) else ""
    return rest if _VERSION.fullmatch(rest) else None


def is_merged(file):
    """Whether a file's name is one that compaction gives."""
    return bool(_MERGED.fullmatch(file))


def merged_file(number):
    """Name of the n-th file (from 1) that compaction writes into a version."""
    return f"merged-{number:04d}.parquet"


def place(key, prefix):
    """(day, version, file) of a key below `prefix`; None if it is not laid out like that."""
    match = re.fullmatch(r"date=(\d{4}-\d\d-\d\d)/([^/]+)/([^/]+)", key.removeprefix(prefix)) if key.startswith(prefix) else None
    return match.groups() if match and _VERSION.fullmatch(match[2]) else None


def new_version(now, existing):
    """A version's name for the time `now` (aware), younger than each of `existing`."""
    newest = max(existing, default=FIRST)
    name = _name_at(now)
    if name > newest:
        return name
    return _name_at(datetime.strptime(newest, "v%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC) + timedelta(microseconds=1))


def _name_at(time):
    return time.astimezone(UTC).strftime("v%Y%m%dT%H%M%S%fZ")
