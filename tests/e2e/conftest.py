"""One deployment of everything; whatever happens, it is stopped at the end."""

import pytest

from tests.e2e.deployment import Deployment


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("site"), without=())
    yield deployment
    deployment.play("playbooks/stop-localcloud.yml")
