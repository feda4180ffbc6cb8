"""API Gateway's REST APIs: requests of its control plane, and what its data plane looks at."""

import contextlib
from urllib.parse import quote, unquote

from localcloud.engine import Engine, ServiceError, method_name
from localcloud.gateway import control, permissions, wire
from localcloud.gateway.control.here import Here, absent
from localcloud.gateway.registry import Registry
from localcloud.gateway.store import Store, Usage
from localcloud.iam import record


class ApiGateway(Engine):
    """REST APIs in `<state>/gateway`. `registry`: what the data plane asks. HTTP and WebSocket APIs (`/v2`) are MiniStack's."""

    service, owns_service, own_protocol = "apigateway", True, True
    NOT_ACTIONS = Engine.NOT_ACTIONS | {"respond"}

    def __init__(self, settings):
        super().__init__(settings)
        folder = settings.state_dir / "gateway"
        self.usage = Usage(folder / "usage.json")
        self.store = Store(folder / "apis.json", settings.account, self._changed)
        self.registry = Registry(self.store, self.usage)

    def _changed(self):
        self.registry.forget()

    def takes(self, path):
        """HTTP and WebSocket APIs are not this engine's."""
        return not path.startswith("/v2/")

    def stop(self):
        self.usage.save()

    def asks(self, call):
        """The Questions of a call, whose operation is told here, since an ARN in its path has slashes."""
        path, raw = call.path, call.path
        if path.startswith("/tags/"):
            path = raw = "/tags/" + _quoted(call.path.removeprefix("/tags/"))
        query = {name: value for name, value in ((name, _texts(value)) for name, value in call.params.items()) if value}
        given, operation = {}, None
        with contextlib.suppress(wire.Unreadable):
            operation, given = wire.read(call.method, raw, call.headers, query, call.body)
        record.current().operation = operation
        with self.store.lock:
            tables = self.store.known(call.region)  # who asks is not known yet
            return permissions.asks(call.method, path, operation, given, call.region, tables)

    def respond(self, scope, headers, query, body, region, access_key):
        """(status, headers, body) of a request of the control plane."""
        raw = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
        try:
            operation, given = wire.read(scope["method"], _routable(raw), headers, query, body)
            if operation is None:
                return 403, {"content-type": "application/json", "x-amzn-errortype": "MissingAuthenticationTokenException"}, _NO_ROUTE
            function = control.operation(method_name(operation))
            if function is None:
                raise absent(f"apigateway:{operation}")
            return self._answer(function, operation, given, region or self.settings.region, access_key)
        except wire.Unreadable as error:
            return wire.refused("BadRequestException", str(error))
        except ServiceError as error:
            return wire.refused(error.code, error.message)

    def _answer(self, function, operation, given, region, access_key):
        with self.store.lock:
            here = Here(region, self.settings.account, self.store.region(region), self.usage, access_key or "")
            _check(operation, given)
            output = function(here, given) or {}
            answered = wire.written(operation, output)
            if not operation.startswith("Get"):
                self.store.save()
        return answered


_NO_ROUTE = b'{"message": "Missing Authentication Token"}'


def _check(operation, given):
    """Refuse an input that is not as the model has it, so that operations need not look at types."""
    shape = wire.model().operation_model(operation).input_shape
    wrong = wire.problems(shape, given) if shape else ""
    if wrong:
        raise ServiceError("BadRequestException", f"Invalid request input: {wrong}")


def _texts(value):
    """The values of a parameter as a query has them; of what only a body can hold, none."""
    values = value if isinstance(value, list) else [value]
    return values if all(isinstance(each, str) for each in values) else []


def _quoted(arn):
    return quote(unquote(arn), safe="")


def _routable(raw):
    """A path that can be taken apart: the ARN of `/tags/…` as one part, however the client quoted it."""
    return "/tags/" + _quoted(raw.removeprefix("/tags/")) if raw.startswith("/tags/") else raw
