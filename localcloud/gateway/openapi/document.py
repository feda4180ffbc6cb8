"""An OpenAPI document: its text read, and what differs between Swagger 2.0 and OpenAPI 3.0 in one place."""

import json

import yaml

from localcloud.gateway.openapi import form

VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")


class Invalid(Exception):
    """The text is no document that can be read."""


class Document:
    """`root`: the parsed document. `is_swagger`: version 2.0."""

    def __init__(self, body):
        self.root = _parsed(body)
        version = self.root.get("swagger") or self.root.get("openapi")
        self.is_swagger = str(self.root.get("swagger", "")) == "2.0"
        if not self.is_swagger and not str(self.root.get("openapi", "")).startswith("3.0"):
            raise Invalid(f"Invalid OpenAPI input: the version is {version!r}; swagger: '2.0' and openapi: 3.0.x are read")
        wrong = form.problems(self.root, VERBS)
        if wrong:
            raise Invalid("Invalid OpenAPI input: " + "; ".join(wrong[:20]))

    def schemas(self):
        """{name: schema}."""
        return (self.root.get("definitions") if self.is_swagger else self._component("schemas")) or {}

    def schemes(self):
        """{name: security scheme}."""
        return (self.root.get("securityDefinitions") if self.is_swagger else self._component("securitySchemes")) or {}

    def _component(self, name):
        return (self.root.get("components") or {}).get(name)

    def resolved(self, part):
        """What a `$ref` inside the document stands for; Invalid where it points nowhere."""
        for _ in range(20):
            if not isinstance(part, dict) or "$ref" not in part:
                return part
            reference, part = part["$ref"], self.root
            if not str(reference).startswith("#/"):
                raise Invalid(f"{reference} is not inside the document")
            for step in reference[2:].split("/"):
                step = step.replace("~1", "/").replace("~0", "~")
                if not isinstance(part, dict) or step not in part:
                    raise Invalid(f"{reference} is not in the document")
                part = part[step]
            if not isinstance(part, dict):
                raise Invalid(f"{reference} is no object")
        raise Invalid(f"{reference} refers to itself")

    def base_path(self):
        """The path that all others begin with, without a slash at its end."""
        if self.is_swagger:
            return (self.root.get("basePath") or "").rstrip("/")
        server = next(iter(self.root.get("servers") or []), {})
        url = server.get("url") or ""
        for name, variable in (server.get("variables") or {}).items():
            url = url.replace("{" + name + "}", str(variable.get("default", "")).lstrip("/"))
        path = url.partition("://")[2].partition("/")[2] if "://" in url else url
        return f"/{path.strip('/')}" if path.strip("/") else ""


def _parsed(body):
    try:
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else body
        found = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise Invalid(f"Invalid OpenAPI input: it is neither JSON nor YAML: {error}") from error
    if not isinstance(found, dict):
        raise Invalid("Invalid OpenAPI input: it is no object")
    return found
