"""A request from its arrival to its answer, with what is logged and counted of it."""

import logging
import time

from localcloud.gateway.serving import access_log, answers, calls, context, execution_log, refusals
from localcloud.gateway.serving.authorization import check
from localcloud.gateway.serving.compiled import CompiledApi
from localcloud.gateway.serving.integrations import arns, endpoint, firehose, mock, services
from localcloud.gateway.serving.integrations.function import Functions
from localcloud.gateway.serving.limits import Throttles
from localcloud.gateway.serving.log_lines import LogLines
from localcloud.gateway.serving.metrics import Meter
from localcloud.gateway.serving.refusals import Refused
from localcloud.gateway.serving.roles import Roles

logger = logging.getLogger(__name__)
#: Requests up to this size are served on the lane of quick ones, if what they call is quick.
QUICK = 256 * 1024


class Service:
    """`registry`: the stages and plans (`localcloud.gateway.registry`). `firehose_engine`: the engine of this process."""

    def __init__(self, settings, registry, firehose_engine):
        self.settings, self.registry, self.firehose = settings, registry, firehose_engine
        self.roles, self.throttles, self.meter, self._compiled = Roles(), Throttles(), Meter(), {}
        self.functions = Functions(settings.endpoint_url, self.roles)
        self.logs = LogLines(settings.endpoint_url, registry.cloudwatch_role, self.roles, firehose_engine)

    def start(self):
        self.meter.start()
        self.logs.start()

    def stop(self):
        self.meter.stop()
        self.logs.stop()

    def is_quick(self, request):
        """Is the answer a matter of this process alone, and soon there?"""
        stage = self.registry.stage(request.api_id, request.stage)
        if stage is None:
            return True
        if len(request.body) > QUICK:
            return False
        found = self._found(stage, request)
        if found is None or found[1].method.authorization != "NONE":
            return found is None
        integration = found[1].method.integration
        if integration is None or integration.type == "MOCK":
            return True
        return integration.type == "AWS" and firehose.concerns(arns.target(integration.uri), integration.http_method)

    def respond(self, request):
        """The Response of a Request; whatever goes wrong is one too."""
        began = time.perf_counter()
        stage = self.registry.stage(request.api_id, request.stage)
        if stage is None:
            return refusals.response(Refused("MISSING_AUTHENTICATION_TOKEN"), {}, context.of(request), {}, request)
        found = self._found(stage, request)
        resource, compiled, path = found or (None, None, {})
        known = context.of(request, stage, resource, stage.api.resource_ids.get(resource))
        refused = None
        try:
            if stage.api.disable_execute_api_endpoint:
                raise Refused("INVALID_API_KEY")  # its text and status are the same
            if compiled is None:
                raise Refused("MISSING_AUTHENTICATION_TOKEN")
            call = calls.Call(request, stage, resource, compiled, path, known)
            check(call)
            calls.admit(call, self.registry, self.throttles)
            calls.prepare(call)
            response = self._integrated(call)
        except Refused as problem:
            refused = problem
        except Exception:
            logger.exception("%s %s of the API %s", request.method, request.path, request.api_id)
            refused = Refused("API_CONFIGURATION_ERROR")
        if refused:
            response = self._refusal(refused, stage, known, request)
        latency = (time.perf_counter() - began) * 1000
        known |= {"status": response.status, "responseLength": len(response.body), "responseLatency": round(latency)}
        method = compiled.method.http_method if compiled else request.method
        self._log(stage, resource, method, known, refused)
        self.meter.count(stage, resource, method, response.status, latency, known.get("integrationLatency"))
        return response

    def _log(self, stage, resource, method, known, refused):
        """Lines into the logs that the stage has."""
        at = known["requestTimeEpoch"]
        if stage.access_log_destination_arn and stage.access_log_format:
            line = access_log.line(stage.access_log_format, known)
            self.logs.note(stage.access_log_destination_arn, access_log.stream(stage), at, line)
        if resource is not None:
            lines = execution_log.messages(stage.settings_of(resource, method).get("loggingLevel"), known, refused)
            if lines:
                self.logs.note(execution_log.group(stage), access_log.stream(stage), at, *lines, make_group=True)

    def _integrated(self, call):
        began = time.perf_counter()
        try:
            told = self._told(call)
        except Refused as refused:
            call.context["integration"] = {"error": refused.detail}
            raise
        finally:
            call.context["integrationLatency"] = round((time.perf_counter() - began) * 1000)
        call.context["integrationStatus"] = told.status
        call.context["integrationErrorMessage"] = told.error
        call.context["integration"] = {
            "latency": call.context["integrationLatency"],
            "status": told.status,
            "integrationStatus": told.status,
            "error": told.error,
            "requestId": told.headers.get("x-amzn-requestid"),
        }
        kind = call.integration.type
        if kind == "AWS_PROXY":
            return answers.of_function(call, told)
        return answers.passed_on(told) if kind == "HTTP_PROXY" else answers.mapped(call, told)

    def _told(self, call):
        integration = call.integration
        if integration.type == "MOCK":
            return mock.call(call)
        if integration.type in ("HTTP", "HTTP_PROXY"):
            return endpoint.call(call)
        target = arns.target(call.resolved(integration.uri))
        if target is None:
            raise Refused("API_CONFIGURATION_ERROR", detail=f"the URI {integration.uri!r} is none of an AWS integration")
        if target.function:
            return self.functions.call(call, target)
        if firehose.concerns(target, integration.http_method):
            return firehose.call(call, target, self.firehose, self.roles)
        return services.call(call, target, self.settings.endpoint_url, self.roles)

    def _refusal(self, refused, stage, known, request):
        if refused.status >= 500:
            why = refused.detail or refused.message
            logger.warning("%s %s of the API %s: %s: %s", request.method, known["path"], stage.api.name, refused.kind, why)
        return refusals.response(refused, stage.api.gateway_responses, known, stage.variables, request)

    def _found(self, stage, request):
        """(resource, CompiledMethod, path parameters) of a request, None if there is none."""
        compiled = self._of(stage)
        found = compiled.routes.find(request.decoded_path)
        method = compiled.method(found[0], request.method) if found else None
        return (found[0], method, found[1]) if method else None

    def _of(self, stage):
        key = stage.api.id, stage.deployment_id
        found = self._compiled.get(key)
        if found is None or found.api is not stage.api:
            if len(self._compiled) > 100:
                self._compiled.clear()
            found = self._compiled[key] = CompiledApi(stage.api)
        return found
