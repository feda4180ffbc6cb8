"""Deployments with a server that are killed, and what the runs after them find."""

import contextlib
import itertools

from tests.e2e.interrupted import IN_A_ROW, KILLS, killed, moments

WITH_MACHINES = {"environment": {"MACHINES": "auto"}}
SEED = 20260


def one_round(server, moments):
    """Without a server: runs that are killed, each going on from the one before, one that ends them, one that finds nothing to do.

    Returns how many were really cut off.
    """
    with contextlib.suppress(FileNotFoundError):  # it is gone already
        server.terminate()
    cut_off = sum([killed(server.site, "site.yml", *moment, **WITH_MACHINES) for moment in moments])
    server.play().succeeded()
    again = server.play().succeeded()
    assert again.changed == 0, f"after kills at (line, seconds after it) {moments}:\n{again.text[-6000:]}"
    return cut_off


def go_through(server):
    """All kills; returns how many runs were cut off."""
    server.play("site.yml", "--limit", "localclouds,shared").succeeded()  # what is made once for ever
    lines = len(server.play("site.yml", "--check").succeeded().text.splitlines())
    return sum(one_round(server, some) for some in itertools.batched(moments(SEED, lines), IN_A_ROW))


__all__ = ("KILLS", "go_through")
