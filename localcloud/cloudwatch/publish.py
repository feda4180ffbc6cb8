"""Where AWS's own metrics and events come in: what the services of the local cloud publish by themselves.

Instrumentation must not break what it counts: without an engine, and whatever goes wrong, nothing is raised.
"""

import json
import logging

logger = logging.getLogger(__name__)
_metrics = None


def to(metrics):
    """Publish into these Metrics from now on; None: nowhere."""
    global _metrics
    _metrics = metrics


def put(region, namespace, values, dimensions, unit="Count", at=None, times=1.0):
    """`values`: {metric: number} with one `unit`; `dimensions`: {name: value}; `at`: epoch seconds, now if None."""
    if _metrics is None:
        return
    key = tuple(sorted(dimensions.items()))
    try:
        for name, value in values.items():
            _metrics.add((region, namespace, name, key), lambda aggregate, value=float(value): aggregate.add(value, times), unit, at)
    except Exception:
        logger.exception("metrics of %s %s", namespace, dimensions)


def event(source, kind, detail, resources, account, region):
    """An event of a service of AWS on the default bus, as EventBridge's rules match it."""
    try:
        from ministack.core.responses import request_scope
        from ministack.services import eventbridge

        entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail), "Resources": resources}
        with request_scope(account, region):
            eventbridge._ensure_default_bus()
            eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:
        logger.exception("event %s", kind)
