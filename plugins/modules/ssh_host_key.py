#!/usr/bin/python
"""Give a server's SSH a host key of its own in place of the one that it was given."""

DOCUMENTATION = r"""
module: ssh_host_key
short_description: Give a server's SSH a host key of its own in place of the one that it was given
description:
  - A key that was given with user data can be read by whoever may read those. The server makes another one, in two calls,
    so that who deploys knows both keys in between, and a run that is cut off anywhere can still connect and go on.
  - With I(use) false a new key is laid beside the one in use. With I(use) true it comes into its place, and SSH reads it.
  - Where the key in use is not I(given) any more, it stays. Runs on a server, as root.
options:
  given:
    description: Public key that the server was given, as type and key.
    type: str
    required: true
  use:
    description: Whether the new key comes into use.
    type: bool
    default: false
  path:
    description: File of the private key in use.
    type: path
    default: /etc/ssh/ssh_host_ed25519_key
author: Headwater
"""

EXAMPLES = r"""
- name: The server has made a host key of its own
  ssh_host_key:
    given: ssh-ed25519 AAAA
  register: own
"""

RETURN = r"""
public_key: {description: "The server's own public key, as type and key; empty before it is made.", type: str, returned: always}
"""

import os
import shutil
import subprocess

from ansible.module_utils.basic import AnsibleModule


class HostKeyError(Exception):
    """What is wrong, in words for the user."""


def run(*words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # noqa: S603 - words of ours
    if done.returncode:
        raise HostKeyError("{} ended with {}: {}".format(" ".join(words), done.returncode, done.stdout.strip()))
    return done.stdout


def public(path):
    """Type and key that belong to a private key; nothing where there is none that can be used."""
    try:
        return " ".join(run("ssh-keygen", "-y", "-P", "", "-f", path).split()[:2]) if os.path.exists(path) else ""
    except HostKeyError:
        return ""  # of a run that was cut off while it was written


def describe(path):
    """{"in use", "beside it"}: public keys."""
    return {"in_use": public(path), "beside": public(path + ".own")}


def make(path):
    """Lay a new key beside the one in use."""
    for rest in (path + ".own", path + ".own.pub"):
        if os.path.exists(rest):
            os.unlink(rest)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path + ".own")


def put_into_use(path):
    """The new key comes into its place. The private half goes first: SSH needs no public one."""
    if public(path + ".own"):
        os.chmod(path + ".own", 0o600)
        os.rename(path + ".own", path)
        if shutil.which("restorecon"):
            run("restorecon", path)  # SELinux knows files by the name under which they were made
    if os.path.exists(path + ".own.pub"):
        os.rename(path + ".own.pub", path + ".pub")


def reload():
    """Let the SSH server read its keys; connections stay. Debian calls it ssh, Amazon Linux sshd."""
    known = [name for name in ("ssh", "sshd") if run("systemctl", "show", "--property=LoadState", name).strip() == "LoadState=loaded"]
    run("systemctl", "reload", known[0] if known else "sshd")


def main():
    """Compare, then act only on a difference."""
    module = AnsibleModule(
        {
            "given": {"required": True},
            "use": {"type": "bool", "default": False},
            "path": {"type": "path", "default": "/etc/ssh/ssh_host_ed25519_key"},
        },
        supports_check_mode=True,
    )
    path, use = module.params["path"], module.params["use"]
    try:
        before = describe(path)
        theirs = before["in_use"] in ("", module.params["given"])
        changed = theirs and (use or not before["beside"])
        if changed and not before["beside"] and not module.check_mode:
            make(path)
        if use and not module.check_mode:
            if theirs or not before["beside"]:
                put_into_use(path)
            reload()  # a run that was cut off may have left it out
        after = describe(path)
    except (HostKeyError, OSError) as error:
        module.fail_json(msg=f"The host key {path}: {error}")
    own = after["beside"] if theirs and not use else after["in_use"]
    module.exit_json(changed=changed, public_key="" if own == module.params["given"] else own, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
