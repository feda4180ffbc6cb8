"""A local cloud of these tests' own, and a site of each test's own in it."""

import itertools

import pytest

from tests.local_cloud import Cloud
from tests.localcloud.gateway.serving.site import Site

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    running = Cloud(tmp_path_factory.mktemp("cloud")).start()
    yield running
    running.stop()


@pytest.fixture
def site(cloud):
    return Site(cloud, f"site-{next(_numbers)}")


@pytest.fixture(scope="session")
def clickstream(cloud):
    """The project's own API before a stream, for tests that only ask it."""
    site = Site(cloud, "clickstream")
    site.make_clickstream()
    return site
