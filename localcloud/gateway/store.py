"""APIs, keys, usage plans and the account's settings, kept as JSON that survives restarts and kills."""

import json
import os
import threading
from datetime import timedelta
from threading import RLock


class Store:
    """Hold `lock` around reading and changing; `save` writes all and tells `changed`.

    A region is {"apis": {id: record}, "keys": {id: as GetApiKey shows it, with its value}, "plans": {id: {"plan", "keys": [ids]}},
    "account": {}}. A record of an API is {"api": as GetRestApi shows it, "resources", "models", "validators", "responses",
    "deployments": {id: {"shown", "snapshot"}}, "stages"}; moments are epoch seconds.
    """

    def __init__(self, path, account, changed=lambda: None):
        self.path, self.account, self.changed, self.lock = path, account, changed, RLock()
        self._regions = json.loads(path.read_text()) if path.exists() else {}

    def region(self, name):
        """The region's four tables."""
        with self.lock:
            return self._regions.setdefault(name, {"apis": {}, "keys": {}, "plans": {}, "account": {}})

    def known(self, name):
        """As `region`, but of one that nobody used yet nothing is kept."""
        with self.lock:
            return self._regions.get(name) or {"apis": {}, "keys": {}, "plans": {}, "account": {}}

    def api(self, identity):
        """(region, record) of an API in whichever region, or None."""
        with self.lock:
            return next(((name, region["apis"][identity]) for name, region in self._regions.items() if identity in region["apis"]), None)

    def save(self):
        """Replace the file at once, so that a kill leaves the old or the new one."""
        with self.lock:
            _replace(self.path, self._regions)
            self.changed()


class Usage:
    """Requests counted by plan, key and day, written a second after they were counted."""

    DELAY = 1.0

    def __init__(self, path):
        self.path, self.lock, self._timer = path, threading.Lock(), None
        self._counts = json.loads(path.read_text()) if path.exists() else {}

    def add(self, plan_id, key_id, day, count):
        """The day's sum with `count` added to it."""
        with self.lock:
            days = self._counts.setdefault(plan_id, {}).setdefault(key_id, {})
            days[day] = days.get(day, 0) + count
            if self._timer is None:
                self._timer = threading.Timer(self.DELAY, self.save)
                self._timer.daemon = True
                self._timer.start()
            return days[day]

    def spent(self, plan_id, key_id, first_day, last_day):
        """The sum of the days from the first to the last."""
        with self.lock:
            days = self._counts.get(plan_id, {}).get(key_id, {})
            return sum(count for day, count in days.items() if first_day <= day <= last_day)

    def keys(self, plan_id):
        """The ids of the keys that used a plan."""
        with self.lock:
            return list(self._counts.get(plan_id, {}))

    def drop(self, plan_id):
        """A plan is gone, and its counts with it."""
        with self.lock:
            self._counts.pop(plan_id, None)
        self.save()

    def save(self):
        with self.lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            _replace(self.path, self._counts)


def period_start(period, offset, day):
    """The first day of the quota's period that `day` is in; weeks begin on Sunday, `offset` days later if given."""
    if period == "DAY":
        return day
    if period == "WEEK":
        return day - timedelta(days=(day.isoweekday() - offset) % 7)
    start = day.replace(day=1 + offset)
    return start if start <= day else (day.replace(day=1) - timedelta(days=1)).replace(day=1 + offset)


def _replace(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(content))
    os.replace(temporary, path)
