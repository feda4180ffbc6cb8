#!/usr/bin/python
"""Make key pairs for SSH once, in a folder that nobody else may read."""

DOCUMENTATION = r"""
module: ssh_keys
short_description: Make key pairs for SSH once, in a folder that nobody else may read
description:
  - Ed25519 key pairs without a passphrase, each in the files I(folder)C(/NAME) and C(NAME.pub).
  - A private key that is there is never replaced. A public one that is missing or another's is written anew from it.
options:
  folder:
    description: The folder, which gets mode 0700.
    type: path
    required: true
  names:
    description: Names of the key pairs, which are their comments too.
    type: list
    elements: str
    required: true
  state:
    description: Whether they are there.
    type: str
    choices: [present, absent]
    default: present
author: Headwater
"""

EXAMPLES = r"""
- name: The server's keys are made
  ssh_keys:
    folder: .state/ssh
    names: [dashboard, dashboard-host]
"""

RETURN = r"""
resource: {description: "The public key of each; a word on it where it is still to be made.", type: dict, returned: always}
"""

import os
import subprocess

from ansible.module_utils.basic import AnsibleModule

MADE, MENDED = "made now", "written from its private key"


class KeyFileError(Exception):
    """What is wrong, in words for the user."""


def keygen(*words):
    """Output of ssh-keygen."""
    try:
        done = subprocess.run(["ssh-keygen", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603, S607 - words of ours
    except FileNotFoundError:
        raise KeyFileError("ssh-keygen not found; on Debian and Ubuntu: apt-get install openssh-client") from None
    if done.returncode:
        raise KeyFileError(f"ssh-keygen {' '.join(words)} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def mode(path):
    return os.stat(path).st_mode & 0o777


def describe(folder, names):
    """{"folder": its mode, name: public key, or None, or "others may read it", or "no public key"}."""
    found = {"folder": f"{mode(folder):04o}" if os.path.isdir(folder) else None}
    for name in names:
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            found[name] = None
        elif mode(path) & 0o077:
            found[name] = "others may read it"
        else:
            own = keygen("-y", "-P", "", "-f", path)
            public = read(f"{path}.pub")
            found[name] = public if public.split()[:2] == own.split()[:2] else "no public key"
    return found


def wanted(before, names):
    """The same as it should be."""
    return {"folder": "0700", **{name: plan(before[name]) for name in names}}


def plan(found):
    if found is None:
        return MADE
    return found if found.startswith("ssh-") else MENDED


def read(path):
    """A file's text in one line, or nothing."""
    try:
        with open(path) as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def apply(folder, before, after):
    """Make what is missing; the private key comes into its place first, and its public one can be had from it."""
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o700)
    for name in [name for name in after if name != "folder" and before[name] != after[name]]:
        path = os.path.join(folder, name)
        if before[name] is None:
            for rest in (f"{path}.new", f"{path}.new.pub"):  # of a run that was cut off
                if os.path.exists(rest):
                    os.unlink(rest)
            keygen("-q", "-t", "ed25519", "-N", "", "-C", name, "-f", f"{path}.new")
            os.unlink(f"{path}.new.pub")
            os.rename(f"{path}.new", path)
        os.chmod(path, 0o600)
        public = keygen("-y", "-P", "", "-f", path).split()[:2]
        with open(f"{path}.pub.new", "w") as file:
            file.write(f"{' '.join(public)} {name}\n")
        os.rename(f"{path}.pub.new", f"{path}.pub")


def files_of(folder, names):
    """The files that are there of these pairs."""
    paths = [os.path.join(folder, name + ending) for name in names for ending in ("", ".pub", ".new", ".new.pub", ".pub.new")]
    return [path for path in paths if os.path.lexists(path)]


def main():
    """Compare, then act only on a difference."""
    module = AnsibleModule(
        {
            "folder": {"type": "path", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
            "state": {"choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    folder, names = module.params["folder"], module.params["names"]
    try:
        if module.params["state"] == "absent":
            there = files_of(folder, names)
            for path in there if not module.check_mode else []:
                os.unlink(path)
            module.exit_json(changed=bool(there), resource={}, diff={"before": {"files": there}, "after": {"files": []}})
        before = describe(folder, names)
        after = wanted(before, names)
        if before != after and not module.check_mode:
            apply(folder, before, after)
        shown = after if module.check_mode else describe(folder, names)
    except (KeyFileError, OSError) as error:
        module.fail_json(msg=f"The keys of {folder}: {error}")
    module.exit_json(changed=before != after, resource={name: shown[name] for name in names}, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
