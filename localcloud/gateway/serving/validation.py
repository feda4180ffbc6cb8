"""Request validators: which parameters are missing, and what of a body is not as its model says. Pure."""

import itertools
import re

import jsonschema
from jsonschema import Draft4Validator, validators
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT4

from localcloud.gateway.serving import documents, wording
from localcloud.gateway.serving.refusals import Refused, of_request

#: How many reasons one answer names; the rest of a body is not looked at.
MOST_REASONS = 50


class Models:
    """The validators of an API's models, each made once. `models`: {name: JSON schema, draft 4}."""

    def __init__(self, api_id, models):
        self._models, self._made = models, {}
        start = f"https://apigateway.amazonaws.com/restapis/{api_id}/models/"
        resources = [(start + name, Resource(contents=schema, specification=DRAFT4)) for name, schema in models.items()]
        self._registry = Registry().with_resources(resources)

    def validator(self, name):
        """The validator of a model's name; None where no model of the name is there."""
        if name not in self._models:
            return None
        if name not in self._made:
            self._made[name] = _Validator(self._models[name], registry=self._registry)
        return self._made[name]


def check_parameters(required, request, path_parameters):
    """Refused if a parameter that must be there is not. `required`: {`method.request.…`: whether}."""
    missing = [
        expression.rpartition(".")[2]
        for expression, needed in required.items()
        if needed and not of_request(expression, request, path_parameters)
    ]
    if missing:
        raise Refused("BAD_REQUEST_PARAMETERS", f"Missing required request parameters: [{', '.join(missing)}]")


def check_body(validator, document):
    """Refused with all reasons if a document is not as its model says. `document()`: reads it."""
    try:
        found = document()
        errors = list(itertools.islice(validator.iter_errors(found), MOST_REASONS))
        reasons = [wording.reason(error) for error in errors]
    except documents.NoJson as error:
        raise Refused("BAD_REQUEST_BODY", reasons=f"[{error}]") from error
    except (jsonschema.SchemaError, Unresolvable, RecursionError, re.error) as error:
        raise Refused("API_CONFIGURATION_ERROR", detail=f"the model cannot be used: {error}") from error
    if reasons:
        raise Refused("BAD_REQUEST_BODY", reasons="[" + ", ".join(reasons) + "]")


_patterns = {}


def _pattern(validator, expression, instance, schema):
    """A regular expression as ECMA 262 has it: `$` is the very end, \\d and \\w are ASCII."""
    if not validator.is_type(instance, "string"):
        return
    if expression not in _patterns:
        _patterns[expression] = re.compile(ecma(expression))
    if not _patterns[expression].search(instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {expression!r}")


def ecma(expression):
    """The expression for Python's `re`."""
    made, inside, at = [], False, 0
    while at < len(expression):
        one = expression[at]
        if one == "\\" and at + 1 < len(expression):
            made.append(_class_escape(expression[at + 1], inside))
            at += 2
            continue
        if one == "[" and not inside:
            inside = True
        elif one == "]" and inside:
            inside = False
        elif one == "[":
            one = "\\["
        made.append(r"\Z" if one == "$" and not inside else one)
        at += 1
    return "".join(made)


#: What ECMA 262 means by \\d, \\w, \\s, and by their capitals, as ranges of a class.
_SPACES = "\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
_OTHERS = (
    "\\x00-\\x08\\x0e-\\x1f!-\\u009f\\u00a1-\\u167f\\u1681-\\u1fff\\u200b-\\u2027\\u202a-\\u202e\\u2030-\\u205e"
    "\\u2060-\\u2fff\\u3001-\\ufefe\\uff00-\\U0010ffff"
)
_CLASSES = {
    "d": "0-9",
    "D": "\\x00-/:-\\U0010ffff",
    "w": "A-Za-z0-9_",
    "W": "\\x00-/:-@\\[-^`{-\\U0010ffff",
    "s": _SPACES,
    "S": _OTHERS,
}


def _class_escape(letter, inside):
    known = _CLASSES.get(letter)
    if known is None:
        return "\\" + letter
    return known if inside else f"[{known}]"


def _required(validator, names, instance, schema):
    """All that is missing in one error, as the Java library has it."""
    if validator.is_type(instance, "object") and (missing := sorted(name for name in names if name not in instance)):
        yield jsonschema.ValidationError(f"missing: {missing}")


_Validator = validators.extend(Draft4Validator, {"pattern": _pattern, "required": _required})
