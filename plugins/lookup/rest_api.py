"""Where a REST API of API Gateway is, and a key for it."""

DOCUMENTATION = r"""
name: rest_api
author: Headwater
short_description: Find a REST API of API Gateway and the value of a key
description:
  - The id that AWS gave the API of a name, the URL of its stage, and the value of an API key.
  - All of it is empty where the API is not there yet or AWS cannot be asked, so that whoever only reads an inventory needs no AWS.
    What was found is not asked for again by the same process.
options:
  _terms:
    description: Names of APIs.
    required: true
  stage:
    description: The stage that the URL leads to.
    type: str
    required: true
  key:
    description: Name of the API key whose value is wanted; empty for none.
    type: str
    default: ""
  url:
    description: How URLs are built, with C({id}) and C({stage}).
    type: str
    required: true
  environment:
    description: Environment variables for the AWS SDK, as a task's C(environment).
    type: dict
    default: {}
"""

EXAMPLES = r"""
clickstream_url: "{{ lookup('rest_api', 'clickstream-ingest-poc', stage='v1', url=execute_api_url, environment=aws_environment).url }}"
"""

RETURN = r"""
_list:
  description: C(id), C(url) and C(key) of each API.
  type: list
  elements: dict
"""

import contextlib
import importlib.util
import os
import time
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

SHARED = Path(__file__).resolve().parents[1] / "module_utils" / "api_gateway.py"
NOTHING = {"id": "", "url": "", "key": ""}
#: Tells botocore to hold requests against its models, by a plugin that this process may be unable to import.
NOT_TAKEN = ("BOTOCORE_EXPERIMENTAL__PLUGINS", "PYTHONPATH")
#: Seconds that a silent AWS is waited for.
PATIENCE = 5
#: AWS throttles by these names; and the seconds between tries, which are as many as modules make.
THROTTLES = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown")
PAUSES = (0.1, 0.2, 0.5, 1, 2, 4, 8, 8, 8)
#: (everything that was asked) → what was found; what was not found may be there soon.
_found = {}


@contextlib.contextmanager
def environment_of(variables):
    """The process's environment with these variables for a while, as a task's `environment` gives a module."""
    before = dict(os.environ)
    os.environ.update({name: str(value) for name, value in variables.items() if name not in NOT_TAKEN})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def api_gateway():
    """What our modules of API Gateway share, which Ansible gives lookups no way to import."""
    spec = importlib.util.spec_from_file_location("headwater_api_gateway", SHARED)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def named(*asked, **arguments):
    """As the modules have it: the one item of that name, or None."""
    shared = api_gateway()
    try:
        return shared.named(*asked, **arguments)
    except shared.SameNameError as error:
        raise AnsibleError(str(error)) from error


def find(client, name, stage, key, url):
    """{"id", "url", "key"}, empty for an API that is not there."""
    api = named(client, "get_rest_apis", "REST API", name)
    if not api:
        return NOTHING
    value = named(client, "get_api_keys", "API key", key, nameQuery=key, includeValues=True) if key else None
    return {"id": api["id"], "url": url.replace("{id}", api["id"]).replace("{stage}", stage), "key": (value or {}).get("value", "")}


def while_busy(ask, kind):
    """The answer of `ask`, asked again where AWS throttles or stumbles. `kind`: botocore's ClientError."""
    for seconds in PAUSES:
        try:
            return ask()
        except kind as error:
            answer = error.response
            if answer["ResponseMetadata"]["HTTPStatusCode"] < 500 and answer["Error"]["Code"] not in THROTTLES:
                raise
        time.sleep(seconds)
    return ask()


class LookupModule(LookupBase):
    """Asks API Gateway from this machine."""

    def run(self, terms, variables=None, *, stage, url, key="", environment=None):
        return [self.known(name, stage, key, url, environment or {}) for name in terms]

    def known(self, name, stage, key, url, environment):
        """What was found before, or is found now."""
        asked = (name, stage, key, url, *sorted((each, str(value)) for each, value in environment.items()))
        if asked in _found:
            return dict(_found[asked])
        # Whoever never looks one up needs no boto3.
        import botocore.session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        # Botocore would try as long to reach an AWS that is not there as it tries one that is busy.
        once = Config(connect_timeout=PATIENCE, read_timeout=PATIENCE, retries={"total_max_attempts": 1})
        try:
            with environment_of(environment):
                client = botocore.session.get_session().create_client("apigateway", config=once)
                found = while_busy(lambda: find(client, name, stage, key, url), ClientError)
        except ClientError as error:
            raise AnsibleError(f"REST API {name!r}: {error}") from error
        except BotoCoreError:
            return dict(NOTHING)
        if found["id"] and bool(found["key"]) == bool(key):
            _found[asked] = found
        return dict(found)
