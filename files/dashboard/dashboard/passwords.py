"""Passwords as scrypt hashes. Standard library only, so that what deploys the dashboard can use this file alone.

A password file has one line, `user:hash`. A hash is `$scrypt$ln=15,r=8,p=1$SALT$HASH`: N = 2^ln, r and p as RFC 7914
has them, salt and hash in base64 without padding. ln=15, r=8 takes 32 MiB and about a tenth of a second.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata

LOG_N, R, P = 15, 8, 1
SALT_BYTES, HASH_BYTES = 16, 32
LONGEST = 256  # characters of a password; more would only be work for the server
_USER = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_HASH = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{16,86})\$([A-Za-z0-9+/]{22,86})")
_MOST_MEMORY = 256 << 20  # a hash that asks for more is refused


class BadPasswordFile(ValueError):
    """A password file, user or hash that cannot be used; the message never has the hash."""


def hash_password(password):
    """The hash of a new password, with a salt of its own each time. ValueError if it is empty or too long."""
    if not 0 < len(password) <= LONGEST:
        raise ValueError(f"a password has 1 to {LONGEST} characters; this one has {len(password)}")
    salt = secrets.token_bytes(SALT_BYTES)
    found = _scrypt(password, salt, LOG_N, R, P, HASH_BYTES)
    return f"$scrypt$ln={LOG_N},r={R},p={P}${_encode(salt)}${_encode(found)}"


def verify(password, hashed):
    """Whether `password` is the one of the hash; takes the same time either way. BadPasswordFile if it is no hash of ours."""
    log_n, r, p, salt, wanted = _parse(hashed)
    return hmac.compare_digest(_scrypt(password[:LONGEST], salt, log_n, r, p, len(wanted)), wanted) and len(password) <= LONGEST


def line(user, hashed):
    """The password file's text."""
    if not _USER.fullmatch(user):
        raise BadPasswordFile(f"a user has 1 to 64 letters, digits and . _ @ -; got {user!r:.80}")
    _parse(hashed)
    return f"{user}:{hashed}\n"


def read(text):
    """(user, hash) of a password file's text. BadPasswordFile if it is not one such line."""
    user, colon, hashed = text.strip().partition(":")
    if not colon or not _USER.fullmatch(user):
        raise BadPasswordFile("a password file has one line, user:hash")
    _parse(hashed)
    return user, hashed


def _parse(hashed):
    """(ln, r, p, salt, hash) of a hash's text."""
    found = _HASH.fullmatch(hashed)
    if not found:
        raise BadPasswordFile("the hash is not of the form $scrypt$ln=…,r=…,p=…$SALT$HASH")
    log_n, r, p = (int(number) for number in found.groups()[:3])
    if not (1 <= log_n <= 20 and r and p and 128 * r * (p + (1 << log_n)) <= _MOST_MEMORY):
        raise BadPasswordFile(f"the hash's ln={log_n},r={r},p={p} are out of bounds")
    try:
        return log_n, r, p, _decode(found[4]), _decode(found[5])
    except binascii.Error as error:
        raise BadPasswordFile("the hash is not base64") from error


def _scrypt(password, salt, log_n, r, p, length):
    text = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=1 << log_n, r=r, p=p, maxmem=_MOST_MEMORY + (1 << 20), dklen=length)


def _encode(data):
    return base64.b64encode(data).decode("ascii").rstrip("=")


def _decode(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
