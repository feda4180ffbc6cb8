"""The instance metadata service, as a machine sees it at 169.254.169.254 (EC2 User Guide, "Instance metadata").

`answer` is pure: a request and a view of the instance in, status, headers and text out.
"""

import base64
import binascii
import hmac
import json
import struct
import time
from dataclasses import dataclass, field
from urllib.parse import unquote

TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "x-aws-ec2-metadata-token"  # noqa: S105 - a header's name
_LONGEST = 21600


@dataclass(frozen=True)
class View:
    """What the service tells about an instance.

    `paths`: path under /latest → text, or a function without arguments that makes it; None is "not there".
    `tokens`: "required" or "optional". `endpoint`: "enabled" or "disabled". `secret`: signs the tokens.
    """

    paths: dict = field(default_factory=dict)
    tokens: str = "required"
    endpoint: str = "enabled"
    secret: bytes = b""


def make_token(secret, seconds, now):
    """A token that holds its own expiry, so that it needs no memory."""
    expiry = struct.pack(">d", now + seconds)
    return base64.urlsafe_b64encode(expiry + hmac.digest(secret, expiry, "sha256")).decode()


def token_is_good(secret, token, now):
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    expiry, signature = raw[:8], raw[8:]
    return (
        len(expiry) == 8 and hmac.compare_digest(signature, hmac.digest(secret, expiry, "sha256")) and now < struct.unpack(">d", expiry)[0]
    )


def answer(method, path, headers, view, now=None):
    """(status, headers, text) for a request; `headers` has lower-case names, `now` is seconds since 1970."""
    now = time.time() if now is None else now
    path = "/" + "/".join(part for part in unquote(path.partition("?")[0]).split("/") if part)
    if view.endpoint == "disabled":
        return 403, {}, "instance metadata is disabled (HttpEndpoint)"
    if path == "/latest/api/token":
        return _token(method, headers, view, now)
    if method not in ("GET", "HEAD"):
        return 405, {"allow": "GET, HEAD"}, ""
    given = headers.get(TOKEN_HEADER)
    if given is None and view.tokens == "required":
        return 401, {}, "a token is required: PUT /latest/api/token"
    if given is not None and not token_is_good(view.secret, given, now):
        return 401, {}, "the token is expired or not this machine's"
    text = _look_up(path, view.paths)
    return (404, {}, "not found") if text is None else (200, {}, text)


def _token(method, headers, view, now):
    if method != "PUT":
        return 405, {"allow": "PUT"}, ""
    if "x-forwarded-for" in headers:  # asked through a proxy, by who knows whom
        return 403, {}, "no token for a forwarded request"
    wanted = headers.get(TTL_HEADER, "")
    if not (wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= _LONGEST):
        return 400, {}, f"{TTL_HEADER} must be 1 to {_LONGEST} seconds, not {wanted!r}"
    return 200, {TTL_HEADER: wanted}, make_token(view.secret, int(wanted), now)


def _look_up(path, paths):
    """The text at `path`, or the list of what is below it."""
    if path == "/":
        return "latest"
    if path.split("/")[1] != "latest":
        return None
    name = path.removeprefix("/latest").strip("/")
    if name in paths:
        value = paths[name]
        return value() if callable(value) else value
    below = name + "/" if name else ""
    children = {}
    for known, value in paths.items():
        if value is not None and known.startswith(below):
            child, _, rest = known.removeprefix(below).partition("/")
            children.setdefault(child, bool(rest))
    return "\n".join(child + ("/" if folder else "") for child, folder in sorted(children.items())) or None


def identity_document(facts):
    """The instance identity document; `facts` as `describe` gives them. It is not signed here."""
    names = ("accountId", "architecture", "availabilityZone", "imageId", "instanceId", "instanceType", "privateIp", "region", "pendingTime")
    return json.dumps({name: facts[name] for name in names} | {"version": "2017-09-30"}, indent=2)
