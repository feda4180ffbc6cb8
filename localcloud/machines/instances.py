"""moto's instances as the machines see them: plain facts out, states and addresses in.

One lock guards moto: requests, workers and metadata take turns. Whoever changes something saves it before letting go.
"""

import base64
import contextlib
import threading
import time
from dataclasses import dataclass

from localcloud.machines import network
from localcloud.machines.transitions import CODES

USER_SHUTDOWN = ("Client.UserInitiatedShutdown", "User initiated shutdown")
OWN_SHUTDOWN = ("Client.InstanceInitiatedShutdown", "Instance initiated shutdown")
FAILURE = "Server.InternalError"


@dataclass(frozen=True)
class Launch:
    """What a boot needs. `key`: an authorized_keys line or None; `public`: does it get a public address?"""

    user_data: bytes
    key: str | None
    public: bool


class Instances:
    """Instances of all regions, by their id."""

    def __init__(self, state):
        self.state, self.lock = state, threading.RLock()
        self.regions = set()

    def find(self, instance_id):
        """moto's Instance, or None. Call it with the lock held."""
        for region in self.regions:
            for reservation in self.state.backend(region).reservations.values():
                for instance in reservation.instances:
                    if instance.id == instance_id:
                        return instance
        return None

    def all(self):
        """Every instance that moto remembers. Call it with the lock held."""
        return [
            instance
            for region in self.regions
            for reservation in self.state.backend(region).reservations.values()
            for instance in reservation.instances
        ]

    def forget_terminated(self):
        """EC2 remembers what is terminated for about an hour. Call it with the lock held."""
        for region in self.regions:
            for reservation in self.state.backend(region).reservations.values():
                reservation.instances = [one for one in reservation.instances if time.time() - getattr(one, "ended_at", time.time()) < 3600]

    @contextlib.contextmanager
    def changing(self, instance_id):
        """moto's Instance under the lock, saved afterwards; None where it is unknown."""
        with self.lock:
            instance = self.find(instance_id)
            yield instance
            if instance is not None:
                self.state.save(instance.region_name)

    def state_of(self, instance_id):
        """The state's name; None for an instance that nobody knows."""
        with self.lock:
            instance = self.find(instance_id)
            return instance.state if instance else None

    def launch_of(self, instance_id):
        with self.lock:
            instance = self.find(instance_id)
            pair = self.state.backend(instance.region_name).key_pairs.get(instance.key_name)
            return Launch(
                user_data=raw_user_data(instance),
                key=pair.material_public.decode().strip() if pair else None,
                public=bool(instance.nics) and str(instance.nics[0].public_ip_auto_assign).lower() == "true",
            )

    def set_state(self, instance_id, state, reason=None, public=None, only_from=None):
        """Enter a state; nothing happens where the instance is not in `only_from` any more. Returns whether it did."""
        with self.changing(instance_id) as instance:
            if instance is None or (only_from and instance.state != only_from):
                return False
            set_state(instance, state, reason)
            set_public_address(instance, public)
            return True


def set_state(instance, state, reason=None):
    """`reason`: (code, message), or None for none."""
    if state == "terminated":
        instance.ended_at = time.time()
    instance._state.name, instance._state.code = state, CODES[state]
    code, message = reason or ("", "")
    instance.state_reason.code, instance.state_reason.message = code, f"{code}: {message}" if code else ""
    if reason is None and state in ("pending", "running"):
        instance._reason = ""


def raw_user_data(instance):
    """User data as bytes, empty where there is none."""
    return base64.b64decode(str(instance.user_data)) if instance.user_data else b""


def set_private_address(instance, address):
    """The address that the machine really has, in the place of moto's."""
    if not instance.nics:
        return
    nic = instance.nics[0]
    nic.private_ip_address, nic.mac_address = address, network.mac_address(instance.id)
    for one in nic.private_ip_addresses:
        if one.get("Primary"):
            one["PrivateIpAddress"] = address
            if "PrivateDnsName" in one:
                one["PrivateDnsName"] = instance.private_dns_name
    if getattr(nic, "private_dns_name", None):
        nic.private_dns_name = instance.private_dns_name


def set_public_address(instance, address):
    if instance.nics:
        instance.nics[0].public_ip = address
