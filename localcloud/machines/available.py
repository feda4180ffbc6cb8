"""Can this user boot machines here?"""

import os
import shutil
import sys
from pathlib import Path

from localcloud.machines import base, cgroups

_CAP_NET_ADMIN, _CAP_SYS_ADMIN = 12, 21
_PACKAGES = {"systemd-nspawn": "systemd-container", "mmdebstrap": "mmdebstrap", "ip": "iproute2", "mount": "mount"}


def available(options):
    """(True, "") where machines can be booted, else (False, the reason and what mends it)."""
    if not options.wanted:
        return False, "HEADWATER_LOCALCLOUD_MACHINES=no"
    if sys.platform != "linux":
        return False, f"machines need Linux, and this is {sys.platform}"
    if os.geteuid() != 0:
        return False, "machines need root: they have file systems and networks of their own"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    lacking = [program for program in _PACKAGES if not shutil.which(program, path=path)]
    if base.is_built(options) and "mmdebstrap" in lacking:
        lacking.remove("mmdebstrap")
    if lacking:
        packages = " ".join(_PACKAGES[program] for program in lacking)
        return False, f"{' and '.join(lacking)} not found; on Debian and Ubuntu: apt-get install {packages}"
    status = Path("/proc/self/status").read_text()
    effective = int(next(line for line in status.splitlines() if line.startswith("CapEff:")).split()[1], 16)
    if not all(effective >> bit & 1 for bit in (_CAP_NET_ADMIN, _CAP_SYS_ADMIN)):
        return False, "this root may neither mount nor make networks (a container without CAP_SYS_ADMIN and CAP_NET_ADMIN)"
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        return False, "the kernel has no overlay file system (modprobe overlay)"
    if cgroups.top() is None:
        return False, "no cgroup2 file system is mounted (mount -t cgroup2 none /sys/fs/cgroup)"
    return True, ""
