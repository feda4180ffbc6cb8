"""Machines of these tests' own; the base file system is the repository's."""

import os

import pytest

from localcloud.machines import base, options
from localcloud.machines.available import available
from tests.localcloud.machines.site import Site

#: So short that a test sees them renewed, and long enough to be used.
CREDENTIALS_SECONDS = 10


@pytest.fixture(scope="session")
def able(tmp_path_factory):
    """Skips where no machine can be booted; builds the base where it is not cached."""
    chosen = options.from_environment(tmp_path_factory.mktemp("options"))
    can, why = available(chosen)
    if not can:
        pytest.skip(why)
    base.ensure(chosen)


@pytest.fixture(scope="session")
def site(able, tmp_path_factory):
    os.environ["HEADWATER_LOCALCLOUD_MACHINES_CREDENTIALS_SECONDS"] = str(CREDENTIALS_SECONDS)
    made = Site(tmp_path_factory.mktemp("machines"))
    try:
        yield made.start().furnish()
    finally:
        made.end()
        del os.environ["HEADWATER_LOCALCLOUD_MACHINES_CREDENTIALS_SECONDS"]


@pytest.fixture(scope="module")
def instance(site):
    """A machine that the tests of a file share; they leave it running."""
    (instance_id,) = site.launch(MetadataOptions={"HttpTokens": "required", "InstanceMetadataTags": "enabled"})
    yield instance_id
    site.terminate(instance_id)
