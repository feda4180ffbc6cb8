"""A local cloud of these tests' own, whose minutes last a second, and a job's surroundings."""

import os
import re

import pytest

from tests.local_cloud import Cloud, create_role
from tests.localcloud.spark.site import ALLOWED, ROLE, Site


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    before = dict(os.environ)
    os.environ["HEADWATER_LOCALCLOUD_SPARK_MINUTE"] = "1"
    running = Cloud(tmp_path_factory.mktemp("cloud")).start()
    create_role(running.client("iam"), ROLE, allow=ALLOWED)
    yield running
    running.stop()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def site(request, cloud):
    name = re.sub("[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())
    return Site(name[:32].strip("-") + name[-20:].rstrip("-"), cloud)
