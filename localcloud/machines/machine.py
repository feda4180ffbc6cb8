"""One machine's life: disk, network, control group and systemd-nspawn, found again by its folder."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from localcloud.machines import base, boot_loop, cgroups, disk, first_boot, network
from localcloud.machines.commands import MachineError
from localcloud.machines.user_data import plan

#: Signals by which systemd, as a machine's first process, powers off and reboots (systemd(1)).
_POWER_OFF, _REBOOT = signal.SIGRTMIN + 4, signal.SIGRTMIN + 5
_NSPAWN = [
    *("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=read-only"),
    *("--resolv-conf=off", "--timezone=off", "--link-journal=no"),
]


class Machine:
    """The machine of the instance `instance_id`; what has to be remembered is in its folder's machine.json.

    Methods are for one caller at a time. They do nothing where nothing is to be done, so that each can
    be called again after an interruption.
    """

    def __init__(self, options, instance_id):
        self.options, self.instance_id = options, instance_id
        self.folder = options.machines_dir / instance_id
        self.record = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.record = json.loads((self.folder / "machine.json").read_text())

    # What it is

    @property
    def exists(self):
        return "slot" in self.record

    @property
    def network(self):
        return network.Network(self.record["name"], self.record["net"], self.record["slot"], network.mac_address(self.instance_id))

    @property
    def private_address(self):
        return self.network.private_address

    @property
    def public_address(self):
        return self.record.get("public")

    @property
    def secret(self):
        """What its metadata tokens are signed with; remembered, so that they outlive the local cloud."""
        return bytes.fromhex(self.record["secret"])

    @property
    def cgroup(self):
        return self.record["name"]

    def is_on(self):
        """Does anything of it run?"""
        return self.exists and cgroups.populated(self.cgroup)

    def failure(self):
        """Why it ended otherwise than by its own power-off; None where it did not."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            code = int((self.folder / "exit").read_text())
            if code and not self.is_on():
                return f"systemd-nspawn ended with {code}; see GetConsoleOutput"
        return None

    def console(self, size=65536):
        """The last `size` bytes that it said on its console."""
        with contextlib.suppress(FileNotFoundError), open(self.folder / "console.log", "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            return file.read()
        return b""

    def _remember(self, **changes):
        self.record.update(changes)
        new = self.folder / "machine.json.new"
        new.write_text(json.dumps(self.record))
        new.rename(self.folder / "machine.json")

    # Its life

    def create(self):
        """Allot its place and addresses; the disk is made at the first boot."""
        if self.exists:
            network.restore(self.network)
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        made = network.allot(self.options.tag, self.options.net, self.instance_id)
        self._remember(name=made.name, net=made.net, slot=made.slot, secret=secrets.token_hex(16))

    def prepare(self, user_data, public_key):
        """Make the disk from the base and apply the user data (bytes), once; `public_key` is an authorized_keys line or None."""
        if self.record.get("prepared"):
            return
        root = base.ensure(self.options)
        disk.unmount(self.folder)
        shutil.rmtree(self.folder / "upper", ignore_errors=True)  # of a preparation that was interrupted
        disk.create(self.folder, root)
        disk.mount(self.folder)
        hostname = "ip-" + self.private_address.replace(".", "-")
        work = {
            "plan": asdict(plan(user_data)),
            "hostname": hostname,
            "address": self.private_address,
            "key": public_key,
            "user": base.USER,
        }
        command = ["chroot", self.folder / "root", "/usr/bin/python3", "-I", "-c", Path(first_boot.__file__).read_text()]
        with open(self.folder / "console.log", "ab") as console:
            done = subprocess.run(  # noqa: S603 - our own program, on our own disk
                command,
                input=json.dumps(work).encode(),
                stdout=console,
                stderr=console,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
                timeout=60,
            )
        if done.returncode:
            raise MachineError(f"the disk of {self.instance_id} could not be prepared: {self.console(500).decode(errors='replace')}")
        self._remember(prepared=True)

    def power_on(self, public):
        """Start it, with a new public address where `public`; returns when it begins to boot."""
        if self.is_on():
            return
        cgroups.kill(self.cgroup)
        network.restore(self.network)
        disk.mount(self.folder)
        if public and not self.public_address:
            self._remember(public=network.give_public(self.network, self.options.machines_dir / "last-public"))
        command = [*_NSPAWN, f"--machine={self.cgroup}", f"--directory={self.folder / 'root'}"]
        command += [f"--network-namespace-path={self.network.namespace}"]
        boot = {
            "command": command,
            "cgroup": str(cgroups.create(self.cgroup)),
            "environment": {
                "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin:/sbin:/bin",
                "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
            },
        }
        for name in ("exit", "halt"):
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / "boot.json").write_text(json.dumps(boot))
        with open(self.folder / "console.log", "ab") as console:
            loop = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", boot_loop.__file__, self.folder],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,  # it outlives the local cloud
                cwd="/",
            )
        # From here on the control group tells whether it runs, so it must have been joined.
        deadline = time.monotonic() + 10
        while not self.is_on():
            if loop.poll() is not None or time.monotonic() > deadline:
                raise MachineError(f"{self.instance_id} could not be started: {self.console(500).decode(errors='replace')}")
            time.sleep(0.01)

    def answers_ssh(self, timeout=0.5):
        """Does its SSH server greet?"""
        with contextlib.suppress(OSError), socket.create_connection((self.private_address, 22), timeout) as connection:
            connection.settimeout(timeout)
            return connection.recv(4) == b"SSH-"
        return False

    def power_off(self, seconds=30, force=False):
        """An orderly power-off, by force after `seconds`; then gives up the public address and unmounts the disk."""
        if not self.exists:
            return
        if self.is_on() and not force:
            (self.folder / "halt").touch()
            deadline = time.monotonic() + seconds
            asked = 0.0
            while self.is_on() and time.monotonic() < deadline:
                if time.monotonic() - asked > 3:  # again, in case it was still booting
                    asked = time.monotonic()
                    self._signal_init(_POWER_OFF)
                time.sleep(0.02)
        if not cgroups.kill(self.cgroup):
            raise MachineError(f"processes of {self.instance_id} cannot be killed: {cgroups.processes(self.cgroup)}")
        if self.public_address:
            network.take_public(self.network, self.public_address)
            self._remember(public=None)
        disk.unmount(self.folder)
        cgroups.remove(self.cgroup)

    def reboot(self):
        """Ask it for an orderly reboot; returns at once."""
        self._signal_init(_REBOOT)

    def destroy(self, force=False):
        """Remove it with all that it had."""
        if self.exists:
            self.power_off(seconds=10, force=force)
            network.remove(self.network)
        if self.folder.exists():
            disk.remove(self.folder)
        self.record = {}

    def _signal_init(self, number):
        """Signal the machine's first process: the one that is number 1 in its own numbering."""
        for process in cgroups.processes(self.cgroup):
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(f"/proc/{process}/status").read_text().splitlines()
                numbers = next(line for line in lines if line.startswith("NSpid:")).split()[1:]
                if len(numbers) > 1 and numbers[-1] == "1":
                    os.kill(process, number)
                    return


def all_machines(options):
    """The machines of a state folder, whatever they do."""
    folder = options.machines_dir
    return [Machine(options, inner.name) for inner in sorted(folder.iterdir()) if inner.is_dir()] if folder.is_dir() else []
