"""A local cloud of these tests' own, on a free port, with clients and a role for crawlers."""

import pytest

from tests.local_cloud import Cloud, create_role
from tests.localcloud.crawler.cloud import ALLOWED, ROLE, Site


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    running = Cloud(tmp_path_factory.mktemp("cloud")).start()
    create_role(running.client("iam"), ROLE, allow=ALLOWED)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def s3(cloud):
    return cloud.client("s3")


@pytest.fixture(scope="session")
def glue(cloud):
    return cloud.client("glue")


@pytest.fixture
def site(request, s3, glue):
    name = request.node.name.replace("_", "-").lower()
    name = "".join(letter if letter.isalnum() or letter == "-" else "-" for letter in name)[:50].strip("-")
    return Site(name, s3, glue)
