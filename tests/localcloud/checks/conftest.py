"""One local cloud for the checks of all pipelines, and a way to run them on tables of one's own."""

import itertools

import pytest
from botocore.exceptions import ClientError

from tests import data_checks
from tests.local_cloud import Cloud
from tests.localcloud.checks import tables

BUCKET = "checks-data"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    with Cloud(tmp_path_factory.mktemp("checks")) as running:
        running.client("s3").create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture(scope="session")
def samples():
    """{pipeline: rows} of healthy data."""
    return {pipeline: make() for pipeline, make in tables.SAMPLES.items()}


@pytest.fixture(scope="session")
def ask(cloud):
    """ask(pipeline, rows, check names, {parameter: value}) gives {check: core.Answer} over a table of these rows."""
    numbers = itertools.count(1)

    def run(pipeline, rows, names=None, given=None):
        database = f"{pipeline}_{next(numbers)}"
        tables.create(cloud, pipeline, database, BUCKET, rows)
        wanted = [check for check in data_checks.checks(pipeline) if names is None or check.name in names]
        texts = data_checks.core.parameters(wanted, given)
        place = {
            "WorkGroup": "primary",
            "QueryExecutionContext": {"Database": database},
            "ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/results/"},
        }
        queries = data_checks.running.Queries(cloud.client("athena"), (ClientError,), place, 4, lambda: 60)
        return queries.ask([(check.name, check.sql, check.literals(texts[check.name])) for check in wanted])

    return run
