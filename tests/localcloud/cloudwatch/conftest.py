"""One local cloud for these tests, and names that no other test has."""

import itertools

import pytest

from tests.local_cloud import Cloud
from tests.localcloud.cloudwatch.sites import begin_minute

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAMBDA_ASYNC_RETRY_BASE_SECONDS", "0.2")  # in place of a second before a function is tried again
        running = Cloud(tmp_path_factory.mktemp("cloudwatch")).start()
    begin_minute(running)  # what is published at a minute's end, so that nobody has to wait for a whole one
    yield running
    running.stop()


@pytest.fixture
def name():
    """`name(kind)`: a name that nobody has yet."""
    return lambda kind: f"a-{kind}-{next(_numbers)}"
