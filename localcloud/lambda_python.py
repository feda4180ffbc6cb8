"""The Python that runs functions: only what AWS's runtime has, so that everything else must come from a layer.

MiniStack runs functions with its own interpreter, whose packages would hide a layer that lacks one.
"""

import importlib.util
import os
import sys
from pathlib import Path

#: What AWS's Python runtimes bring along: boto3 and what it stands on.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
PLUGIN = Path(__file__).with_name("botocore_plugin") / "strict_botocore.py"


def prepare(folder):
    """Make the runtime below `folder`; returns the path of its interpreter, a script."""
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    for name in RUNTIME_PACKAGES:
        link(packages, Path(importlib.util.find_spec(name).origin))
    link(packages, PLUGIN)
    script = folder / "python"
    script.write_text(
        "#!/bin/sh\n"
        f"PYTHONPATH={quoted(packages)}\nexport PYTHONPATH\nunset VIRTUAL_ENV PYTHONHOME\n"
        # -S: no site-packages at all.
        f'exec {quoted(sys._base_executable)} -S "$@"\n'
    )
    script.chmod(0o755)
    return script


def link(packages, origin):
    """Make a package, or a module that is one file, importable from `packages`."""
    source = origin.parent if origin.name == "__init__.py" else origin
    link = packages / source.name
    if link.is_symlink() or link.exists():
        link.unlink()
    os.symlink(source, link)


def quoted(path):
    return "'" + str(path).replace("'", "'\\''") + "'"
