"""MiniStack's own Glue behind ours, for actions that we mend rather than replace."""

import asyncio
import json

from localcloud.engine import ServiceError


def call(request, action=None, **body):
    """The answer's dict of MiniStack's Glue to a Request, or to another `action` on its behalf.

    It speaks to MiniStack's service directly, since a call through the endpoint would come back to
    our own engine. ServiceError as MiniStack has it.
    """
    # Imported late: MiniStack reads its settings from the environment when it is imported.
    from ministack.core.responses import request_scope
    from ministack.services import glue

    headers = {"x-amz-target": f"AWSGlue.{action or request.action}"}
    payload = json.dumps(body if action else request.body).encode()
    with request_scope(request.account, request.region):
        status, _, answer = asyncio.run(glue.handle_request("POST", "/", headers, payload, {}))
    found = json.loads(answer or b"{}")
    if status >= 400:
        raise ServiceError(found.get("__type", "InternalServiceException").rpartition("#")[2], found.get("message", ""), status)
    return found


def partitions(request):
    """The list in which MiniStack keeps the partitions of the table that a Request names; to change it in place is to change them."""
    from ministack.core.responses import request_scope
    from ministack.services import glue

    key = f"{request.body.get('DatabaseName')}/{request.body.get('TableName')}"
    with request_scope(request.account, request.region):
        if key not in glue._partitions:
            glue._partitions[key] = []
        return glue._partitions[key]
