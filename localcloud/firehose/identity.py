"""Sessions of the roles that streams act with, so that IAM is asked for all that they do."""

import time
from threading import Lock

from localcloud.engine import make_client
from localcloud.iam import sessions

PRINCIPAL = "firehose.amazonaws.com"
_SECONDS = 3600
#: Errors that say that the session is nobody's by now: its role was deleted, and perhaps made again.
ENDED = frozenset(
    ["ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken", "UnrecognizedClientException"]
)


class Roles:
    """Clients with the rights of a role, of which each has one session at a time."""

    def __init__(self, endpoint_url):
        self.endpoint_url, self._lock, self._known = endpoint_url, Lock(), {}

    def client(self, role_arn, service, region):
        """A boto3 client; ServiceError AccessDenied if the role is gone or does not trust Firehose."""
        with self._lock:
            ends, credentials, clients = self._known.get(role_arn, (0, None, {}))
            if time.time() > ends:
                made = sessions.service_session(role_arn, PRINCIPAL, "AWSFirehoseToS3", _SECONDS)
                credentials = made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]
                self._known[role_arn] = ends, credentials, clients = time.time() + _SECONDS - 300, credentials, {}
            if (service, region) not in clients:
                # Who asks tries again by itself; a function may take five minutes.
                settings = {"retries": {"total_max_attempts": 1}, "connect_timeout": 5, "read_timeout": 305}
                clients[service, region] = make_client(service, self.endpoint_url, region, "firehose", credentials, **settings)
            return clients[service, region]

    def failed(self, role_arn, error):
        """A ClientError of a role's client: if its session has ended, the next client has a new one."""
        if error.response["Error"]["Code"] in ENDED:
            with self._lock:
                self._known.pop(role_arn, None)
