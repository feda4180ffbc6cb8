"""AWS/ApiGateway: requests are counted here by the minute, and handed to CloudWatch every few seconds."""

import threading
import time
from collections import Counter

from localcloud.cloudwatch import publish

#: Seconds between two hand-overs.
EVERY = 5


class Meter:
    """Counts by API, stage and, where the stage's settings want it, method and resource. Safe for threads."""

    def __init__(self, clock=time.time):
        self._clock, self._lock, self._counts = clock, threading.Lock(), {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gateway-metrics", daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def count(self, stage, resource, method, status, latency, integration_latency):
        """A request that was answered; latencies in milliseconds, None without an integration's answer."""
        minute = int(self._clock() // 60 * 60)
        detailed = resource is not None and stage.settings_of(resource, method).get("metricsEnabled")
        key = minute, stage.api.region, stage.api.name, stage.name, *((resource, method) if detailed else (None, None))
        with self._lock:
            counts = self._counts.setdefault(key, Counter())
            counts["Count", 1] += 1
            counts["4XXError", int(400 <= status < 500)] += 1
            counts["5XXError", int(status >= 500)] += 1
            counts["Latency", round(latency)] += 1
            if integration_latency is not None:
                counts["IntegrationLatency", round(integration_latency)] += 1

    def _run(self):
        while not self._stopping.wait(EVERY):
            self.flush()
        self.flush()

    def flush(self):
        with self._lock:
            found, self._counts = self._counts, {}
        for (minute, region, api, stage, resource, method), counts in found.items():
            named = [{"ApiName": api}, {"ApiName": api, "Stage": stage}]
            if resource is not None:
                named.append({"ApiName": api, "Stage": stage, "Resource": resource, "Method": method})
            for (metric, value), times in counts.items():
                unit = "Milliseconds" if "Latency" in metric else "Count"
                for dimensions in named:
                    publish.put(region, "AWS/ApiGateway", {metric: value}, dimensions, unit, minute, times)
