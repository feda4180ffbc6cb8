"""Mends for what MiniStack does otherwise than AWS; each is described in docs/local-cloud.md."""

import contextvars
import os
import threading

from localcloud import lambda_layers, lambda_python

#: Events that functions work on at once; more would only wait for each other's processor time.
ASYNCHRONOUS_AT_ONCE = 2 * (os.cpu_count() or 1)


def apply(ministack, settings):
    """Mend MiniStack's modules and return its application."""
    functions_run_from_their_layers(settings)
    functions_share_unpacked_layers(settings)
    events_wait_in_a_queue()
    notification_filters_have_capitals()
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
