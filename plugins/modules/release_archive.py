#!/usr/bin/python
"""Pack a release of an application, named by its content."""

DOCUMENTATION = r"""
module: release_archive
short_description: Pack a release of an application, named by its content
description:
  - Pack folders, texts and links into a tar whose name is the digest of all that is in it. The same content gives the same bytes.
  - M(systemd_release) puts it into service.
options:
  folder:
    description: Where the archive is kept; older ones of the same I(name) are removed.
    type: path
    required: true
  name:
    description: First part of the archive's name.
    type: str
    required: true
  trees:
    description: Folders to pack, from their name in the release to their path here; compiled Python is left out.
    type: dict
    default: {}
  texts:
    description: Files to make, from their name in the release to their text.
    type: dict
    default: {}
  links:
    description: Symbolic links to make, from their name in the release to their target.
    type: dict
    default: {}
  salt:
    description: Further text that makes the release another one, such as the fingerprint of a certificate that it reads at its start.
    type: str
    default: ""
author: Headwater
"""

EXAMPLES = r"""
- name: The release is packed
  release_archive:
    folder: .cache/releases
    name: dashboard
    trees: {app: files/dashboard, sql: sql}
    texts: {dashboard.json: "{}"}
    links: {venv: ../../venvs/0123456789ab}
"""

RETURN = r"""
path: {description: The archive., type: str, returned: always}
release: {description: The release's name., type: str, returned: always, sample: 0123456789ab}
"""

import hashlib
import io
import os
import tarfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def tree_files(name, folder):
    """[(path in the release, bytes)] of a folder, without what running it leaves behind."""
    files = [item for item in sorted(folder.rglob("*")) if item.is_file() and "__pycache__" not in item.parts]
    return [(f"{name}/{item.relative_to(folder)}", item.read_bytes()) for item in files]


def packed(trees, texts, links):
    """The tar's bytes: fixed order, times, owners and modes."""
    files = [entry for name, folder in sorted(trees.items()) for entry in tree_files(name, Path(folder))]
    files += [(name, text.encode()) for name, text in sorted(texts.items())]
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o640
            tar.addfile(entry, io.BytesIO(data))
        for name, target in sorted(links.items()):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return made.getvalue()


def main():
    """Write the archive where it is not there yet."""
    module = AnsibleModule(
        {
            "folder": {"type": "path", "required": True},
            "name": {"required": True},
            "trees": {"type": "dict", "default": {}},
            "texts": {"type": "dict", "default": {}},
            "links": {"type": "dict", "default": {}},
            "salt": {"default": ""},
        },
        supports_check_mode=True,
    )
    params = module.params
    for name, folder in params["trees"].items():
        if not Path(folder).is_dir():
            module.fail_json(msg=f"trees.{name} is {folder!r}, which is no folder")
    data = packed(params["trees"], params["texts"], params["links"])
    release = hashlib.sha256(data + params["salt"].encode()).hexdigest()[:12]
    folder = Path(params["folder"]).absolute()
    path = folder / f"{params['name']}-{release}.tar"
    old = sorted(str(item) for item in folder.glob(f"{params['name']}-*.tar") if item != path)
    missing = not path.exists()
    if missing and not module.check_mode:
        folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(data)
        beside.replace(path)
        for item in old:
            Path(item).unlink(missing_ok=True)
    diff = {"before": {"path": "" if missing else str(path)}, "after": {"path": str(path)}}
    module.exit_json(changed=missing, path=str(path), release=release, diff=diff)


if __name__ == "__main__":
    main()
