"""An account for tests: the `auth` section with its files, its hash a cheap one."""

import secrets
from unittest.mock import patch

from dashboard import passwords

USER, PASSWORD = "viewer", "correct horse: battery"


def cheap_hash(password):
    with patch.object(passwords, "LOG_N", 4):
        return passwords.hash_password(password)


def set_password(folder, password, user=USER):
    """As the deployer does it: a new file takes the old one's place."""
    part = folder / "password.new"
    part.write_text(passwords.line(user, cheap_hash(password)))
    part.replace(folder / "password")


def make_auth(folder):
    """The `auth` section of a configuration."""
    set_password(folder, PASSWORD)
    (folder / "secret-key").write_text(secrets.token_hex(32))
    return {"user": USER, "password_file": str(folder / "password"), "secret_key_file": str(folder / "secret-key")}
