"""A plugin of botocore's: append each call of every client of this process to the file that NOTED_CALLS names.

Loaded beside strict_botocore by BOTOCORE_EXPERIMENTAL__PLUGINS; needs nothing but the standard library.
"""

import json
import os


def initialize_client_plugin(client):
    """botocore calls this for each new client."""
    client.meta.events.register("provide-client-params.*.*", note)


def note(params, model, **_):
    """A line for the call, in one write, so that processes do not mix theirs; one whose parameters are no JSON is none that reads."""
    try:
        line = json.dumps({"service": model.service_model.service_name, "operation": model.name, "parameters": params})
    except TypeError:
        return
    file = os.open(os.environ["NOTED_CALLS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)
