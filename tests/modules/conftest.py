"""Clouds for modules, with each request held against botocore's models and noted."""

import os

import botocore.loaders
import pytest
from moto import mock_aws

from tests.local_cloud import Cloud
from tests.modules import call_recorder, clouds


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory):
    running = Cloud(tmp_path_factory.mktemp("cloud")).start()
    yield running
    running.stop()


@pytest.fixture(scope="session", autouse=True)
def parsed_models():
    """Each module makes clients of its own: look for services and parse their models once for all."""
    stock, parsed = botocore.loaders.JSONFileLoader.load_file, {}
    list_stock, listed = botocore.loaders.Loader.list_available_services, {}

    def load_once(self, path):
        if path not in parsed:
            parsed[path] = stock(self, path)
        return parsed[path]

    def list_once(self, type_name):
        if type_name not in listed:
            listed[type_name] = list_stock(self, type_name)
        return listed[type_name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.loaders.JSONFileLoader, "load_file", load_once)
        patch.setattr(botocore.loaders.Loader, "list_available_services", list_once)
        yield


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
