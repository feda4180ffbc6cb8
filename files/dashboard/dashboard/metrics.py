"""Counters, gauges and histograms in Prometheus's text format."""

import threading
from collections import defaultdict

BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds


class Metrics:
    """All of one process's numbers; methods may be called from any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._helps = {}
        self._counts = defaultdict(lambda: defaultdict(float))
        self._gauges = defaultdict(dict)
        self._seconds = defaultdict(lambda: defaultdict(lambda: [[0] * len(BUCKETS), 0, 0.0]))

    def describe(self, name, text):
        """Give a metric its help text; only described metrics can be counted."""
        self._helps[name] = text

    def count(self, name, amount=1, **labels):
        """Add to a counter."""
        with self._lock:
            self._counts[self._known(name)][tuple(labels.items())] += amount

    def show(self, name, value, **labels):
        """Say what a gauge stands at now."""
        with self._lock:
            self._gauges[self._known(name)][tuple(labels.items())] = value

    def observe(self, name, seconds, **labels):
        """Add a duration to a histogram."""
        with self._lock:
            series = self._seconds[self._known(name)][tuple(labels.items())]
            series[0] = [count + (seconds <= bound) for count, bound in zip(series[0], BUCKETS, strict=True)]
            series[1] += 1
            series[2] += seconds

    def text(self):
        """Everything, in the text exposition format 0.0.4."""
        with self._lock:
            lines = []
            for kind, series in (("counter", self._counts), ("gauge", self._gauges)):
                for name, samples in sorted(series.items()):
                    lines += self._head(name, kind)
                    lines += [f"{name}{_labels(labels)} {value:.15g}" for labels, value in sorted(samples.items())]
            for name, samples in sorted(self._seconds.items()):
                lines += self._head(name, "histogram")
                for labels, (counts, total, seconds) in sorted(samples.items()):
                    bounds = (*zip(BUCKETS, counts, strict=True), ("+Inf", total))
                    lines += [f"{name}_bucket{_labels((*labels, ('le', bound)))} {count}" for bound, count in bounds]
                    lines += [f"{name}_sum{_labels(labels)} {seconds:.6f}", f"{name}_count{_labels(labels)} {total}"]
            return "\n".join(lines) + "\n"

    def _known(self, name):
        if name not in self._helps:
            raise KeyError(f"the metric {name} has no description; call describe first")
        return name

    def _head(self, name, kind):
        return [f"# HELP {name} {self._helps[name]}", f"# TYPE {name} {kind}"]


def _labels(pairs):
    if not pairs:
        return ""
    escaped = ((name, str(value).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for name, value in pairs)
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"
