"""A plugin of botocore's: note every call of every client of this process, and answer some in AWS's place.

Loaded beside strict_botocore by BOTOCORE_EXPERIMENTAL__PLUGINS (see conftest.py), after it, so that a
call which AWS's model forbids is never noted.
"""

from types import SimpleNamespace

#: "service:Operation" of each call, in order; the runner empties it before each module.
CALLS = []

#: "service:Operation" → function of no arguments that returns (HTTP status, parsed answer), or None to send the call after all.
ANSWERS = {}

READS = ("Get", "List", "Describe", "Head", "BatchGet")


def initialize_client_plugin(client):
    """botocore calls this for each new client."""
    client.meta.events.register("before-call.*.*", note)


def note(model, **_):
    """Remember the call; botocore takes what this returns for the answer, unless it is None."""
    name = f"{model.service_model.service_name}:{model.name}"
    CALLS.append(name)
    answer = ANSWERS[name]() if name in ANSWERS else None
    return answer and (SimpleNamespace(status_code=answer[0]), answer[1])


def is_write(call):
    """Does this "service:Operation" change something?"""
    return not call.partition(":")[2].startswith(READS)


def error(status, code, message=""):
    """An answer that is an error."""
    return lambda: (status, {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}})


def lost(fields=None):
    """An answer that claims success although nothing was done."""
    return lambda: (200, {**(fields or {}), "ResponseMetadata": {"HTTPStatusCode": 200}})
