"""Listening sockets inside a machine's network, held by this process."""

import os
import socket
import threading

from localcloud.machines.commands import MachineError


def listen_inside(namespace, host, port):
    """A listening TCP socket on `host`:`port` in the network namespace at the path `namespace`.

    A socket belongs for good to the network where it was opened, so a thread enters the namespace only to open it.
    """
    found = {}

    def open_there():
        try:
            handle = os.open(namespace, os.O_RDONLY)
            try:
                os.setns(handle, os.CLONE_NEWNET)  # this thread alone, which ends here
            finally:
                os.close(handle)
            found["socket"] = socket.create_server((host, port), backlog=64)
        except OSError as error:
            found["error"] = error

    thread = threading.Thread(target=open_there)
    thread.start()
    thread.join()
    if "error" in found:
        raise MachineError(f"no socket on {host}:{port} in {namespace}: {found['error']}")
    return found["socket"]
