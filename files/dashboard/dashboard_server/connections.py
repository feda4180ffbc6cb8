"""Who may hold how many connections. Pure: it is told what happens and answers who must go."""

import ipaddress
import time
from collections import OrderedDict

PATIENCE = 2


class Connection:
    """One client's connection. It waits (for a handshake, a request, the next request) or is being served.

    `close` is what the owner puts there: called without arguments when the connection must make room.
    """

    def __init__(self, client):
        self.client = client
        self.close = None


class Connections:
    """At most `total` connections, and `per_client` of one client.

    Where there is no room, the one goes that has waited longest, of the same client if that one has too many, else of
    all; but not before it has waited PATIENCE seconds, or those who come again and again would make handshakes our only
    work. Requests that are being served are never cut off. Where nobody goes, the newcomer is refused.
    """

    def __init__(self, total, per_client, clock=time.monotonic):
        self._total = total
        self._per_client = per_client
        self._clock = clock
        self._waiting = OrderedDict()  # connection: since when; the longest wait first
        self._clients = {}  # client: (the same for its own, set of all its connections)

    def __len__(self):
        return sum(len(all_of_it) for _, all_of_it in self._clients.values())

    def admit(self, client):
        """(Connection or None if refused, the Connection that must be closed for it or None)."""
        waiting, all_of_it = self._clients.get(client, ((), ()))
        leaves = None
        if len(all_of_it) >= self._per_client:
            leaves = next(iter(waiting), None)
        elif len(self) >= self._total:
            leaves = next(iter(self._waiting), None)
        else:
            return self._add(client), None
        if leaves is None or self._clock() - self._waiting[leaves] < PATIENCE:
            return None, None
        self.gone(leaves)
        return self._add(client), leaves

    def serving(self, connection):
        """Its request is there as a whole."""
        if connection in self._waiting:
            del self._waiting[connection]
            del self._clients[connection.client][0][connection]

    def waits(self, connection):
        """Its request has been answered."""
        if connection.client in self._clients and connection in self._clients[connection.client][1]:
            self._waiting[connection] = self._clients[connection.client][0][connection] = self._clock()

    def gone(self, connection):
        """It is closed; may be told more than once."""
        waiting, all_of_it = self._clients.get(connection.client, ({}, set()))
        self._waiting.pop(connection, None)
        waiting.pop(connection, None)
        all_of_it.discard(connection)
        if not all_of_it:
            self._clients.pop(connection.client, None)

    def idle(self):
        """All that wait."""
        return list(self._waiting)

    def _add(self, client):
        connection = Connection(client)
        self._clients.setdefault(client, (OrderedDict(), set()))[1].add(connection)
        self.waits(connection)
        return connection


def client_of(address):
    """What counts as one client: an IPv4 address, or the network of 64 bits that one IPv6 customer has; `local` for a Unix socket."""
    host = address[0] if isinstance(address, tuple) else ""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "local"
    if found.version == 6:
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
