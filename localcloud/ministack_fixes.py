"""Mends for what MiniStack does otherwise than AWS; each is described in docs/local-cloud.md."""

import contextvars
import json
import os
import threading

from localcloud import eventbridge_targets, lambda_events, lambda_layers, lambda_python, sns_deliveries
from localcloud.cloudwatch import invocations

#: Events that functions work on at once; more would only wait for each other's processor time.
ASYNCHRONOUS_AT_ONCE = 2 * (os.cpu_count() or 1)


def apply(ministack, settings):
    """Mend MiniStack's modules and return its application."""
    functions_run_from_their_layers(settings)
    functions_share_unpacked_layers(settings)
    lambda_events.install(settings)
    events_wait_in_a_queue()
    eventbridge_targets.install()
    sns_deliveries.install()
    invocations.install()
    notification_filters_have_capitals()
    log_groups_take_customer_keys()
    copies_meet_conditions()
    return ministack


def functions_run_from_their_layers(settings):
    """Functions see AWS's runtime and their layers, not this process's packages."""
    from ministack.core import lambda_runtime

    script = str(lambda_python.prepare(settings.state_dir / "lambda-runtime"))
    stock = lambda_runtime._detect_runtime_binary

    def detect(runtime):
        binary, worker = stock(runtime)
        return (script, worker) if runtime.startswith("python") else (binary, worker)

    lambda_runtime._detect_runtime_binary = detect


def functions_share_unpacked_layers(settings):
    """A layer is unpacked once, not for each of a function's environments."""
    from ministack.services import lambda_svc

    folder = settings.state_dir / "lambda-runtime" / "layers"
    stock = lambda_svc._resolve_layer_zip

    def resolve(attachment):
        archive = stock(attachment)
        return archive and lambda_layers.reference(archive, folder)

    lambda_svc._resolve_layer_zip = resolve


def events_wait_in_a_queue():
    """Asynchronous events wait for their turn, as in Lambda's own queue; MiniStack starts an environment for each at once."""
    from ministack.services import lambda_svc

    turn = threading.BoundedSemaphore(ASYNCHRONOUS_AT_ONCE)
    is_event = contextvars.ContextVar("is_event", default=False)
    stock_execute, stock_invoke = lambda_svc._execute_function, lambda_svc.invoke_async_with_retry

    def execute(*arguments, **options):
        if not is_event.get():
            return stock_execute(*arguments, **options)
        with turn:
            is_event.set(False)  # what this one invokes in turn does not wait for it
            try:
                return stock_execute(*arguments, **options)
            finally:
                is_event.set(True)

    def invoke(*arguments, **options):
        token = is_event.set(True)  # the thread that is started inherits it
        try:
            return stock_invoke(*arguments, **options)
        finally:
            is_event.reset(token)

    lambda_svc._execute_function, lambda_svc.invoke_async_with_retry = execute, invoke


def notification_filters_have_capitals():
    """S3 answers filter names as `Prefix` and `Suffix`; MiniStack answers them in lower case."""
    from ministack.services import s3

    stock = s3._notification_configs_to_xml

    def to_xml(*arguments, **options):
        text = stock(*arguments, **options)
        return text.replace("<Name>prefix</Name>", "<Name>Prefix</Name>").replace("<Name>suffix</Name>", "<Name>Suffix</Name>")

    s3._notification_configs_to_xml = to_xml


def log_groups_take_customer_keys():
    """A log group's key can be set and taken away later; MiniStack knows one only at creation."""
    from ministack.core.responses import error_response_json, json_response
    from ministack.services import cloudwatch_logs as logs
    from ministack.services import kms

    stock = logs.handle_request

    async def handle(method, path, headers, body, query_params):
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action not in ("AssociateKmsKey", "DisassociateKmsKey"):
            return await stock(method, path, headers, body, query_params)
        asked = json.loads(body or b"{}")
        name = asked.get("logGroupName") or asked.get("resourceIdentifier", "").rpartition(":log-group:")[2]
        if name not in logs._log_groups:
            return error_response_json("ResourceNotFoundException", f"The specified log group does not exist: {name}", 400)
        if action == "AssociateKmsKey":
            key = kms._resolve_key(asked["kmsKeyId"])
            if not key or key.get("KeyState") != "Enabled" or not asked["kmsKeyId"].startswith("arn:"):
                return error_response_json("InvalidParameterException", f"The specified KMS key is not usable: {asked['kmsKeyId']}", 400)
        logs._log_groups[name]["kmsKeyId"] = asked["kmsKeyId"] if action == "AssociateKmsKey" else None
        return json_response({})

    logs.handle_request = handle


def copies_meet_conditions():
    """`If-None-Match` and `If-Match` hold for CopyObject's target too; MiniStack asks them of PutObject and uploads alone."""
    from ministack.services import s3

    stock = s3._copy_object

    def copy(bucket, key, headers):
        found = s3._ensure_bucket(bucket)
        refused = found and s3._check_put_preconditions(headers, found.get("objects", {}).get(key))
        return refused or stock(bucket, key, headers)

    s3._copy_object = copy
