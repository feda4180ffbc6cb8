"""How much may come: token buckets of stages and usage plans, and plans' quotas."""

import threading
import time
from datetime import UTC, date, datetime, timedelta

from localcloud.gateway.serving.refusals import Refused


class Bucket:
    """`rate` tokens a second, saved up to `burst`."""

    def __init__(self, rate, burst, clock=time.monotonic):
        self.rate, self.burst, self._clock = float(rate), float(burst), clock
        self._left, self._at = self.burst, clock()

    def take(self):
        """Whether one was left, which is gone then."""
        now = self._clock()
        self._left = min(self.burst, self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Throttles:
    """The buckets, by what they are for; one whose limits were changed begins anew. Safe for threads."""

    MOST = 10_000  # buckets that are kept

    def __init__(self, clock=time.monotonic):
        self._clock, self._lock, self._buckets = clock, threading.Lock(), {}

    def take(self, key, rate, burst):
        """Whether a request passes; rate and burst None or negative: no limit."""
        if rate is None or rate < 0:
            return True
        burst = rate if burst is None or burst < 0 else burst
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None or (bucket.rate, bucket.burst) != (rate, burst):
                if len(self._buckets) >= self.MOST:
                    self._buckets.clear()
                bucket = self._buckets[key] = Bucket(rate, burst, self._clock)
            return bucket.take()


def of_stage(throttles, stage, resource, method):
    """Refused THROTTLED beyond the stage's settings of a method."""
    settings = stage.settings_of(resource, method)
    rate, burst = settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")
    if not throttles.take(("stage", stage.api.id, stage.name, resource, method), rate, burst):
        raise Refused("THROTTLED")


def of_plan(throttles, registry, key, plan, stage, resource, method, at):
    """Refused THROTTLED or QUOTA_EXCEEDED beyond a usage plan; else the request is counted."""
    rate, burst = plan.method_throttles.get(f"{resource}/{method}", (None, None))
    if not throttles.take(("method", plan.id, key.id, stage.api.id, stage.name, resource, method), rate, burst):
        raise Refused("THROTTLED")
    if not throttles.take(("plan", plan.id, key.id), plan.rate, plan.burst):
        raise Refused("THROTTLED")
    today = datetime.fromtimestamp(at, UTC).date()
    if plan.quota_limit is not None and registry.spent(plan.id, key.id, *period(today, plan.quota_period)) >= plan.quota_limit:
        raise Refused("QUOTA_EXCEEDED")
    registry.used(plan.id, key.id, today.isoformat())


def period(today, kind):
    """(first, last day) of a quota's period, as ISO dates: weeks begin on Sunday, months on the first."""
    if kind == "WEEK":
        first = today - timedelta(days=(today.weekday() + 1) % 7)
        return first.isoformat(), (first + timedelta(days=6)).isoformat()
    if kind == "MONTH":
        following = date(today.year + today.month // 12, today.month % 12 + 1, 1)
        return today.replace(day=1).isoformat(), (following - timedelta(days=1)).isoformat()
    return today.isoformat(), today.isoformat()
