"""JSONPath as API Gateway has it: plain paths by ourselves, since most are, the rest by jsonpath-ng."""

import re
from functools import lru_cache

from localcloud.gateway.serving.velocity import TemplateFailed

_STEP = re.compile(r"""\.([\w\-@]+)|\[\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\]""")
#: What a path leads to that is not there.
MISSING = object()


def find(document, path):
    """The value at a path; MISSING if there is none. Paths with `*`, `..`, slices and filters give a list."""
    steps = _steps(path.strip())
    if steps is None:
        return [each.value for each in _parsed(path.strip()).find(document)]
    for step in steps:
        in_map = isinstance(document, dict) and isinstance(step, str) and step in document
        if not in_map and not (isinstance(document, list) and isinstance(step, int) and step < len(document)):
            return MISSING
        document = document[step]
    return document


@lru_cache(4096)
def _steps(path):
    """Names and indexes of a plain path, None for any other."""
    rest = path[1:] if path.startswith("$") else "." + path if path else ""
    steps, at = [], 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if not found:
            return None
        name, single, double, index = found.groups()
        steps.append(int(index) if index is not None else next(each for each in (name, single, double) if each is not None))
        at = found.end()
    return tuple(steps)


@lru_cache(256)
def _parsed(path):
    from jsonpath_ng.ext import parse

    try:
        return parse(path)
    except Exception as error:  # its lexer and parser raise plain Exceptions
        raise TemplateFailed(f"the JSONPath {path!r} cannot be read: {error}") from error
