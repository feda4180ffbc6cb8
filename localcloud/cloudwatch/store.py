"""Alarms, their history, dashboards and tags, kept as one JSON file that survives restarts and kills."""

import json
import os
from threading import RLock

#: Of each alarm, and of all together.
MOST_ITEMS, MOST_ALL = 100, 5000


class Store:
    """Hold `lock` around reading and changing; `save` writes all.

    `alarms(region)`: {name: as DescribeAlarms shows it, moments in epoch seconds}. `dashboards`: {name: {body, modified}}.
    `tags`: {ARN: {key: value}}. `history(region)`: items, newest last.
    """

    def __init__(self, path):
        self.path, self.lock = path, RLock()
        kept = json.loads(path.read_text()) if path.exists() else {}
        self._alarms, self._history = kept.get("alarms", {}), kept.get("history", {})
        self.dashboards, self.tags = kept.get("dashboards", {}), kept.get("tags", {})

    def alarms(self, region):
        return self._alarms.setdefault(region, {})

    def regions(self):
        return list(self._alarms)

    def history(self, region):
        return self._history.setdefault(region, [])

    def note(self, region, item):
        """Add an item to the history, which is bounded."""
        items = self.history(region)
        items.append(item)
        own = [each for each in items if each["AlarmName"] == item["AlarmName"]]
        if len(own) > MOST_ITEMS:
            items.remove(own[0])
        del items[:-MOST_ALL]

    def save(self):
        """Replace the file at once, so that a kill leaves the old or the new one."""
        with self.lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.path.with_suffix(".new")
            kept = {"alarms": self._alarms, "history": self._history, "dashboards": self.dashboards, "tags": self.tags}
            temporary.write_text(json.dumps(kept))
            os.replace(temporary, self.path)
