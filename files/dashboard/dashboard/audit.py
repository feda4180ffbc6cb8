"""Audit records: what became of each input file. Pure; reading them from S3 is the board's work."""

import json
from dataclasses import dataclass, field
from datetime import datetime

from dashboard import values

MAX_BYTES = 1 << 20  # a record is a few kilobytes; what is larger is none
COUNTS = ("in", "kept", "dropped", "rejected")
STATUSES = ("processed", "rejected", "publishing")  # the last: judged, but not all outputs can be seen yet


@dataclass(frozen=True)
class Record:
    """One file processed. `problem` says what is wrong with the record itself, and then the rest may be empty.

    `rows` has the keys of COUNTS; `rejected_key` is the object that holds the rejects, or None.
    """

    key: str
    modified: datetime
    problem: str = ""
    source_key: str = ""
    source_version: str = ""
    source_size: int | None = None
    event_time: datetime | None = None
    status: str = ""
    reason: str = ""
    rows: dict = field(default_factory=dict)
    dropped_by_rule: dict = field(default_factory=dict)
    rejected_by_reason: dict = field(default_factory=dict)
    extra_columns: tuple = ()
    processed_key: str | None = None
    rejected_key: str | None = None

    @property
    def balance(self):
        """Rows in that are neither kept, dropped nor rejected: 0 where nothing is lost."""
        return self.rows["in"] - self.rows["kept"] - self.rows["dropped"] - self.rows["rejected"] if self.rows else 0


def parse(body, key, modified, rejected_prefix):
    """The Record of an audit object's bytes; one that cannot be read comes with its `problem`, and raises nothing."""
    if len(body) > MAX_BYTES:
        return Record(key, modified, f"the record is larger than {MAX_BYTES:,} bytes")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        return Record(key, modified, f"the record is not JSON: {error}")
    try:
        return _record(data, key, modified, rejected_prefix)
    except _Malformed as error:
        return Record(key, modified, f"the record {error}")


def is_below(key, prefix):
    """Whether an object's key lies below a prefix, by plain names only: nothing empty, `.` or `..` on the way."""
    return key.startswith(prefix) and not {"", ".", ".."} & set(key.split("/"))


class _Malformed(Exception):
    pass


def _record(data, key, modified, rejected_prefix):
    if not isinstance(data, dict):
        raise _Malformed("is no JSON object")
    source = _get(data, "source", dict)
    output = _get(data, "output", dict)
    rows = _counts(data, "rows")
    if set(COUNTS) - set(rows):
        raise _Malformed(f"lacks rows.{min(set(COUNTS) - set(rows))}")
    rejected = _get(output, "rejected", str, None)
    if rejected is not None and not is_below(rejected, rejected_prefix):
        raise _Malformed(f"names rejects outside {rejected_prefix}: {rejected!r:.80}")
    status = _get(data, "status", str)
    if status not in STATUSES:
        raise _Malformed(f"has the unknown status {status!r:.40}")
    told = _get(data, "event_time", str, None)  # only where rules depend on it
    event_time = values.moment(told) if told else None
    if told and event_time is None:
        raise _Malformed(f"has an event_time that is no time: {data['event_time']!r:.40}")
    return Record(
        key=key,
        modified=modified,
        source_key=_get(source, "key", str),
        source_version=_get(source, "version_id", str, None) or "",
        source_size=_get(source, "size", int, None),
        event_time=event_time,
        status=status,
        reason=_get(data, "reason", str, None) or "",
        rows={name: rows[name] for name in COUNTS},
        dropped_by_rule=_counts(data, "dropped_by_rule"),
        rejected_by_reason=_counts(data, "rejected_by_reason"),
        extra_columns=tuple(str(name) for name in _get(data, "extra_columns", list, []) or []),
        processed_key=_get(output, "processed", str, None),
        rejected_key=rejected,
    )


_NEEDED = object()


def _get(data, name, kind, default=_NEEDED):
    """A member of the right type; null counts as absent."""
    value = data.get(name)
    if value is None:
        if default is _NEEDED:
            raise _Malformed(f"lacks {name}")
        return default
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _Malformed(f"has the wrong type in {name}: {value!r:.40}")
    return value.encode("utf-8", "replace").decode() if kind is str else value


def _counts(data, name):
    """{text: non-negative int} of a member that may be absent."""
    found = _get(data, name, dict, {})
    for label, count in found.items():
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise _Malformed(f"has no count in {name}.{label:.40}: {count!r:.40}")
    return {label.encode("utf-8", "replace").decode(): count for label, count in found.items()}
