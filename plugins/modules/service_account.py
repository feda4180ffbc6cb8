#!/usr/bin/python
"""Give a service a system user of its own, its folders and its settings of the system."""

DOCUMENTATION = r"""
module: service_account
short_description: Give a service a system user of its own, its folders and its settings of the system
description:
  - A system group and a system user of the same name who cannot log in, folders that belong to root and the group,
    and files of root's that everybody may read.
  - All in one call, since over SSH each one costs as much as what it does. Runs on a server, as root.
options:
  name:
    description: Name of user and group.
    type: str
    required: true
  home:
    description: The user's home, which is not made.
    type: path
    required: true
  shell:
    description: The user's shell.
    type: path
    default: /usr/sbin/nologin
  folders:
    description: Path of each folder and its mode, in the order in which they are made.
    type: dict
    default: {}
  files:
    description: Path of each file and its text; its folder is made.
    type: dict
    default: {}
author: Headwater
"""

EXAMPLES = r"""
- name: The page has a user and folders of its own
  service_account:
    name: headwater-dashboard
    home: /var/lib/headwater-dashboard
    folders: {/opt/headwater-dashboard: "0755"}
"""

RETURN = r"""
resource: {description: User, folders and files as they are., type: dict, returned: always}
"""

import grp
import os
import pwd
import subprocess

from ansible.module_utils.basic import AnsibleModule


class AccountError(Exception):
    """What is wrong, in words for the user."""


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # noqa: S603 - words of ours
    if done.returncode:
        raise AccountError(f"{' '.join(words)} ended with {done.returncode}: {done.stdout.strip()}")


def user(name):
    """What matters of a user, or None."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return {"group": group_name(found.pw_gid), "home": found.pw_dir, "shell": found.pw_shell}


def group_name(number):
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return f"none, number {number}"


def has_group(name):
    return any(group.gr_name == name for group in grp.getgrall())


def folder(path):
    """ "owner:group mode" of a folder, or None."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return f"{pwd.getpwuid(found.st_uid).pw_name}:{group_name(found.st_gid)} {found.st_mode & 0o7777:04o}"


def read(path):
    """A file's text, or None."""
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return None


def describe(params):
    """User, folders and files as they are."""
    return {
        "user": user(params["name"]),
        "folders": {path: folder(path) for path in params["folders"]},
        "files": {path: read(path) for path in params["files"]},
    }


def wanted(params):
    """The same as it should be."""
    return {
        "user": {"group": params["name"], "home": params["home"], "shell": params["shell"]},
        "folders": {path: f"root:{params['name']} {mode}" for path, mode in params["folders"].items()},
        "files": dict(params["files"]),
    }


def apply(params, before, after):
    """Make what differs as it should be."""
    name = params["name"]
    if not has_group(name):
        run("groupadd", "--system", name)
    settings = ["--gid", name, "--home-dir" if not before["user"] else "--home", params["home"], "--shell", params["shell"]]
    if not before["user"]:
        run("useradd", "--system", "--no-create-home", *settings, name)
    elif before["user"] != after["user"]:
        run("usermod", *settings, name)
    for path, mode in params["folders"].items():
        if before["folders"][path] != after["folders"][path]:
            os.makedirs(path, exist_ok=True)
            os.chown(path, 0, grp.getgrnam(name).gr_gid)
            os.chmod(path, int(mode, 8))
    for path, text in params["files"].items():
        if before["files"][path] != text:
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            with open(path + ".new", "w") as file:
                file.write(text)
            os.chmod(path + ".new", 0o644)
            os.rename(path + ".new", path)


def main():
    """Compare, then act only on a difference."""
    module = AnsibleModule(
        {
            "name": {"required": True},
            "home": {"type": "path", "required": True},
            "shell": {"type": "path", "default": "/usr/sbin/nologin"},
            "folders": {"type": "dict", "default": {}},
            "files": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    params = module.params
    wrong = sorted(path for path, mode in params["folders"].items() if not (isinstance(mode, str) and len(mode) == 4 and mode.isdigit()))
    if wrong:
        module.fail_json(msg='The mode of {} must be four digits in quotes, such as "0750"'.format(", ".join(wrong)))
    os.umask(0o022)
    try:
        before, after = describe(params), wanted(params)
        if before != after and not module.check_mode:
            apply(params, before, after)
    except (AccountError, OSError, LookupError) as error:
        module.fail_json(msg="The account {}: {}".format(params["name"], error))
    module.exit_json(changed=before != after, resource=after, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
