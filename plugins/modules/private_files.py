#!/usr/bin/python
"""Keep small files of this machine's user in a folder that nobody else may read."""

DOCUMENTATION = r"""
module: private_files
short_description: Keep small files of this machine's user in a folder that nobody else may read
description:
  - Each file has mode 0600, and a folder that is made 0700; one that is there keeps its mode.
  - A file is there as a whole or not at all.
options:
  folder:
    description: The folder; it is made where something is to be written.
    type: path
    required: true
  files:
    description: Name of each file and its text.
    type: dict
    default: {}
  absent:
    description: Names of files that shall not be there.
    type: list
    elements: str
    default: []
author: Headwater
"""

EXAMPLES = r"""
- name: Its addresses are known
  private_files:
    folder: .state/ssh
    files: {dashboard.known_hosts: "i-0123 ssh-ed25519 AAAA\n"}
"""

RETURN = r"""
resource: {description: Text of each file by its name; nothing where there is none., type: dict, returned: always}
"""

import os

from ansible.module_utils.basic import AnsibleModule


def read(path):
    """A file's text, or nothing; one that others may read counts as another one."""
    try:
        with open(path) as file:
            return file.read() if os.fstat(file.fileno()).st_mode & 0o077 == 0 else "(others may read it)"
    except FileNotFoundError:
        return None


def write(path, text):
    """Write a file at once, for its owner alone."""
    with open(os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    os.chmod(f"{path}.new", 0o600)
    os.rename(f"{path}.new", path)


def apply(folder, before, after):
    """Make the folder's files those of `after`."""
    if any(text is not None for text in after.values()):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    for name, text in after.items():
        if text is None and before[name] is not None:
            os.unlink(os.path.join(folder, name))
        elif text != before[name]:
            write(os.path.join(folder, name), text)


def main():
    """Compare, then act only on a difference."""
    module = AnsibleModule(
        {
            "folder": {"type": "path", "required": True},
            "files": {"type": "dict", "default": {}},
            "absent": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    folder = module.params["folder"]
    after = {**dict.fromkeys(module.params["absent"]), **module.params["files"]}
    odd = sorted(name for name in after if os.path.basename(name) != name or name in ("", ".", ".."))
    if odd:
        module.fail_json(msg=f"files and absent hold {', '.join(map(repr, odd))}: give plain names, which lie in {folder}")
    try:
        before = {name: read(os.path.join(folder, name)) for name in after}
        if before != after and not module.check_mode:
            apply(folder, before, after)
    except (OSError, UnicodeDecodeError) as error:
        module.fail_json(msg=f"The files of {folder}: {error}")
    module.exit_json(changed=before != after, resource=after, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
