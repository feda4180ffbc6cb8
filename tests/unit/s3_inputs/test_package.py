"""What the package needs: cores take parts of it along, so these must be pure."""

import subprocess
import sys

import pytest

from tests.unit.orders_support import LAMBDA
from tests.unit.test_orders_package import imported_by

FOLDER = LAMBDA / "s3_inputs"


@pytest.mark.parametrize("name", ["__init__", "stream", "texts", "rejects"])
def test_what_cores_use_needs_the_standard_library_alone(name: str) -> None:
    imported = imported_by(FOLDER / f"{name}.py")
    known = set(sys.stdlib_module_names) - {"os", "time", "socket"}
    assert {each.split(".")[0] for each in imported if not each.startswith(".")} <= known
    assert {each for each in imported if each.startswith(".")} <= {".", ".stream"}


def test_rejects_and_streams_load_nothing_of_aws() -> None:
    command = "import sys; sys.path.insert(0, sys.argv[1]); import s3_inputs.rejects; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command, str(LAMBDA)], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"boto3", "botocore", "pyarrow", "s3_inputs.inputs"}
