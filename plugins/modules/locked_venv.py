#!/usr/bin/python
"""Make a virtual environment from an archive of wheels, without a network."""

DOCUMENTATION = r"""
module: locked_venv
short_description: Make a virtual environment from an archive of wheels, without a network
description:
  - Make a virtual environment and install what the archive's C(requirements.txt) locks from the wheels beside it, hashes checked.
  - Runs on a server. It is done once; a folder that an interrupted run left is made anew.
options:
  path:
    description: Folder of the environment; its name should tell what is in it, since one that is complete is never looked at again.
    type: path
    required: true
  archive:
    description: Tar of C(requirements.txt) and the wheels, as M(wheel_archive) makes it, on the server. One that was sent goes afterwards.
    type: path
    required: true
  source:
    description: The archive on the side of who deploys; it is sent to I(archive) where that one is needed and is not this one.
    type: path
    default: ""
  sha256:
    description: Digest of I(source). The action plugin sets it.
    type: str
    default: ""
  sent:
    description: Where I(source) lies on the server, once it was sent. The action plugin sets it.
    type: path
    default: ""
  python:
    description: The Python that it is made with.
    type: str
    default: python3
author: Headwater
"""

EXAMPLES = r"""
- name: The packages are installed
  locked_venv:
    path: /opt/headwater-dashboard/venvs/0123456789ab
    archive: /opt/headwater-dashboard/wheels.tar
    source: .cache/wheels/0123456789ab.tar
    python: python3.12
"""

RETURN = r"""
packages: {description: What is installed, as pip freezes it., type: list, elements: str, returned: always}
needs_archive: {description: That I(source) has to be sent first; nothing was done., type: bool, returned: then}
"""

import json
import os
import shutil
import subprocess
import tarfile
import tempfile

from ansible.module_utils import sent_archive
from ansible.module_utils.basic import AnsibleModule

MARK = "complete.json"


class VenvError(Exception):
    """What is wrong, in words for the user."""


def describe(path):
    """The list of packages of a complete environment, or None."""
    try:
        with open(os.path.join(path, MARK)) as mark:
            return json.load(mark)
    except (OSError, ValueError):
        return None


def run(words, **settings):
    """A program's output; of pip's settings only these reach it."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull, **settings}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - words of ours
    if done.returncode:
        raise VenvError("{} ended with {}: {}".format(" ".join(words[:5]), done.returncode, (done.stderr or done.stdout).strip()[-1500:]))
    return done.stdout


def build(path, archive, python):
    """Make the environment; the mark comes last."""
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tempfile.TemporaryDirectory() as wheels:
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                if not member.isfile() or os.path.basename(member.name) != member.name:
                    raise VenvError(f"{archive} holds {member.name!r}, which is no plain file at its root")
            tar.extraction_filter = getattr(tarfile, "fully_trusted_filter", None)  # older Pythons have none
            tar.extractall(wheels)  # noqa: S202 - every member was looked at
        run([python, "-m", "venv", path])
        own = [os.path.join(path, "bin", "python"), "-m", "pip", "--disable-pip-version-check"]
        wanted = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--requirement", os.path.join(wheels, "requirements.txt")]
        run([*own, "install", "--quiet", "--compile", *wanted], PIP_NO_INDEX="1", PIP_FIND_LINKS=wheels)
        packages = run([*own, "freeze", "--all"]).split("\n")
    with open(os.path.join(path, MARK), "w") as mark:
        json.dump(sorted(filter(None, packages)), mark)


def main():
    """Make it where it is not complete."""
    module = AnsibleModule(
        {
            "path": {"type": "path", "required": True},
            **sent_archive.OPTIONS,
            "python": {"default": "python3"},
        },
        supports_check_mode=True,
    )
    path = module.params["path"].rstrip("/")
    before = describe(path)
    after = before
    if before is None and not module.check_mode:
        if sent_archive.lacks(module.params) and not module.params["sent"]:
            module.exit_json(changed=False, needs_archive=True)
        os.umask(0o022)
        try:
            with sent_archive.alone(module.params):
                sent_archive.take(module.params)
                if describe(path) is None:
                    build(path, module.params["archive"], module.params["python"])
                if module.params["sent"]:
                    os.unlink(module.params["archive"])
        except (VenvError, OSError, tarfile.TarError) as error:
            module.fail_json(msg=f"The environment {path} cannot be made: {error}")
        after = describe(path)
    diff = {"before": {"packages": before or []}, "after": {"packages": after or ["those that the archive locks"]}}
    module.exit_json(changed=before is None, packages=after or [], diff=diff)


if __name__ == "__main__":
    main()
