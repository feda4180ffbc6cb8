"""The temporary credentials of the roles that machines have, renewed in good time."""

import threading
import time
from datetime import UTC, datetime

#: New ones are offered this long before the old ones expire (EC2 promises at least five minutes).
RENEW_BEFORE = 1800


class Credentials:
    """Keeps the session of each instance. `issue(role_arn, session_name, seconds)` makes one: AccessKeyId,
    SecretAccessKey, SessionToken, Expiration (a datetime or its ISO text); it raises where the role may not be had.
    """

    def __init__(self, issue, seconds):
        self.issue, self.seconds = issue, seconds
        self.held, self.lock = {}, threading.Lock()

    def of(self, instance_id, role_arn):
        """The session for this instance, a new one where the old one nears its end."""
        with self.lock:
            held = self.held.get((instance_id, role_arn))
            now = time.time()
            if held is None or held["until"] - now < min(RENEW_BEFORE, self.seconds / 2):
                session = self.issue(role_arn, instance_id, self.seconds)
                held = {**session, "until": seconds_since_1970(session["Expiration"]), "updated": now}
                self.held[(instance_id, role_arn)] = held
            return held

    def forget(self, instance_id):
        with self.lock:
            for key in [key for key in self.held if key[0] == instance_id]:
                del self.held[key]


def seconds_since_1970(when):
    """Of a datetime, a number or ISO text."""
    if isinstance(when, int | float):
        return float(when)
    moment = when if isinstance(when, datetime) else datetime.fromisoformat(when.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
