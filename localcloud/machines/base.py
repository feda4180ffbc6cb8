"""The file system that all machines share: a small Debian, built once and kept in the cache."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from localcloud.machines.commands import MachineError, run

SUITE = "bookworm"
PACKAGES = [
    *("acl", "ca-certificates", "curl", "dbus", "iproute2", "iputils-ping", "less", "libnss-systemd", "libpam-systemd"),
    *("openssh-server", "openssl", "procps", "python3", "python3-apt", "python3-venv", "sudo", "systemd", "systemd-sysv", "tzdata"),
]
USER = "ec2-user"
_LEFT_OUT = ("man", "doc", "locale", "info", "lintian")
# Nothing on a machine may look for packages by itself, and nobody logs in on its console.
_MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "console-getty.service",
    "systemd-networkd.service",
    "systemd-firstboot.service",
)
_FILES = {
    "etc/sudoers.d/90-cloud-users": f"{USER} ALL=(ALL) NOPASSWD:ALL\n",
    "etc/ssh/sshd_config.d/10-cloud.conf": ("PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin no\nUseDNS no\n"),
    "etc/resolv.conf": "",
    "etc/default/locale": "LANG=C.UTF-8\n",
    "etc/fstab": "",
    "etc/systemd/journald.conf.d/10-machine.conf": "[Journal]\nStorage=persistent\nSystemMaxUse=64M\n",
}


def path(options):
    """Where the base for this recipe is, or will be; another suite, package or file is another base."""
    recipe = hashlib.sha256(repr((SUITE, PACKAGES, USER, _LEFT_OUT, _MASKED, _FILES)).encode()).hexdigest()[:12]
    return options.cache_dir / f"{SUITE}-{recipe}"


def is_built(options):
    return path(options).is_dir()


def ensure(options):
    """The base's folder; builds it first where it is not there. A second caller waits for the first."""
    target = path(options)
    if target.is_dir():
        return target
    options.cache_dir.mkdir(parents=True, exist_ok=True)
    with open(options.cache_dir / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _build(options.cache_dir, target)
    return target


def _build(cache_dir, target):
    for leftover in cache_dir.glob("building-*"):  # of a build that was interrupted: the lock is ours
        shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="building-", dir=cache_dir))
    root = folder / "root"
    try:
        options = ["--quiet", "--mode=root", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
        options += ['--aptopt=Acquire::Languages "none"', "--dpkgopt=force-unsafe-io"]
        options += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
        sources = _sources()
        run("mmdebstrap", *options, SUITE, root, *(["-"] if sources else []), stdin=sources, timeout=900)
        _configure(root)
        root.chmod(0o755)
        root.rename(target)
    except MachineError as error:
        raise MachineError(f"the machines' base file system could not be built: {error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sources():
    """The host's own apt sources for the suite; empty where the host is no Debian: mmdebstrap has a default."""
    wanted = "$(ORIGIN)|$(CODENAME)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    lines = run("apt-get", "indextargets", "--format", wanted, check=False).splitlines() if shutil.which("apt-get") else []
    found = {line.split("|")[2] for line in lines if line.startswith(f"Debian|{SUITE}")}
    return "".join(f"{line}\n" for line in sorted(found))


def _configure(root):
    run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", USER)
    run("chroot", root, "systemctl", "mask", *_MASKED)
    for name, text in _FILES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text)
    (root / "etc/sudoers.d/90-cloud-users").chmod(0o440)
    (root / "etc/localtime").unlink(missing_ok=True)
    os.symlink("/usr/share/zoneinfo/Etc/UTC", root / "etc/localtime")
    # Each machine makes its own identity.
    for file in [*root.glob("etc/ssh/ssh_host_*"), root / "etc/hostname", root / "var/lib/dbus/machine-id"]:
        with contextlib.suppress(FileNotFoundError):
            file.unlink()
    (root / "etc/machine-id").write_text("")
