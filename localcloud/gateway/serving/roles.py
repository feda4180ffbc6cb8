"""The roles that integrations act with: sessions for API Gateway, and what IAM says, remembered for a moment."""

import threading
import time

from localcloud.engine import ServiceError
from localcloud.gateway.serving.refusals import Refused
from localcloud.iam import gate, record, sessions
from localcloud.iam.questions import Question

PRINCIPAL = "apigateway.amazonaws.com"
#: As in CloudTrail's entries of what API Gateway does.
SESSION = "BackplaneAssumeRoleSession"
_SECONDS = 3600
#: Seconds until a change of a role or its policies is seen.
REMEMBERED = 2.0


class Roles:
    """Safe for threads."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._lock, self._sessions, self._answers = clock, threading.Lock(), {}, {}

    def credentials(self, role_arn):
        """(key, secret, token) of a session; Refused API_CONFIGURATION_ERROR if API Gateway cannot assume the role."""
        now = self._clock()
        with self._lock:
            checked, ends, found = self._sessions.get(role_arn, (0, 0, None))
        if found and now < checked + REMEMBERED:
            return found
        if not found or now > ends or not sessions.trusts(role_arn, PRINCIPAL) or not gate.principal(found[0]):
            try:
                made = sessions.service_session(role_arn, PRINCIPAL, SESSION, _SECONDS)
            except ServiceError as error:
                with self._lock:
                    self._sessions.pop(role_arn, None)
                raise Refused("API_CONFIGURATION_ERROR", detail=error.message) from error
            found, ends = (made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]), now + _SECONDS - 300
        with self._lock:
            self._sessions[role_arn] = now, ends, found
        return found

    def refusal(self, role_arn, action, resource, account, region):
        """None if the role may, else AWS's sentence; a line of the journal either way."""
        key = self.credentials(role_arn)[0]
        asked = key, action, resource
        with self._lock:
            until, sentence = self._answers.get(asked, (0, None))
        namespace, _, operation = action.partition(":")
        if self._clock() < until:
            name, place = role_arn.rpartition("/")[2], [action, resource, "deny" if sentence else "allow"]
            told = record.Record(f"arn:aws:sts::{account}:assumed-role/{name}/{SESSION}", operation, [place])
            record.note(namespace, told, PRINCIPAL)
            return sentence
        found = gate.refusals(key, [Question(action, resource)], namespace, account, region, PRINCIPAL)
        sentence = found[0] if found else None
        with self._lock:
            if len(self._answers) > 1000:
                self._answers.clear()
            self._answers[asked] = self._clock() + REMEMBERED, sentence
        return sentence
