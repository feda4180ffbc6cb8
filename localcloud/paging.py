"""MaxResults and NextToken for lists that we answer."""

import base64
import binascii
import json

from localcloud.engine import ServiceError


def page(body, keys, most=1000, ordered=True, error="InvalidInputException"):
    """(the keys of the page that a request asks for, `{}` or `{"NextToken": …}`).

    `keys`: all, each JSON-serialisable; `most`: the page's size without MaxResults. A token names the
    last key given out. With `ordered` keys a page starts after that key even if it is gone meanwhile.
    """
    size = min(body.get("MaxResults") or most, 1000)
    token, start = body.get("NextToken"), 0
    if token:
        last = _decode(token, error)
        if ordered:
            start = next((at for at, key in enumerate(keys) if _plain(key) > last), len(keys))
        else:
            start = next((at + 1 for at, key in enumerate(keys) if _plain(key) == last), len(keys))
    shown = keys[start : start + size]
    more = start + size < len(keys)
    return shown, {"NextToken": _encode(shown[-1])} if more else {}


def _plain(key):
    return list(key) if isinstance(key, tuple) else key


def _encode(key):
    return base64.urlsafe_b64encode(json.dumps(_plain(key)).encode()).decode()


def _decode(token, error):
    try:
        return json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error) as wrong:
        raise ServiceError(error, f"NextToken is not one of ours: {token!r}; leave it out to start from the beginning") from wrong
