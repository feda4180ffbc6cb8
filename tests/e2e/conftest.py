"""One deployment of the orders and their page; whatever happens, it is stopped at the end. Others try everything."""

import pytest

from tests.e2e.deployment import Deployment


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("site"))
    yield deployment
    deployment.play("playbooks/stop-localcloud.yml")
