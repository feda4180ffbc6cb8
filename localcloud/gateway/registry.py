"""What the data plane asks for at each request: a stage, and the plan behind a key. Reads no file, and compiles a snapshot once."""

import threading

from localcloud.gateway import compiled
from localcloud.gateway.store import period_start

_UNKNOWN = object()


class Registry:
    """A view of the control plane's Store; `forget` when that changed. Safe for any number of threads."""

    def __init__(self, store, usage):
        self.store, self._usage, self.lock = store, usage, threading.Lock()
        self._apis, self._stages, self._plans = {}, {}, {}

    def forget(self):
        """Something was changed. Snapshots stay: a deployment never changes."""
        with self.lock:
            self._stages, self._plans = {}, {}

    def stage(self, api_id, stage_name):
        """The Stage, or None."""
        return self._remembered("_stages", (api_id, stage_name), lambda: self._stage(api_id, stage_name))

    def plan(self, api_id, stage_name, key_value):
        """(ApiKey, UsagePlan) where the key belongs to a plan of this stage, a disabled key too; else None."""
        asked = api_id, stage_name, key_value
        return self._remembered("_plans", asked, lambda: compiled.plan(self.store, *asked))

    def cloudwatch_role(self, region):
        """ARN of the role that the account lets API Gateway write logs with, or None."""
        return self.store.known(region)["account"].get("cloudwatchRoleArn")

    def used(self, plan_id, key_id, day, count=1):
        """Note requests of a day (`2026-11-21`, UTC) and return the day's sum, which these belong to."""
        return self._usage.add(plan_id, key_id, day, count)

    def spent(self, plan_id, key_id, first_day, last_day):
        """Requests from the first day to the last, both included."""
        return self._usage.spent(plan_id, key_id, first_day, last_day)

    def remaining(self, plan, key_id, day):
        """What a UsagePlan's quota leaves a key on a day (`datetime.date`, UTC); None where the plan has no quota."""
        if plan.quota_limit is None:
            return None
        first = period_start(plan.quota_period, plan.quota_offset, day)
        return max(plan.quota_limit - self.spent(plan.id, key_id, str(first), str(day)), 0)

    def _stage(self, api_id, stage_name):
        found = self.store.api(api_id)
        stage = found and found[1]["stages"].get(stage_name)
        if not stage:
            return None
        region, record = found
        key = api_id, stage["deploymentId"]
        if key not in self._apis:
            if len(self._apis) > 100:  # of APIs that are gone
                self._apis.clear()
            snapshot = record["deployments"][stage["deploymentId"]]["snapshot"]
            self._apis[key] = compiled.api(snapshot, region, self.store.account)
        return compiled.stage(stage, self._apis[key])

    def _remembered(self, name, key, find):
        found = getattr(self, name).get(key, _UNKNOWN)
        if found is not _UNKNOWN:
            return found
        with self.store.lock:  # nothing changes, and nothing is forgotten, between finding and remembering
            if len(getattr(self, name)) > 1000:  # keys that nobody has must not fill the memory
                self.forget()
            found = getattr(self, name)[key] = find()
        return found
