"""Brings machines in line with EC2's instances: a worker for each instance on its way, and one that watches the rest."""

import logging
import threading
import time

from localcloud.machines import instances as book
from localcloud.machines import metadata_server, network, sockets
from localcloud.machines.commands import MachineError
from localcloud.machines.machine import Machine, all_machines
from localcloud.machines.sweep import sweep
from localcloud.machines.transitions import IN_BETWEEN

log = logging.getLogger(__name__)

#: A machine whose SSH server has not answered by then counts as running all the same.
SSH_PATIENCE = 30
_WATCH_EVERY = 0.5


class Fleet:
    """The machines of this local cloud. `view(instance_id)` makes an instance's metadata.View."""

    def __init__(self, options, instances, relay, view):
        self.options, self.instances, self.relay, self.view = options, instances, relay, view
        self.machines, self.lock = {}, threading.Lock()  # who holds this one does not ask for that of the instances
        self.working, self.open_sockets, self.forced = set(), {}, set()
        self.stopping = threading.Event()

    def machine(self, instance_id):
        with self.lock:
            return self.machines.setdefault(instance_id, Machine(self.options, instance_id))

    # Life with the process

    def take_up(self):
        """Find the machines of a former process again; remove those whose instance is gone."""
        with self.instances.lock:
            known = {instance.id: instance.state for instance in self.instances.all()}
        for machine in all_machines(self.options):
            if known.get(machine.instance_id, "terminated") == "terminated":
                log.warning("removing the machine %s, whose instance is gone", machine.instance_id)
                machine.destroy(force=True)
        for name in sweep(self.options):
            log.warning("removed %s, a machine whose folder is gone", name)
        for instance_id, state in known.items():
            if state == "terminated" or not self.machine(instance_id).exists:
                continue
            if state in ("running", "stopped", "stopping"):
                self._guarded(instance_id, self._open)
        for instance_id, state in known.items():
            if state in IN_BETWEEN:
                self.poke(instance_id)
        threading.Thread(target=self._watch, name="machines-watch", daemon=True).start()

    def close(self):
        """The process ends; the machines run on."""
        self.stopping.set()
        for instance_id in list(self.open_sockets):
            self._close(instance_id)

    def _watch(self):
        while not self.stopping.wait(_WATCH_EVERY):
            try:
                self.notice()
            except Exception:  # the watch must go on
                log.exception("looking after the machines failed")

    def notice(self):
        """See which machines went off by themselves: powered off inside, crashed, or killed."""
        gone = []
        with self.instances.lock:
            for instance in self.instances.all():
                if instance.state != "running" or instance.id in self.working:
                    continue
                machine = self.machine(instance.id)
                if machine.exists and not machine.is_on():
                    terminates = instance.instance_initiated_shutdown_behavior == "terminate"
                    state = "shutting-down" if terminates else "stopping"
                    failure = machine.failure()
                    self.instances.set_state(instance.id, state, (book.FAILURE, failure) if failure else book.OWN_SHUTDOWN)
                    gone.append(instance.id)
        for instance_id in gone:
            self.poke(instance_id)

    # Workers

    def place(self, instance):
        """Give a new instance its place and address, before RunInstances answers."""
        machine = self.machine(instance.id)
        machine.create()
        book.set_private_address(instance, machine.private_address)

    def poke(self, instance_id):
        """Bring the instance to the end of the state that it is in, in a thread of its own."""
        with self.lock:
            if instance_id in self.working:
                return  # its worker looks again when it has done its step
            self.working.add(instance_id)
        threading.Thread(target=self._work, args=[instance_id], name=f"machine-{instance_id}", daemon=True).start()

    def _work(self, instance_id):
        steps = {"pending": self._boot, "stopping": self._stop, "shutting-down": self._terminate}
        while not self.stopping.is_set():
            state = self.instances.state_of(instance_id)
            if state in steps:
                self._guarded(instance_id, steps[state])
                continue
            # Looked at once more, under the locks that a request holds: nobody's wish falls between.
            with self.instances.lock:
                if self.instances.state_of(instance_id) not in steps:
                    with self.lock:
                        self.working.discard(instance_id)
                    return

    def _guarded(self, instance_id, step):
        """A step that fails is told in the instance's state, the console and the log, and does not repeat for ever."""
        try:
            step(instance_id)
        except Exception as error:
            log.exception("machine of %s", instance_id)
            machine = self.machine(instance_id)
            if machine.folder.is_dir():
                with open(machine.folder / "console.log", "a") as console:
                    console.write(f"\nlocal cloud: {error}\n")
            reason = (book.FAILURE, str(error)[:300])
            state = self.instances.state_of(instance_id)
            if state == "pending":  # like EC2: a launch that fails terminates, a start that fails stops
                self.instances.set_state(instance_id, "stopping" if machine.record.get("prepared") else "shutting-down", reason)
            elif state == "stopping":
                self.instances.set_state(instance_id, "stopped", reason)
            elif state == "shutting-down":
                self.instances.set_state(instance_id, "terminated", reason)

    def _boot(self, instance_id):
        machine, launch = self.machine(instance_id), self.instances.launch_of(instance_id)
        machine.create()
        self._open(instance_id)
        machine.prepare(launch.user_data, launch.key)
        if self.instances.state_of(instance_id) != "pending":
            return
        machine.power_on(launch.public)
        started = time.monotonic()
        while time.monotonic() - started < SSH_PATIENCE and not machine.answers_ssh():
            if self.stopping.is_set() or self.instances.state_of(instance_id) != "pending":
                return
            if machine.failure():
                raise MachineError(machine.failure())
            time.sleep(0.03)
        self.instances.set_state(instance_id, "running", public=machine.public_address, only_from="pending")

    def _stop(self, instance_id):
        with self.instances.lock:
            instance = self.instances.find(instance_id)
            reason = (instance.state_reason.code, instance.state_reason.message.partition(": ")[2])
        self.machine(instance_id).power_off(force=instance_id in self.forced)
        self.forced.discard(instance_id)
        self.instances.set_state(instance_id, "stopped", reason, only_from="stopping")

    def _terminate(self, instance_id):
        with self.instances.lock:
            instance = self.instances.find(instance_id)
            reason = (instance.state_reason.code, instance.state_reason.message.partition(": ")[2])
        self._close(instance_id)
        self.machine(instance_id).destroy()
        with self.lock:
            self.machines.pop(instance_id, None)
        self.instances.set_state(instance_id, "terminated", reason)

    # Sockets inside the machines

    def _open(self, instance_id):
        if instance_id in self.open_sockets:
            return
        machine = self.machine(instance_id)
        network.restore(machine.network)
        namespace = machine.network.namespace
        told = sockets.listen_inside(namespace, network.METADATA_ADDRESS, 80)
        endpoint = sockets.listen_inside(namespace, "127.0.0.1", self.relay.port)
        self.open_sockets[instance_id] = [
            metadata_server.serve(told, lambda: self.view(instance_id)),
            self.relay.serve(endpoint),
        ]

    def _close(self, instance_id):
        for close in self.open_sockets.pop(instance_id, []):
            close()
