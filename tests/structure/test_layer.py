"""The real layer, as it is deployed: what the handlers import is in it, and it fits into Lambda."""

import json
import subprocess
import zipfile

import pytest
import yaml

from localcloud import lambda_python
from tests.modules import runner
from tests.structure.house import ROOT, declared

UNZIPPED_LIMIT = 250 * 1024 * 1024  # of code and layers together, in AWS's documentation
WITH_LAYERS = [item for _, item in declared("lambda_functions") if item.get("layers")]
AWS = yaml.safe_load((ROOT / "inventory" / "group_vars" / "aws.yml").read_text())


def built(layer, architecture, **target):
    """The layer's archive in the place where the role lambda keeps it, so that it is built once; (path, what the module told)."""
    dest = ROOT / ".cache" / "layers" / f"headwater-pyarrow-{architecture}.zip"
    lock = str(ROOT / layer["requirements"])
    return dest, runner.done("python_archive", dest=str(dest), requirements=lock, exclude=layer["exclude"], **target).result


def layer_named(name):
    return next(item for _, item in declared("lambda_layers") if item["name"] == name)


@pytest.fixture(scope="module")
def local_layer(tmp_path_factory):
    """The layer for this machine's Python, unpacked."""
    dest, _ = built(layer_named("{{ name_prefix }}headwater-pyarrow"), "x86_64")
    folder = tmp_path_factory.mktemp("layer")
    with zipfile.ZipFile(dest) as archive:
        archive.extractall(folder)
    return folder / "python"


@pytest.mark.parametrize(
    "function", [item for _, item in declared("lambda_functions") if item.get("layers")], ids=lambda item: item["source"]
)
def test_a_handler_imports_with_nothing_but_its_layer(function, local_layer, tmp_path):
    python = lambda_python.prepare(tmp_path / "runtime")
    folders = [
        ROOT / "files" / "lambda" / function["source"],
        *((ROOT / folder).parent for folder in function.get("folders", [])),
        local_layer,
    ]
    program = f"import sys; sys.path[:0] = {[str(folder) for folder in folders]!r}; import handler"
    environment = {"AWS_DEFAULT_REGION": "us-east-1", **function["environment"]}
    done = subprocess.run([python, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_layer_for_aws_fits_and_is_for_its_architecture():
    layer = layer_named("{{ name_prefix }}headwater-pyarrow")
    target = {"python_version": AWS["layer_python_version"], "platform": AWS["layer_platform"]}
    dest, told = built(layer, AWS["lambda_architecture"], **target)
    assert told["unzipped_bytes"] < UNZIPPED_LIMIT
    with zipfile.ZipFile(dest) as archive:
        libraries = [name for name in archive.namelist() if ".cpython-" in name]
    assert libraries
    assert all("cpython-312-aarch64" in name for name in libraries), json.dumps(libraries[:5])
