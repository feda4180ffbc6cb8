"""Machines get addresses that nobody has."""

from pathlib import Path

import pytest

from localcloud.machines.commands import MachineError
from localcloud.machines.network import SLOTS, choose_public, choose_slot, mac_address
from localcloud.machines.options import from_environment


def test_the_first_free_place_is_taken():
    assert choose_slot("10.77", []) == 0
    assert choose_slot("10.77", [("hw1", "10.77.0.1/30"), ("hw2", "10.77.2.1/30")]) == 1
    assert choose_slot("10.77", [("hw1", "10.77.0.0/30"), ("lo", "127.0.0.1/8"), ("eth0", "192.168.1.4/24")]) == 1


def test_another_net_of_the_range_is_an_error_that_names_it():
    with pytest.raises(MachineError, match=r"in use by wlan0 .*HEADWATER_LOCALCLOUD_MACHINES_NET"):
        choose_slot("10.77", [("wlan0", "10.77.3.4/16")])
    with pytest.raises(MachineError, match="tun0"):
        choose_slot("10.77", [("tun0", "10.0.0.0/8")])


def test_when_all_places_are_taken_it_is_said():
    with pytest.raises(MachineError, match="all 128 places"):
        choose_slot("10.77", [(f"hw{slot}", f"10.77.{slot}.1/30") for slot in range(SLOTS)])


def test_public_addresses_go_round():
    assert choose_public("10.77", set()) == "10.77.128.1"
    assert choose_public("10.77", set(), "10.77.128.1") == "10.77.128.2"
    assert choose_public("10.77", {"10.77.128.2"}, "10.77.128.1") == "10.77.128.3"
    assert choose_public("10.77", set(), "10.77.128.254") == "10.77.129.1"
    assert choose_public("10.77", set(), "10.77.255.254") == "10.77.128.1"
    assert choose_public("10.78", set(), "10.77.128.9") == "10.78.128.1"  # remembered from another range


def test_an_interface_address_is_always_the_same_and_locally_administered():
    assert mac_address("i-1") == mac_address("i-1") != mac_address("i-2")
    assert mac_address("i-1").startswith("02:")


@pytest.mark.parametrize("net", ["10", "10.300", "8.8", "10.77.0", "172.32", "x.y", ""])
def test_a_range_that_is_not_private_is_refused(net):
    with pytest.raises(ValueError, match="HEADWATER_LOCALCLOUD_MACHINES_NET"):
        from_environment(Path("."), {"HEADWATER_LOCALCLOUD_MACHINES_NET": net})


def test_local_clouds_have_names_of_their_own_that_fit_an_interface():
    one, two = from_environment(Path("/a"), {}), from_environment(Path("/b"), {})
    assert one.tag != two.tag
    assert len(f"{one.tag}n{SLOTS - 1}") <= 15
