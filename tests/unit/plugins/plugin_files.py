"""Plugins as Python modules, which Ansible finds by their paths."""

import functools
import importlib.util

from tests.local_cloud import ROOT


@functools.cache
def load(kind, name):
    """The Python module of plugins/<kind>/<name>.py."""
    spec = importlib.util.spec_from_file_location(f"headwater_{kind}_{name}", ROOT / "plugins" / kind / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def filter_named(name):
    """The function that Ansible finds under a filter's name."""
    return load("filter", name).FilterModule().filters()[name]
