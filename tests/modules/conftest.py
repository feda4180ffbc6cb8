"""Clouds for modules, with each request held against botocore's models and noted."""

import os

import pytest
from moto import mock_aws

from tests.local_cloud import Cloud
from tests.modules import call_recorder, clouds
from tests.unit.plugins import plugin_files

plugin_files.load("action", "normal")  # modules make clients of their own, as quickly as in runs: what botocore has parsed is shared


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory):
    running = Cloud(tmp_path_factory.mktemp("cloud")).start()
    yield running
    running.stop()


@pytest.fixture
def aws(request, monkeypatch):
    """The cloud that the parameter names, moto or local; the environment leads there."""
    endpoint = request.getfixturevalue("local_cloud").url if request.param == "local" else None
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in clouds.environment(endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(clouds.PLUGIN_FOLDER))
    if endpoint:
        yield clouds.Aws("local", "000000000000")
        return
    with mock_aws():
        yield clouds.Aws("moto", "123456789012")


@pytest.fixture
def answers(monkeypatch):
    """Answers in AWS's place: answers["s3:HeadBucket"] = call_recorder.error(403, "403")."""
    given = {}
    monkeypatch.setattr(call_recorder, "ANSWERS", given)
    return given
