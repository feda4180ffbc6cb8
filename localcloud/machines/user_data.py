"""What an instance's user data asks for: the parts of cloud-init that the local cloud knows, as plain values."""

import base64
import gzip
import re
import shlex
from dataclasses import dataclass, field

import yaml

_KEY_KINDS = ("rsa", "ecdsa", "ed25519")
_KNOWN = {"ssh_keys", "ssh_deletekeys", "ssh_authorized_keys", "hostname", "write_files", "runcmd", "users"}
_FILE_KEYS = {"path", "content", "encoding", "owner", "permissions", "append", "defer"}
_USER_KEYS = {"name", "ssh_authorized_keys", "sudo", "shell", "groups", "gecos", "lock_passwd"}


@dataclass
class Plan:
    """What first_boot.py does, as it goes into its JSON.

    `host_keys`: file name under /etc/ssh → text. `authorized_keys`: lines for ec2-user. `users`:
    {name, keys, sudo, shell, groups}. `files`: {path, content (base64), owner, mode, append}.
    `scripts`: (name, text) run once, in this order, when the machine is up. `messages`: what could not
    be used, for the console.
    """

    hostname: str | None = None
    host_keys: dict = field(default_factory=dict)
    authorized_keys: list = field(default_factory=list)
    users: list = field(default_factory=list)
    files: list = field(default_factory=list)
    scripts: list = field(default_factory=list)
    messages: list = field(default_factory=list)


def plan(user_data):
    """The Plan of `user_data` (bytes as given to RunInstances, after base64); never raises: what is bad is a message."""
    result = Plan()
    if user_data[:2] == b"\x1f\x8b":
        try:
            user_data = gzip.decompress(user_data)
        except (OSError, EOFError) as error:
            result.messages.append(f"user data: broken gzip: {error}")
            return result
    try:
        text = user_data.decode()
    except UnicodeDecodeError as error:
        result.messages.append(f"user data: not UTF-8: {error}")
        return result
    if not text.strip():
        return result
    if text.startswith("#!"):
        result.scripts.append(("user-data", text))
    elif re.match(r"#cloud-config\s*(\n|$)", text):
        _cloud_config(text, result)
    else:
        result.messages.append(f"user data: begins with {text.splitlines()[0][:40]!r}; only #cloud-config and #! are known here")
    return result


def _cloud_config(text, result):
    try:
        config = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        result.messages.append(f"user data: not YAML: {' '.join(str(error).split())}")
        return
    if not isinstance(config, dict):
        result.messages.append(f"user data: the cloud-config is a {type(config).__name__}; it must be a mapping")
        return
    unknown = sorted(str(name) for name in set(config) - _KNOWN)
    if unknown:
        result.messages.append(f"user data: not supported here and left out: {', '.join(unknown)}")
    parts = {
        "hostname": _hostname,
        "ssh_keys": _host_keys,
        "ssh_authorized_keys": lambda keys, result: result.authorized_keys.extend(_lines(keys, "ssh_authorized_keys")),
        "users": _users,
        "write_files": _files,
        "runcmd": _commands,
    }
    for name, read in parts.items():
        if config.get(name) is None:
            continue
        try:
            read(config[name], result)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            result.messages.append(f"user data: {name}: {error}")


def _hostname(value, result):
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,62})", str(value)):
        raise ValueError(f"{value!r} is no host name")
    result.hostname = str(value)


def _host_keys(keys, result):
    for name, text in keys.items():
        kind, _, part = str(name).partition("_")
        if kind not in _KEY_KINDS or part not in ("private", "public"):
            result.messages.append(f"user data: ssh_keys: {name} is no key's name; use for example ed25519_private")
            continue
        file = f"ssh_host_{kind}_key" + (".pub" if part == "public" else "")
        result.host_keys[file] = str(text).rstrip("\n") + "\n"


def _lines(keys, where):
    if not isinstance(keys, list):
        raise ValueError(f"{where} must be a list")
    return [str(key).strip() for key in keys]


def _users(users, result):
    for user in users if isinstance(users, list) else [users]:
        if user == "default":
            continue
        if not isinstance(user, dict) or not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", str(user.get("name"))):
            raise ValueError(f"{user!r} has no usable name")
        if set(user) - _USER_KEYS:
            result.messages.append(f"user data: users: left out for {user['name']}: {', '.join(sorted(set(user) - _USER_KEYS))}")
        sudo = user.get("sudo") or []
        groups = user.get("groups") or []
        result.users.append(
            {
                "name": user["name"],
                "keys": _lines(user.get("ssh_authorized_keys") or [], "users: ssh_authorized_keys"),
                "sudo": [sudo] if isinstance(sudo, str) else list(sudo),
                "shell": str(user.get("shell", "/bin/bash")),
                "groups": [group.strip() for group in groups.split(",")] if isinstance(groups, str) else list(groups),
            }
        )


def _files(files, result):
    for file in files:
        try:
            result.files.append(_file(file, result))
        except (ValueError, TypeError, AttributeError) as error:  # one bad file does not lose the others
            result.messages.append(f"user data: write_files: {error}")


def _file(file, result):
    path = file.get("path")
    if not isinstance(path, str) or not path.startswith("/"):
        raise ValueError(f"path is {path!r}; it must be absolute")
    if set(file) - _FILE_KEYS:
        result.messages.append(f"user data: write_files: left out for {path}: {', '.join(sorted(set(file) - _FILE_KEYS))}")
    if re.match(r"(/var)?/run(/|$)", path):
        result.messages.append(f"user data: write_files: {path} is written before the boot, which empties /run")
    return {
        "path": path,
        "content": base64.b64encode(_decoded(file.get("content", ""), file.get("encoding"))).decode(),
        "owner": str(file.get("owner", "root:root")),
        "mode": _mode(file.get("permissions", "0644")),
        "append": bool(file.get("append", False)),
    }


def _mode(permissions):
    """YAML reads 0644 as a number already; cloud-init reads the text as octal."""
    mode = permissions if isinstance(permissions, int) else int(str(permissions), 8)
    if not 0 <= mode <= 0o7777:
        raise ValueError(f"permissions are {permissions!r}; give octal digits such as '0644'")
    return mode


def _decoded(content, encoding):
    raw = content if isinstance(content, bytes) else str(content).encode()
    steps = {
        None: (),
        "": (),
        "text/plain": (),
        "b64": ("b64",),
        "base64": ("b64",),
        "gz": ("gz",),
        "gzip": ("gz",),
        "gz+b64": ("b64", "gz"),
        "gzip+base64": ("b64", "gz"),
        "gz+base64": ("b64", "gz"),
        "gzip+b64": ("b64", "gz"),
    }
    if encoding not in steps:
        raise ValueError(f"encoding is {encoding!r}; known are b64 and gz+b64")
    for step in steps[encoding]:
        try:
            raw = base64.b64decode(raw, validate=False) if step == "b64" else gzip.decompress(raw)
        except (OSError, EOFError) as error:
            raise ValueError(f"content is no {step}: {error}") from error
    return raw


def _commands(commands, result):
    if not isinstance(commands, list):
        raise ValueError("must be a list")
    lines = ["#!/bin/sh"]
    for command in commands:
        if isinstance(command, str):
            lines.append(command)
        elif isinstance(command, list):
            lines.append(" ".join(shlex.quote(str(word)) for word in command))
        else:
            raise ValueError(f"{command!r} is neither a string nor a list")
    result.scripts.append(("runcmd", "\n".join(lines) + "\n"))
