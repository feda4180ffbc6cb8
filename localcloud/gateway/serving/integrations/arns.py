"""The URIs of AWS integrations. Pure."""

import re
from dataclasses import dataclass

_URI = re.compile(r"arn:aws[a-z-]*:apigateway:([a-z0-9-]+):(?:([a-zA-Z0-9-]+)\.)?([a-z0-9-]+):(action|path)/(.*)", re.S)
_INVOCATION = re.compile(r"2015-03-31/functions/(.+?)/invocations/?")


@dataclass(frozen=True)
class Target:
    """`kind`: action or path; `rest`: the action's name and query, or the path. `subdomain`: such as a bucket, or None."""

    region: str
    subdomain: str | None
    service: str
    kind: str
    rest: str

    @property
    def function(self):
        """A function's ARN, None if this is no invocation."""
        found = _INVOCATION.fullmatch(self.rest) if self.service == "lambda" and self.kind == "path" else None
        return found[1] if found else None


def target(uri):
    """The Target of a URI, None if it is none."""
    found = _URI.fullmatch(uri or "")
    return Target(*found.groups()) if found else None
