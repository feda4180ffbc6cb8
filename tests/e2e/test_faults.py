"""Throttles and 500s from AWS, for every seventh call, slow a deployment down and do not fail it."""

import json
import urllib.request

import pytest

from tests.e2e.deployment import Deployment

pytestmark = pytest.mark.timeout(600)
QUICK = {"environment": {"MACHINES": "no"}}


@pytest.fixture(scope="module")
def stumbling(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("faults"))
    try:
        deployment.play("site.yml", "--limit", "localclouds", **QUICK).succeeded()
        faults(deployment, share=0.15, seed=96)
        yield deployment
    finally:
        deployment.play("playbooks/stop-localcloud.yml", **QUICK)


def faults(deployment, **settings):
    """Set the local cloud's faults, or ask how many there were."""
    body = json.dumps(settings).encode() if settings else None
    with urllib.request.urlopen(f"{deployment.endpoint}/_headwater/faults", body, timeout=10) as answer:
        return json.load(answer)["injected"]


def test_a_deployment_its_repetition_an_upload_and_a_teardown_end_well(stumbling, tmp_path):
    stumbling.play("site.yml", **QUICK).succeeded()
    met = faults(stumbling)
    assert sum(met.values()) > 20
    assert {"s3", "iam", "lambda", "glue", "athena", "logs", "sqs"} <= {name.split()[0] for name in met}
    assert stumbling.play("site.yml", **QUICK).succeeded().changes == []

    sample = tmp_path / "orders.csv"
    sample.write_text("OrderID,Customer,Amount,Status,OrderDate\nO1,Ann,10.00,confirmed,2025-02-01\nO2,Bob,oops,confirmed,2025-02-01\n")
    uploaded = stumbling.play("playbooks/upload-orders.yml", **QUICK, orders_csv=str(sample)).succeeded()
    assert "2 rows in, 1 kept, 0 dropped by rule, 1 rejected" in uploaded.text

    before = sum(faults(stumbling).values())
    stumbling.play("teardown.yml", **QUICK).succeeded()
    assert sum(faults(stumbling).values()) > before
