"""Names of what comes of a file, which the function and the playbooks derive alike."""

import subprocess
import sys

import pytest

from tests.unit.orders_support import ROOT, core


class TestNames:
    def test_they_are_flat_and_differ_with_the_whole_key(self) -> None:
        keys = [
            "raw/a/orders.csv",
            "raw/b/orders.csv",
            "raw/orders.csv",
            "raw/orders.csv.gz",
            "raw/Orders.csv",
            "raw/or ders.csv",
            "raw/or+ders.csv",
        ]
        names = [core.output_name(key) for key in keys]
        assert len(set(names)) == len(keys)
        assert all("/" not in name for name in names)
        assert names[0].startswith("orders-")

    @pytest.mark.parametrize("key", ["raw/.csv", "raw/été.csv", "raw/" + "x" * 900 + ".csv", "raw/東京.csv", 'raw/a"b<c>.csv', "raw/-.csv"])
    def test_they_are_plain(self, key: str) -> None:
        name = core.output_name(key)
        assert name.isascii()
        assert name.replace("-", "").replace("_", "").isalnum()
        assert len(name) <= 100


def test_the_playbooks_derive_the_same_name_without_loading_pyarrow() -> None:
    """Ansible forks for each host; what its main process loads, all of them wait for."""
    command = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("orders_audit_key", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.FilterModule().filters()["orders_audit_key"](sys.argv[2]))
print(*sys.modules)
"""
    key = "raw/a b/orders.csv.gz"
    plugin = ROOT / "plugins/filter/orders_audit_key.py"
    result = subprocess.run([sys.executable, "-c", command, str(plugin), key], capture_output=True, text=True, check=True)
    audit_key, loaded = result.stdout.splitlines()
    assert audit_key == f"audit/{core.output_name(key)}.json"
    assert not [name for name in loaded.split() if name.startswith("pyarrow")]
