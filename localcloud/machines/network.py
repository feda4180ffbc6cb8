"""A machine's network: a namespace of its own behind a pair of virtual interfaces, and its two addresses.

Addresses come from `net`.0.0/16: machine N has the private address net.N.2 behind the gateway net.N.1
(0 ≤ N < 128), which it keeps for life, and while it runs a public address between net.128.1 and
net.255.254, routed to it, another one after each stop.
"""

import contextlib
import fcntl
import hashlib
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path

from localcloud.machines.commands import MachineError, run

METADATA_ADDRESS = "169.254.169.254"
#: Local clouds of one host choose addresses one after the other.
HOST_LOCK = Path("/run/lock/headwater-machines.lock")
SLOTS = 128


@dataclass(frozen=True)
class Network:
    """`name` is that of the namespace and of the host's interface (at most 15 characters)."""

    name: str
    net: str
    slot: int
    mac: str

    @property
    def gateway(self):
        return f"{self.net}.{self.slot}.1"

    @property
    def private_address(self):
        return f"{self.net}.{self.slot}.2"

    @property
    def namespace(self):
        return Path("/run/netns") / self.name


@contextlib.contextmanager
def host_lock():
    HOST_LOCK.parent.mkdir(parents=True, exist_ok=True)
    with open(HOST_LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def choose_slot(net, taken):
    """The first N whose /30 meets none of the networks `taken`; MachineError when the range belongs to others or is full.

    `taken`: (interface, "address/prefix length") of everything on the host that has an address or a route.
    """
    whole = ipaddress.ip_network(f"{net}.0.0/16")
    networks = [(name, ipaddress.ip_network(text, strict=False)) for name, text in taken]
    for name, network in networks:
        if network.prefixlen and network.prefixlen < 30 and network.overlaps(whole):
            raise MachineError(f"{net}.0.0/16 is in use by {name} ({network}); set HEADWATER_LOCALCLOUD_MACHINES_NET to another range")
    for slot in range(SLOTS):
        candidate = ipaddress.ip_network(f"{net}.{slot}.0/30")
        if not any(network.prefixlen and network.overlaps(candidate) for _, network in networks):
            return slot
    raise MachineError(f"all {SLOTS} places of {net}.0.0/16 are taken; terminate instances, or set HEADWATER_LOCALCLOUD_MACHINES_NET")


def choose_public(net, taken, last=None):
    """A public address after `last` (the one given out before), round and round, that is not in `taken` (a set of addresses)."""
    first, number = (int(ipaddress.ip_address(f"{net}.{end}")) for end in ("128.0", "255.255"))
    count = number - first
    offset = int(ipaddress.ip_address(last)) - first if last and last.startswith(f"{net}.") else 0
    for step in range(1, count + 1):
        candidate = str(ipaddress.ip_address(first + (offset + step) % count))
        if not candidate.endswith((".0", ".255")) and candidate not in taken:
            return candidate
    raise MachineError(f"all public addresses of {net}.0.0/16 are taken")


def taken():
    """(interface, "address/length") of all addresses and routes of the host."""
    addresses = json.loads(run("ip", "-4", "-json", "address") or "[]")
    routes = json.loads(run("ip", "-4", "-json", "route") or "[]")
    found = [(link["ifname"], f"{one['local']}/{one['prefixlen']}") for link in addresses for one in link.get("addr_info", [])]
    found += [(route.get("dev", "a route"), route["dst"]) for route in routes if route.get("dst") not in (None, "default")]
    return found


def mac_address(instance_id):
    """A locally administered address that is always this instance's."""
    return ":".join(["02", *(f"{byte:02x}" for byte in hashlib.sha256(instance_id.encode()).digest()[:5])])


def allot(tag, net, instance_id):
    """Choose a place for a new machine and make its network, so that nobody else takes it."""
    with host_lock():
        slot = choose_slot(net, taken())
        network = Network(f"{tag}n{slot}", net, slot, mac_address(instance_id))
        _create(network)
    return network


def restore(network):
    """Make the network of a known machine again where it is gone, as after a reboot of the host."""
    if network.namespace.exists() and Path("/sys/class/net", network.name).exists():
        return
    with host_lock():
        remove(network)
        mine = ipaddress.ip_network(f"{network.gateway}/30", strict=False)
        for name, text in taken():
            if ipaddress.ip_network(text, strict=False).overlaps(mine) and not text.startswith("0.0.0.0/0"):
                raise MachineError(f"the address {network.private_address} of this machine was taken by {name} while it was off")
        _create(network)


def _create(network):
    run("ip", "netns", "add", network.name)
    run("ip", "link", "add", network.name, "type", "veth", "peer", "name", "eth0", "address", network.mac, "netns", network.name)
    inside = [
        f"address add {network.private_address}/30 dev eth0",
        f"address add {METADATA_ADDRESS}/32 dev lo",
        "link set lo up",
        "link set eth0 up",
        f"route add default via {network.gateway}",
    ]
    run("ip", "-batch", "-", stdin=f"address add {network.gateway}/30 dev {network.name}\nlink set {network.name} up\n")
    run("ip", "-n", network.name, "-batch", "-", stdin="\n".join(inside) + "\n")


def give_public(network, memory):
    """Choose a public address, route it to the machine, and return it; the file `memory` remembers the last one given."""
    with host_lock():
        last = memory.read_text() if memory.exists() else None
        address = choose_public(network.net, {text.split("/")[0] for _, text in taken()}, last)
        memory.write_text(address)
        run("ip", "route", "add", f"{address}/32", "via", network.private_address, "dev", network.name, "src", network.gateway)
        run("ip", "-n", network.name, "address", "add", f"{address}/32", "dev", "lo")
    return address


def take_public(network, address):
    """The address is nobody's from now on."""
    run("ip", "route", "del", f"{address}/32", "dev", network.name, check=False)
    run("ip", "-n", network.name, "address", "del", f"{address}/32", "dev", "lo", check=False)


def remove(network):
    """Remove interface and namespace; no error where they are gone."""
    run("ip", "link", "del", network.name, check=False)
    if network.namespace.exists():
        run("ip", "netns", "del", network.name)
