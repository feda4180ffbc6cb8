"""The control plane without a local cloud around it."""

from localcloud.gateway.control import operation
from localcloud.gateway.control.here import Here
from localcloud.gateway.registry import Registry
from localcloud.gateway.store import Store, Usage

ROLE = "arn:aws:iam::000000000000:role/puts"


class Control:
    """The control plane alone: `do("create_api_key", name="a")` is CreateApiKey."""

    def __init__(self, folder):
        self.usage = Usage(folder / "usage.json")
        self.store = Store(folder / "apis.json", "000000000000", lambda: self.registry.forget())
        self.registry = Registry(self.store, self.usage)

    def do(self, name, /, **given):
        answer = operation(name)(Here("us-east-1", "000000000000", self.store.region("us-east-1"), self.usage), given)
        self.store.save()
        return answer
