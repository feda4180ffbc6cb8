"""Credentials of a role for a process on this machine that stands in for an EC2 instance.

AWS's SDKs fetch them from AWS_CONTAINER_CREDENTIALS_FULL_URI and renew them before they expire. They come to who
shows the token of the file AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, so that being on this machine is not enough.
"""

import hmac
import ipaddress
import json
import os
import secrets

from localcloud import engine as engines
from localcloud.iam import sessions

ROLE_CREDENTIALS = "/_headwater/role-credentials/"


def token_file(settings):
    """The file with the token, readable for its owner alone; made at the first start."""
    return settings.state_dir / "iam" / "local-process-token"


class LocalProcess:
    """GET /_headwater/role-credentials/<role name>, for roles that trust EC2."""

    def __init__(self, settings):
        path = token_file(settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
        self.token = path.read_text().strip()
        self.account = settings.account

    async def __call__(self, scope, headers, send):
        from ministack.core.responses import request_scope

        address = (scope.get("client") or ("",))[0]
        if not address or not ipaddress.ip_address(address).is_loopback:
            return await _say(send, 403, "AccessDenied", f"role credentials are for this machine's own processes, not for {address}")
        if not hmac.compare_digest(headers.get("authorization", "").encode(), self.token.encode()):
            return await _say(send, 401, "Unauthorized", "set AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE to iam/local-process-token")
        name = scope["path"].removeprefix(ROLE_CREDENTIALS)
        try:
            with request_scope(self.account, ""):
                found = sessions.container_credentials(name)
        except engines.ServiceError as error:
            return await _say(send, error.status, error.code, error.message)
        return await engines.answer(send, 200, {"content-type": "application/json"}, json.dumps(found).encode())


async def _say(send, status, code, message):
    await engines.answer(send, status, {"content-type": "application/json"}, json.dumps({"code": code, "message": message}).encode())
