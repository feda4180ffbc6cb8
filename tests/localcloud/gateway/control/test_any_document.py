"""Documents that are wrong anywhere: each is taken whole or refused, and what was taken can be served and written out."""

import copy
import json
import random

import pytest
import yaml

from localcloud.engine import ServiceError
from tests.localcloud.gateway.control.alone import ROLE, Control
from tests.localcloud.gateway.control.documents import clicks, swagger

VALUES = [None, 1, -1.5, True, "", "x", "#/info", [], [{}], {}, {"a": 1}, {"$ref": "#/info/title"}, {"$ref": 5}]


def places(part, path=()):
    """The path of each part of a document."""
    yield path
    for name, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from places(inner, (*path, name))


def spoiled(document, dice):
    """A copy with something else in one place."""
    document, path = copy.deepcopy(document), dice.choice(list(places(document)))
    if not path:
        return dice.choice(VALUES)
    at = document
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = dice.choice(VALUES)
    return document


def refused(call):
    """(what a call answers, None), or (None, the ServiceError with which it is refused)."""
    try:
        return call(), None
    except ServiceError as error:
        return None, error


@pytest.mark.parametrize("seed", range(4))
def test_a_document_is_taken_whole_or_not_at_all(tmp_path, seed):
    control, dice, taken = Control(tmp_path), random.Random(seed), 0
    for document in (clicks(ROLE), yaml.safe_load(swagger(ROLE))) * 15:
        body = json.dumps(spoiled(document, dice)).encode()
        api, error = refused(lambda body=body: control.do("import_rest_api", body=body))
        if error:
            assert error.code == "BadRequestException"
            assert control.do("get_rest_apis")["items"] == []
            continue
        taken += serves(control, api["id"])
        control.do("delete_rest_api", restApiId=api["id"])
    assert taken > 3


def serves(control, api_id):
    """Whether an API can be deployed; what can be, is served and written out."""
    _, error = refused(lambda: control.do("create_deployment", restApiId=api_id, stageName="v1"))
    if error:
        assert error.message in ("No integration defined for method", "The REST API doesn't contain any methods")
        return False
    assert control.registry.stage(api_id, "v1").api.id == api_id
    for kind in ("oas30", "swagger"):
        export = {"exportType": kind, "parameters": {"extensions": "apigateway"}}
        assert json.loads(control.do("get_export", restApiId=api_id, stageName="v1", **export)["body"])
    return True
