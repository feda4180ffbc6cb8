"""Loads the function that checks data for tests, under names of its own."""

import importlib.util
import sys

import pytest
from dashboard import sql_files

from tests.local_cloud import ROOT

FUNCTION = ROOT / "files" / "lambda" / "check_data_quality"
SQL = ROOT / "sql"
PIPELINES = ("orders", "order_history", "transactions", "clickstream")


def load(name, **beside):
    """The function's module `name`; `beside`: the modules that it imports by plain names, whoever else has such names."""
    spec = importlib.util.spec_from_file_location(f"headwater_checks_{name}", FUNCTION / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for plain, other in {**beside, spec.name: module}.items():
            patch.setitem(sys.modules, plain, other)
        spec.loader.exec_module(module)
    sys.modules[spec.name] = module
    return module


core = load("core")
running = load("running", core=core)


def load_handler():
    """A fresh handler, with no client yet."""
    return load("handler", core=core, running=running, sql_files=sql_files)


def checks(pipeline):
    """The checks of a pipeline."""
    return sql_files.load_folder(SQL / pipeline / "checks", kind="check")
