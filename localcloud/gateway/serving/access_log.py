"""Access logs: a line in the stage's format for each request. Pure."""

import hashlib
import re

from localcloud.gateway.serving import java
from localcloud.gateway.serving.refusals import lookup

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.\-]*[A-Za-z0-9_\-])")


def line(format_, context):
    """The line of a request; `-` for what it has not."""
    return _VARIABLE.sub(lambda found: _text(lookup(context, found[1])), format_)


def stream(stage):
    """The name of the log stream: one that tells nothing, one for each deployment, as AWS has them."""
    return hashlib.md5(f"{stage.api.id}/{stage.name}/{stage.deployment_id}".encode(), usedforsecurity=False).hexdigest()


def _text(value):
    return "-" if value is None or value == "" else java.text(value)
