#!/usr/bin/python
"""Have a password for the dashboard's sign-in, hashed, on its server."""

DOCUMENTATION = r"""
module: dashboard_password
short_description: Have a password for the dashboard's sign-in, hashed, on its server
description:
  - A given password is held against the hash that is there, and hashed anew only when it differs.
  - Without one, a password is generated where there is none yet for I(user); it is returned that once and kept nowhere.
  - Also makes the key that signs sessions, where there is none.
  - Runs on a server.
options:
  path:
    description: The password file; one line, user and hash.
    type: path
    required: true
  secret_key_path:
    description: File of the key that signs sessions.
    type: path
    required: true
  user:
    description: Name to sign in with.
    type: str
    required: true
  password:
    description: The password; empty to keep the one that is there, or to generate one.
    type: str
    default: ""
  group:
    description: Group that may read the files.
    type: str
    default: root
  hasher:
    description: Source of the application's own C(passwords.py), which writes and reads hashes.
    type: str
    required: true
author: Headwater
"""

EXAMPLES = r"""
- name: There is a password
  dashboard_password:
    path: /etc/headwater-dashboard/password
    secret_key_path: /etc/headwater-dashboard/secret-key
    user: viewer
    hasher: "{{ lookup('file', 'files/dashboard/dashboard/passwords.py') }}"
  register: sign_in
"""

RETURN = r"""
generated: {description: "The password, where this call generated one; else empty.", type: str, returned: always}
"""

import os
import secrets
import shutil
import types

from ansible.module_utils.basic import AnsibleModule

# Without letters and digits that look alike.
LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH = 20  # 56^20 is more than 2^116


def load(source):
    """The application's module, from its text."""
    module = types.ModuleType("passwords")
    exec(compile(source, "passwords.py", "exec"), module.__dict__)  # noqa: S102 - the project's own file, sent by who deploys
    return module


def read(path):
    """A file's text, or nothing."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def write(path, text, group):
    """Write a file at once, for root and that group."""
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    shutil.chown(path + ".new", group=group)
    os.chmod(path + ".new", 0o640)
    os.rename(path + ".new", path)


def describe(passwords, params):
    """{"user", "password": what is known of it, "secret_key"} as they are."""
    try:
        user, hashed = passwords.read(read(params["path"]))
    except ValueError:  # none yet, or a file that nobody can use
        return {"user": "", "password": "none", "secret_key": bool(read(params["secret_key_path"]))}
    given = params["password"]
    known = "as given" if given and passwords.verify(given, hashed) else "another one" if given else "one that was set before"
    return {"user": user, "password": known, "secret_key": bool(read(params["secret_key_path"]))}


def main():
    """Compare, then act only on a difference."""
    module = AnsibleModule(
        {
            "path": {"type": "path", "required": True},
            "secret_key_path": {"type": "path", "required": True, "no_log": False},
            "user": {"required": True},
            "password": {"default": "", "no_log": True},
            "group": {"default": "root"},
            "hasher": {"required": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    passwords = load(params["hasher"])
    before = describe(passwords, params)
    another_user = before["user"] != params["user"]
    if params["password"]:
        after = {"user": params["user"], "password": "as given", "secret_key": True}
    else:
        after = {"user": params["user"], "password": "a new one" if another_user else "one that was set before", "secret_key": True}
    generated = ""
    try:
        if params["password"]:
            hashed = passwords.hash_password(params["password"]) if before != after else ""  # also refuses one that is too long
            passwords.line(params["user"], hashed or passwords.read(read(params["path"]))[1])
        elif another_user:
            generated = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
            hashed = passwords.hash_password(generated)
        if before != after and not module.check_mode:
            if (before["user"], before["password"]) != (after["user"], after["password"]):
                write(params["path"], passwords.line(params["user"], hashed), params["group"])
            if not before["secret_key"]:
                write(params["secret_key_path"], secrets.token_hex(32) + "\n", params["group"])
    except (ValueError, OSError, LookupError) as error:
        module.fail_json(msg="The password of {!r} in {}: {}".format(params["user"], params["path"], error))
    module.exit_json(changed=before != after, generated="" if module.check_mode else generated, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
