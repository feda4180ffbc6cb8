#!/usr/bin/python
"""Build a byte-stable zip of Python code for AWS Lambda."""

DOCUMENTATION = r"""
module: python_archive
short_description: Build a byte-stable zip of Python code and locked packages for AWS Lambda
description:
  - Zip the files of a folder, or the packages of a lock file, or both. The same inputs give the same bytes
    (fixed times, modes and order), so that an unchanged function is never uploaded again.
  - Packages are wheels for the runtime's Python and architecture; nothing is compiled, and hashes are checked.
    They are fetched with C(uv), which stands beside the Python that runs the module.
options:
  dest:
    description: The zip file. It is only touched when its content changes.
    type: path
    required: true
  source:
    description: Folder whose Python files go to the root of the zip.
    type: path
  folders:
    description: Folders of packages, each of which goes into the zip below its own name, with its data files.
    type: list
    elements: path
  requirements:
    description: Lock file, with hashes, of packages that go below I(packages_folder).
    type: path
  packages_folder:
    description: Folder of the packages in the zip; a layer's is C(python).
    type: str
    default: python
  python_version:
    description: Python of the runtime, such as C(3.12); empty for the Python that runs the module.
    type: str
    default: ""
  platform:
    description: Platform of the wheels as uv names it; empty for this machine.
    type: str
    default: ""
  exclude:
    description: Patterns of packages' files to leave out, matched on the path below the packages' folder.
    type: list
    elements: str
    default: []
  max_unzipped_bytes:
    description: Largest sum of the files' sizes; Lambda's limit for code and layers together is 250 MB.
    type: int
    default: 262144000
author: Headwater
"""

EXAMPLES = r"""
- name: The function's archive is built
  python_archive:
    dest: .cache/functions/FilterAndProcessOrders.zip
    source: files/lambda/filter_and_process_orders

- name: The job's packages are in one archive
  python_archive:
    dest: .cache/glue/transform-order-history.zip
    folders: [files/glue/order_history]

- name: The layer's archive is built for Lambda on arm64
  python_archive:
    dest: .cache/layers/pyarrow.zip
    requirements: requirements/layer.txt
    python_version: "3.12"
    platform: aarch64-manylinux_2_28
"""

RETURN = r"""
dest: {description: The zip file., type: str, returned: always}
sha256: {description: SHA-256 of the zip in hexadecimal., type: str, returned: always}
code_sha256: {description: SHA-256 of the zip in Base64 as Lambda tells it., type: str, returned: always}
unzipped_bytes: {description: Sum of the files' sizes., type: int, returned: always}
"""

import base64
import fnmatch
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

#: The earliest time that a zip can hold: content alone decides the bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)
NEVER = ("*/__pycache__/*", "__pycache__/*", "*.pyc", ".lock")


class ArchiveError(Exception):
    """What went wrong, in words for the user."""


def source_files(folder):
    """[(name in the zip, path)] of a function's Python files."""
    if not folder.is_dir():
        raise ArchiveError(f"source {str(folder)!r} is not a folder")
    found = [(path.relative_to(folder).as_posix(), path) for path in folder.rglob("*.py")]
    if not found:
        raise ArchiveError(f"source {str(folder)!r} holds no Python file")
    return found


def folder_files(folder):
    """[(name in the zip, path)] of a package with all that is in it, without what running it leaves behind."""
    if not folder.is_dir():
        raise ArchiveError(f"folders has {str(folder)!r}, which is not a folder")
    found = [(path.relative_to(folder.parent).as_posix(), path) for path in folder.rglob("*") if path.is_file()]
    return [(name, path) for name, path in found if not any(fnmatch.fnmatch(name, pattern) for pattern in NEVER)]


def package_files(root, folder, exclude):
    """[(name in the zip, path)] of installed packages, without what `exclude` names."""
    paths = [(path.relative_to(root).as_posix(), path) for path in root.rglob("*") if path.is_file()]
    return [(f"{folder}/{name}", path) for name, path in paths if not any(fnmatch.fnmatch(name, pattern) for pattern in (*exclude, *NEVER))]


