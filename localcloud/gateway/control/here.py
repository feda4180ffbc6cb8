"""What an operation works on, and what all operations share: looking things up, paging, ids, errors."""

import base64
import secrets
import string
import time
from dataclasses import dataclass

from localcloud.engine import ServiceError

_LETTERS = string.ascii_lowercase + string.digits


def bad(message):
    return ServiceError("BadRequestException", message)


def missing(message):
    return ServiceError("NotFoundException", message, 404)


def conflict(message):
    return ServiceError("ConflictException", message, 409)


def limit(what, number, most):
    """Refuse one more where AWS's default quota ends."""
    if number >= most:
        raise ServiceError("LimitExceededException", f"Maximum number of {what} has been reached. Please contact AWS if you need more", 429)


def absent(what):
    """Something of API Gateway that this local cloud has not."""
    return bad(f"{what} is not in the local cloud; see docs/local-cloud.md")


def identity(length=10):
    """An id that nobody else has."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def now():
    return int(time.time())


@dataclass(frozen=True)
class Here:
    """One request's surroundings. `tables`: the region's, see `localcloud.gateway.store`. `usage`: the Usage."""

    region: str
    account: str
    tables: dict
    usage: object
    access_key: str = ""

    def record(self, identity):
        """An API's record."""
        if identity not in self.tables["apis"]:
            raise missing(f"Invalid API identifier specified {self.account}:{identity}")
        return self.tables["apis"][identity]

    def resource(self, given):
        resources = self.record(given["restApiId"])["resources"]
        if given["resourceId"] not in resources:
            raise missing("Invalid Resource identifier specified")
        return resources[given["resourceId"]]

    def method(self, given):
        methods = self.resource(given).get("resourceMethods", {})
        if given["httpMethod"].upper() not in methods:
            raise missing("Invalid Method identifier specified")
        return methods[given["httpMethod"].upper()]

    def integration(self, given):
        method = self.method(given)
        if "methodIntegration" not in method:
            raise missing("Invalid Integration identifier specified")
        return method["methodIntegration"]

    def stage(self, given):
        stages = self.record(given["restApiId"])["stages"]
        if given["stageName"] not in stages:
            raise missing("Invalid Stage identifier specified")
        return stages[given["stageName"]]

    def arn(self, rest):
        """`/restapis/…` → its ARN, which names no account."""
        return f"arn:aws:apigateway:{self.region}::{rest}"


def page(given, items, key="id", most=500):
    """{"items", "position"} of the page that a request asks for; `items`: dicts in a lasting order."""
    limit = given.get("limit")
    if limit is not None and limit < 1:
        raise bad("Invalid limit: it must be greater than 0")
    start = 0
    if given.get("position"):
        try:
            last = base64.b64decode(given["position"], validate=True).decode()
            start = next(at for at, each in enumerate(items) if each[key] == last) + 1
        except (ValueError, StopIteration) as error:
            raise bad("Invalid position parameter specified") from error
    size = min(limit or 25, most)
    shown = items[start : start + size]
    more = start + size < len(items)
    return {"items": shown} | ({"position": base64.b64encode(shown[-1][key].encode()).decode()} if more else {})
