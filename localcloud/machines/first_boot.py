"""Makes a fresh disk this machine's own; runs inside it (chroot), before its first boot, with JSON on standard input.

Inside, because links such as /var/run lead elsewhere when they are followed from outside. The input is
{"plan": user_data.Plan as a dict, "hostname", "address", "key", "user"}; what it prints goes to the console.
Standard library only, for the base's own Python.
"""

import base64
import json
import os
import pwd
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

_CLOUD = Path("/var/lib/cloud/instance")
_RUNNER = """#!/bin/sh
# The user data's commands, once, when the machine is up.
for script in /var/lib/cloud/instance/scripts/*; do
  [ -e "$script" ] || continue
  "$script" || echo "cloud-init: $script ended with $?"
done
touch /var/lib/cloud/instance/boot-finished
echo "cloud-init: finished"
"""
_UNIT = """[Unit]
Description=Commands of the user data
ConditionPathExists=!/var/lib/cloud/instance/boot-finished
After=network.target ssh.service systemd-user-sessions.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/var/lib/cloud/instance/run-scripts
TimeoutStartSec=infinity
StandardOutput=journal+console
StandardError=journal+console

[Install]
WantedBy=multi-user.target
"""


def _run(command, check=True):
    """Run a program of the machine; returns what CompletedProcess tells, and raises where `check`."""
    return subprocess.run(command, capture_output=True, text=True, check=check)  # noqa: S603 - called with fixed programs


def say(text):
    print(f"cloud-init: {text}", flush=True)


def write(path, text, mode=0o644):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def name_the_machine(hostname, address):
    write("/etc/hostname", f"{hostname}\n")
    write("/etc/hosts", f"127.0.0.1 localhost\n{address} {hostname} {hostname.split('.')[0]}\n::1 localhost ip6-localhost\n")
    write("/etc/machine-id", uuid.uuid4().hex + "\n", 0o444)


def make_host_keys(given):
    for name, text in given.items():
        write(f"/etc/ssh/{name}", text, 0o644 if name.endswith(".pub") else 0o600)
    for name in [name for name in given if not name.endswith(".pub")]:
        made = _run(["ssh-keygen", "-y", "-P", "", "-f", f"/etc/ssh/{name}"], check=False)
        if made.returncode:
            say(f"user data: ssh_keys: {name} is no usable private key: {made.stderr.strip()}")
            for broken in (Path("/etc/ssh", name), Path("/etc/ssh", f"{name}.pub")):
                broken.unlink(missing_ok=True)
        else:
            write(f"/etc/ssh/{name}.pub", made.stdout)
    # Like cloud-init: given keys are the only ones; without any, fresh ones are made.
    if not any(Path("/etc/ssh").glob("ssh_host_*_key")):
        _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/ssh_host_ed25519_key"])
        _run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", "/etc/ssh/ssh_host_ecdsa_key"])
    print("-----BEGIN SSH HOST KEY FINGERPRINTS-----")
    for key in sorted(Path("/etc/ssh").glob("ssh_host_*_key.pub")):
        shown = _run(["ssh-keygen", "-l", "-f", str(key)], check=False)
        print((shown.stdout or shown.stderr).strip())
    print("-----END SSH HOST KEY FINGERPRINTS-----", flush=True)


def add_user(user):
    try:
        pwd.getpwnam(user["name"])
    except KeyError:
        groups = ["--groups", ",".join(user["groups"])] if user["groups"] else []
        _run(["useradd", "--create-home", "--shell", user["shell"], *groups, user["name"]])
    if user["sudo"]:
        write(f"/etc/sudoers.d/91-{user['name']}", "".join(f"{user['name']} {rule}\n" for rule in user["sudo"]), 0o440)
    authorize(user["name"], user["keys"])


def authorize(name, keys):
    if not keys:
        return
    account = pwd.getpwnam(name)
    folder = Path(account.pw_dir, ".ssh")
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / "authorized_keys"
    known = file.read_text() if file.exists() else ""
    file.write_text(known + "".join(f"{key}\n" for key in keys if key not in known.splitlines()))
    file.chmod(0o600)
    for path in (folder, file):
        os.chown(path, account.pw_uid, account.pw_gid)


def write_file(file):
    path = Path(file["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab" if file["append"] else "wb") as out:
        os.fchmod(out.fileno(), file["mode"])
        out.write(base64.b64decode(file["content"]))
    user, _, group = file["owner"].partition(":")
    shutil.chown(path, user or None, group or None)


def install_scripts(scripts):
    for number, (name, text) in enumerate(scripts):
        write(_CLOUD / "scripts" / f"{number:02}-{name}", text, 0o700)
    write(_CLOUD / "run-scripts", _RUNNER, 0o700)
    write("/etc/systemd/system/cloud-final.service", _UNIT)
    wants = Path("/etc/systemd/system/multi-user.target.wants")
    wants.mkdir(parents=True, exist_ok=True)
    link = wants / "cloud-final.service"
    link.unlink(missing_ok=True)
    link.symlink_to("/etc/systemd/system/cloud-final.service")


def each(what, items, do):
    """Do every item; one that fails is said and does not stop the others."""
    for item in items:
        try:
            do(item)
        except (OSError, LookupError, subprocess.CalledProcessError) as error:
            say(f"user data: {what}: {error}")


def main():
    work = json.load(sys.stdin)
    plan = work["plan"]
    for message in plan["messages"]:
        say(message)
    name_the_machine(plan["hostname"] or work["hostname"], work["address"])
    make_host_keys(plan["host_keys"])
    authorize(work["user"], ([work["key"]] if work["key"] else []) + plan["authorized_keys"])
    each("users", plan["users"], add_user)
    each("write_files", plan["files"], write_file)
    install_scripts(plan["scripts"])


if __name__ == "__main__":
    main()