def install_packages(target, requirements, python_version, platform):
    """Put the lock file's wheels into `target`."""
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv if uv.exists() else "uv"), "pip", "install", "--quiet", "--no-config", "--target", str(target)]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy", "-r", str(requirements)]
    command += ["--python-version", python_version] if python_version else []
    command += ["--python-platform", platform] if platform else []
    command += ["--python", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        raise ArchiveError(f"uv could not fetch the packages of {requirements}: {done.stderr.strip()[-800:]}")


def write_zip(path, files):
    """Write the files in a fixed order with fixed times and modes; returns the sum of their sizes."""
    total = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, file in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            data = file.read_bytes()
            total += len(data)
            archive.writestr(entry, data)
    return total


def inputs_digest(params):
    """What decides the bytes of an archive of packages, so that they need not be fetched to compare."""
    keys = ("packages_folder", "python_version", "platform", "exclude")
    interpreter = [] if params["python_version"] else [sys.version, sys.platform]
    text = json.dumps([[params[key] for key in keys], NEVER, interpreter, Path(params["requirements"]).read_text()])
    return hashlib.sha256(text.encode()).hexdigest()


def is_current(params, dest, note):
    """Was `dest` made from these same packages? (Folders are read each time; they are small.)"""
    if params["source"] or params["folders"] or not (dest.exists() and note.exists()):
        return None
    noted = json.loads(note.read_text())
    return noted if noted["inputs"] == inputs_digest(params) and noted["sha256"] == digest(dest).hexdigest() else None


def digest(path):
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256")


def build(params, dest):
    """Make the archive beside `dest` and put it in place if it differs; returns what the module tells."""
    note = dest.with_name(dest.name + ".json")
    current = is_current(params, dest, note) if params["requirements"] else None
    if current:
        return {"changed": False, "unzipped_bytes": current["unzipped_bytes"], **digests(dest)}
    dest.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=dest.parent) as scratch:
        files = source_files(Path(params["source"])) if params["source"] else []
        files += [entry for folder in params["folders"] or [] for entry in folder_files(Path(folder))]
        if params["requirements"]:
            packages = Path(scratch, "packages")
            install_packages(packages, params["requirements"], params["python_version"], params["platform"])
            files += package_files(packages, params["packages_folder"], params["exclude"])
        made = Path(scratch, "archive.zip")
        total = write_zip(made, files)
        if total > params["max_unzipped_bytes"]:
            raise ArchiveError(
                f"{dest.name} unzips to {total} bytes; the limit is {params['max_unzipped_bytes']}: exclude what is not needed"
            )
        changed = not dest.exists() or digest(made).digest() != digest(dest).digest()
        if changed:
            os.replace(made, dest)
    if params["requirements"]:
        note.write_text(json.dumps({"inputs": inputs_digest(params), "unzipped_bytes": total, "sha256": digest(dest).hexdigest()}))
    return {"changed": changed, "unzipped_bytes": total, **digests(dest)}


def digests(dest):
    """The zip's path and digests."""
    found = digest(dest)
    return {"dest": str(dest), "sha256": found.hexdigest(), "code_sha256": base64.b64encode(found.digest()).decode()}


def main():
    """Build; the archive is a cache of its inputs, so check mode builds too and reports no change to AWS."""
    module = AnsibleModule(
        {
            "dest": {"type": "path", "required": True},
            "source": {"type": "path"},
            "folders": {"type": "list", "elements": "path"},
            "requirements": {"type": "path"},
            "packages_folder": {"default": "python"},
            "python_version": {"default": ""},
            "platform": {"default": ""},
            "exclude": {"type": "list", "elements": "str", "default": []},
            "max_unzipped_bytes": {"type": "int", "default": 250 * 1024 * 1024},
        },
        required_one_of=[("source", "folders", "requirements")],
        supports_check_mode=True,
    )
    try:
        result = build(module.params, Path(module.params["dest"]))
    except (ArchiveError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
