import pytest
from dashboard_server import connections
from dashboard_server.connections import Connections, client_of


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def found(clock):
    return Connections(total=4, per_client=2, clock=clock)


def admitted(found, client):
    connection, leaves = found.admit(client)
    assert connection
    assert leaves is None
    return connection


def test_a_client_has_its_share_and_others_have_theirs(found):
    for client in "aabb":
        admitted(found, client)
    assert len(found) == 4
    assert found.admit("a") == (None, None)


def test_who_waits_long_makes_room_for_the_same_client(found, clock):
    first, second = admitted(found, "a"), admitted(found, "a")
    clock.now += connections.PATIENCE
    third, leaves = found.admit("a")
    assert (third is not None, leaves) == (True, first)
    assert second in found.idle()
    assert first not in found.idle()
    assert len(found) == 2


def test_who_waits_longest_of_all_makes_room_when_all_is_full(found, clock):
    oldest = admitted(found, "a")
    clock.now += 1
    for client in "bcd":
        admitted(found, client)
    clock.now += connections.PATIENCE - 1
    assert found.admit("e")[1] is oldest
    assert found.admit("f") == (None, None)  # the next one has not waited long enough


def test_what_is_served_is_never_cut_off(found, clock):
    for client in "aabb":
        found.serving(admitted(found, client))
    clock.now += 3600
    assert found.admit("a") == (None, None)
    assert found.admit("c") == (None, None)


def test_an_answered_one_waits_from_its_answer_on(found, clock):
    first, second = admitted(found, "a"), admitted(found, "a")
    found.serving(first)
    clock.now += 10
    found.waits(first)
    assert found.idle() == [second, first]
    clock.now += connections.PATIENCE
    assert found.admit("a")[1] is second


def test_nothing_is_left_of_what_is_gone(found):
    kept = [admitted(found, client) for client in "aab"]
    for connection in kept * 2:
        found.gone(connection)
        found.waits(connection)
        found.serving(connection)
    assert len(found) == 0
    assert found._clients == {}
    assert found.idle() == []


@pytest.mark.parametrize(
    ("address", "client"),
    [
        (("192.0.2.7", 5), "192.0.2.7"),
        (("::ffff:192.0.2.7", 5, 0, 0), "192.0.2.7"),
        (("2001:db8:1:2:3::7", 5, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 5, 0, 2), "fe80::/64"),
        ("", "local"),
        (("", 0), "local"),
    ],
)
def test_an_ipv6_network_is_one_client(address, client):
    assert client_of(address) == client
