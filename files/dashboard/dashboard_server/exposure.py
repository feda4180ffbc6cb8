"""What must be there before the dashboard listens to others than this machine."""

import ipaddress
import json


def problem(addresses, config_path, tls):
    """Why the dashboard must not listen on gunicorn's `addresses` ((host, port), path or descriptor); None if it may.

    `config_path`: the dashboard's configuration; where it cannot be read, the application says so itself.
    """
    exposed = [address for address in addresses if not _is_local(address)]
    if not exposed:
        return None
    where = ", ".join(str(address[0]) if isinstance(address, tuple) else str(address) for address in exposed)
    try:
        with open(config_path, encoding="utf-8") as file:
            has_auth = bool(json.load(file).get("auth"))
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    if not has_auth:
        return f"DASHBOARD_BIND is {where}, which others can reach, but {config_path} has no auth; add it or bind to 127.0.0.1"
    if not tls:
        return f"DASHBOARD_BIND is {where}, where passwords would travel in the clear; set DASHBOARD_TLS_CERT and DASHBOARD_TLS_KEY"
    return None


def _is_local(address):
    if isinstance(address, str):
        return True  # a Unix socket
    if not isinstance(address, tuple):
        return False  # a descriptor: it may be anything
    host = address[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
