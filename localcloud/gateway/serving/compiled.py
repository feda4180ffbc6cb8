"""What is made once of a deployment: routes, templates, validators, patterns of answers. Pure."""

import re
from dataclasses import dataclass
from functools import cached_property

from localcloud.gateway.serving.routes import Routes
from localcloud.gateway.serving.validation import Models
from localcloud.gateway.serving.velocity import Template


class CompiledApi:
    """An Api ready to serve."""

    def __init__(self, api):
        self.api = api
        self.routes = Routes(api.resources)
        self.models = Models(api.id, api.models)
        self._methods = {
            (path, name): CompiledMethod(method, self.models) for path, methods in api.resources.items() for name, method in methods.items()
        }

    def method(self, resource, name):
        """The CompiledMethod of a resource, the one of ANY where it has none of its own; None."""
        return self._methods.get((resource, name)) or self._methods.get((resource, "ANY"))


class CompiledMethod:
    """A Method, with its templates parsed when they are first used."""

    def __init__(self, method, models):
        self.method, self._models = method, models
        integration = method.integration
        self.request_templates = _templates(integration.request_templates if integration else {})
        self.answers = [Answer(each) for each in (integration.responses.values() if integration else ())]

    def validator(self, content_type):
        """The validator of a body of this type; None if its model does not hold it to anything."""
        models = self.method.request_models
        return self._models.validator(models.get(content_type) or models.get("$default") or "")

    def answer(self, told):
        """The Answer for what the integration told (a status, or a function's error message); None without any."""
        default = None
        for each in self.answers:
            if each.pattern is None:
                default = default or each
            elif told is not None and each.pattern.fullmatch(told):
                return each
        return default


@dataclass
class Answer:
    """An IntegrationResponse; `pattern` None in the default one."""

    response: object

    def __post_init__(self):
        given = self.response.selection_pattern
        self.pattern = _pattern(given) if given and given != "default" else None
        self.templates = _templates(self.response.templates)


class Lazy:
    """A template that is parsed when it is first asked for."""

    def __init__(self, text):
        self.text = text

    @cached_property
    def template(self):
        return Template(self.text)

    def render(self, variables):
        return self.template.render(variables)


def _templates(given):
    # An empty template passes the body on, as none would.
    return {content_type.lower(): Lazy(text) if text else None for content_type, text in given.items()}


def _pattern(given):
    try:
        return re.compile(given)
    except re.error:
        return re.compile(re.escape(given))
