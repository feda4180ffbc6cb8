"""Removes what is left of machines whose folder is gone, as after `rm -rf .state` while they ran."""

from pathlib import Path

from localcloud.machines import cgroups, disk, network
from localcloud.machines.machine import all_machines


def sweep(options):
    """Clean up after machines of this state folder that no folder tells of; returns the names that were found."""
    known = {machine.record["name"] for machine in all_machines(options) if machine.exists}
    places = [cgroups.top(), Path("/run/netns"), Path("/sys/class/net")]
    pattern = f"{options.tag}n*"
    strays = {path.name for place in places if place and place.is_dir() for path in place.glob(pattern)} - known
    for name in sorted(strays):
        cgroups.kill(name)
        network.remove(network.Network(name, options.net, 0, ""))
        cgroups.remove(name)
    for folder in _mounted(options.machines_dir):
        if not (folder / "machine.json").exists():
            disk.remove(folder)
    return sorted(strays)


def _mounted(machines_dir):
    """Folders of machines whose disk is mounted."""
    lines = Path("/proc/mounts").read_text().splitlines()
    points = [Path(line.split()[1].encode().decode("unicode_escape")) for line in lines]
    return [point.parent for point in points if point.name == "root" and point.parent.parent == machines_dir]
