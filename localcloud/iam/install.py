"""Enforcement, put into MiniStack when the local cloud starts."""

from localcloud.iam import deliveries, gate, sessions, tags


def install(settings):
    """Every request is asked for, and services act with sessions of the roles that trust them."""
    gate.install()
    sessions.install(settings)
    deliveries.install()
    tags.install()
