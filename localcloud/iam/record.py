"""What was asked of IAM for the request that is being served, for the journal."""

import contextvars
from dataclasses import dataclass, field


@dataclass
class Record:
    """`principal`: ARN, or None before (and without) authentication. `checks`: [action, resource, "allow" | "deny"]."""

    principal: str | None = None
    operation: str | None = None
    checks: list = field(default_factory=list)

    def check(self, action, resource, allowed):
        entry = [action, resource, "allow" if allowed else "deny"]
        if entry not in self.checks:
            self.checks.append(entry)


_current = contextvars.ContextVar("iam_record", default=None)


def begin():
    """A new Record for this request; what runs in its context finds it by `current`."""
    record = Record()
    _current.set(record)
    return record


def use(record):
    """Make `record` the current one; returns a token for `leave`."""
    return _current.set(record)


def leave(token):
    _current.reset(token)


def current():
    """The request's Record; outside of requests one that nobody reads."""
    return _current.get() or Record()


_listeners = []


def listen(listener):
    """`listener(service, record, via)` is told of what services do without a request."""
    _listeners.append(listener)


def note(service, told, via):
    """Tell of a Record of something that a service did by itself; `via`: that service's principal."""
    for listener in _listeners:
        listener(service, told, via)
