"""Which EC2 action is allowed in which state of an instance, and where it leads. Pure.

moto goes straight to the last state and refuses nothing; with machines behind, the states between are real.
"""

CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}

_ALLOWED = {
    "StartInstances": ({"stopped", "pending", "running"}, "it cannot be started"),
    "StopInstances": ({"running", "stopping", "stopped"}, "it cannot be stopped"),
    "RebootInstances": ({"running"}, "it cannot be rebooted"),
}
_LEADS_TO = {
    ("StartInstances", "stopped"): "pending",
    ("StopInstances", "running"): "stopping",
    ("TerminateInstances", "pending"): "shutting-down",
    ("TerminateInstances", "running"): "shutting-down",
    ("TerminateInstances", "stopping"): "shutting-down",
    ("TerminateInstances", "stopped"): "shutting-down",
}
#: States that a worker has to bring to an end.
IN_BETWEEN = {"pending", "stopping", "shutting-down"}


def refusal(action, states):
    """(error code, message) when `action` may not be done to one of `states` (instance id → state), else None."""
    allowed, why = _ALLOWED.get(action, (CODES, ""))
    for instance_id, state in states.items():
        if state not in allowed:
            return "IncorrectInstanceState", f"The instance '{instance_id}' is in the state '{state}', from which {why}."
    return None


def next_state(action, state):
    """The state right after `action` was accepted."""
    return _LEADS_TO.get((action, state), state)
