import pytest
from dashboard.metrics import Metrics


def test_text_has_help_type_and_escaped_labels():
    metrics = Metrics()
    metrics.describe("asked_total", "Questions asked.")
    metrics.count("asked_total", kind='a"b\\c\nd')
    metrics.count("asked_total", 2, kind='a"b\\c\nd')
    assert metrics.text() == '# HELP asked_total Questions asked.\n# TYPE asked_total counter\nasked_total{kind="a\\"b\\\\c\\nd"} 3\n'


def test_histograms_are_cumulative():
    metrics = Metrics()
    metrics.describe("run_seconds", "Run time.")
    for seconds in (0.02, 0.3, 100):
        metrics.observe("run_seconds", seconds)
    lines = metrics.text().splitlines()
    assert 'run_seconds_bucket{le="0.01"} 0' in lines
    assert 'run_seconds_bucket{le="0.05"} 1' in lines
    assert 'run_seconds_bucket{le="60.0"} 2' in lines
    assert 'run_seconds_bucket{le="+Inf"} 3' in lines
    assert "run_seconds_sum 100.320000" in lines
    assert "run_seconds_count 3" in lines


def test_what_was_not_described_is_an_error():
    with pytest.raises(KeyError, match="no description"):
        Metrics().count("typo_total")
