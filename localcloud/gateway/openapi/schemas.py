"""Schemas of a document as models of an API: JSON schema, draft 4, with references in API Gateway's form."""

import hashlib
import json

from localcloud.gateway.control.schema import REFERENCE

#: Keywords of OpenAPI's schemas that a model has not; they say nothing about what is valid.
_SAY_NOTHING = ("example", "externalDocs", "xml", "deprecated")
#: Those that change what is valid, and are lost.
_LOST = ("nullable", "discriminator", "readOnly", "writeOnly")
#: AWS leaves these out of what it imports: "not included in simple request validation".
_LEFT_OUT = ("minItems", "maxItems")
_STARTS = ("#/components/schemas/", "#/definitions/")


class Models:
    """Collects the models of a document. `models`: {name: schema as a dict}; `warnings`: texts."""

    def __init__(self, document, api_id):
        self.api_id, self.models, self.warnings = api_id, {}, []
        for name, schema in document.schemas().items():
            self.models[name] = self._translated(schema, name)

    def name_of(self, schema):
        """The name of the model of a request's or response's schema; one that has no name gets one."""
        if not isinstance(schema, dict):
            return None
        if isinstance(schema.get("$ref"), str) and schema["$ref"].startswith(_STARTS):
            return schema["$ref"].rpartition("/")[2]
        made = self._translated(schema, "an inline schema")
        digest = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()
        name = f"MODEL{digest[:6]}"
        self.models.setdefault(name, made)
        return name

    def _translated(self, schema, name):
        if isinstance(schema, list):
            return [self._translated(each, name) for each in schema]
        if not isinstance(schema, dict):
            return schema
        made = {}
        for keyword, value in schema.items():
            if keyword in _SAY_NOTHING or keyword in _LEFT_OUT or keyword.startswith("x-"):
                continue
            if keyword in _LOST:
                self.warnings.append(f"Model {name}: the keyword {keyword} is not supported and was left out")
            elif keyword == "$ref" and isinstance(value, str) and value.startswith(_STARTS):
                made["$ref"] = REFERENCE.format(api=self.api_id, name=value.rpartition("/")[2])
            elif keyword in ("properties", "patternProperties", "definitions") and isinstance(value, dict):
                made[keyword] = {each: self._translated(inner, name) for each, inner in value.items()}
            elif keyword in ("enum", "default", "required"):
                made[keyword] = value
            else:
                made[keyword] = self._translated(value, name)
        return made


def text(schema):
    """A model's schema as AWS keeps it: JSON, indented."""
    return json.dumps(schema, indent=2, separators=(",", " : "))
