#!/usr/bin/python
"""Fetch the wheels that a lock file names for another machine's Python, as one archive."""

DOCUMENTATION = r"""
module: wheel_archive
short_description: Fetch the wheels that a lock file names for another machine's Python, as one archive
description:
  - Fetch with pip, hashes checked, what a lock file names, for the Python and processor of a server, and pack it with the lock file
    into one tar, so that the server needs no network. M(locked_venv) installs it there.
  - The archive's name says the lock, the Python and the processor; one that is there is not fetched again.
options:
  requirements:
    description: Lock file with hashes, complete (nothing is resolved).
    type: path
    required: true
  folder:
    description: Where archives are kept.
    type: path
    required: true
  python_version:
    description: The server's Python, such as C(3.11).
    type: str
    required: true
  architecture:
    description: The server's processor, as C(uname -m) says it.
    type: str
    required: true
author: Headwater
"""

EXAMPLES = r"""
- name: The server's packages are here
  wheel_archive:
    requirements: requirements/dashboard.txt
    folder: .cache/wheels
    python_version: "3.12"
    architecture: aarch64
"""

RETURN = r"""
path: {description: The archive., type: str, returned: always}
digest: {description: "Names the packages: lock, Python and processor.", type: str, returned: always, sample: 0123456789ab-cp312-aarch64}
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

#: glibc's versions that Debian 12 and Amazon Linux 2023 fulfil.
LIBC = ("manylinux2014", "manylinux_2_17", "manylinux_2_26", "manylinux_2_27", "manylinux_2_28", "manylinux_2_31", "manylinux_2_34")


def name_of(lock, python_version, architecture):
    """The name of what these inputs give."""
    return f"{hashlib.sha256(lock).hexdigest()[:12]}-cp{python_version.replace('.', '')}-{architecture}"


def fetch(requirements, python_version, architecture, folder):
    """Fetch the wheels; pip's own words where it fails."""
    platforms = [word for libc in LIBC for word in ("--platform", f"{libc}_{architecture}")]
    strict, what = ["--only-binary=:all:", "--no-deps", "--require-hashes"], ["--dest", folder, "--requirement", requirements]
    target = ["--implementation", "cp", "--python-version", python_version, *platforms]
    done = subprocess.run(  # noqa: S603 - the Python that runs this
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *strict, *target, *what],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.stderr.strip() or f"pip ended with {done.returncode}" if done.returncode else ""


def pack(requirements, wheels, path):
    """All wheels and the lock file as a tar that is there as a whole or not at all; the same wheels give the same bytes."""
    beside = path.with_suffix(f".{os.getpid()}")
    with tarfile.open(beside, "w", format=tarfile.USTAR_FORMAT) as tar:
        for file in [Path(requirements), *sorted(Path(wheels).iterdir())]:
            entry = tarfile.TarInfo("requirements.txt" if file == Path(requirements) else file.name)
            entry.size = file.stat().st_size
            with file.open("rb") as content:
                tar.addfile(entry, content)
    beside.replace(path)


def main():
    """Fetch where the archive is not there yet."""
    module = AnsibleModule(
        {
            "requirements": {"type": "path", "required": True},
            "folder": {"type": "path", "required": True},
            "python_version": {"required": True},
            "architecture": {"required": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        lock = Path(params["requirements"]).read_bytes()
    except OSError as error:
        module.fail_json(msg=f"The lock file {params['requirements']} cannot be read: {error.strerror}")
    digest = name_of(lock, params["python_version"], params["architecture"])
    path = Path(params["folder"], f"{digest}.tar").absolute()
    missing = not path.exists()
    if missing and not module.check_mode:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as wheels:
            problem = fetch(params["requirements"], params["python_version"], params["architecture"], wheels)
            if problem:
                module.fail_json(
                    msg=f"Not all packages of {params['requirements']} can be had as wheels for Python {params['python_version']} "
                    f"on {params['architecture']}: {problem[-1500:]}"
                )
            pack(params["requirements"], wheels, path)
    diff = {"before": {"path": "" if missing else str(path)}, "after": {"path": str(path)}}
    module.exit_json(changed=missing, path=str(path), digest=digest, diff=diff)


if __name__ == "__main__":
    main()
