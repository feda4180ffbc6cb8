"""Definitions of streams, kept as one JSON file that survives restarts and kills."""

import json
import os
from threading import RLock


class Store:
    """Records by region and name, as `definition.new` makes them. Hold `lock` around reading and changing one; `save` writes all."""

    def __init__(self, path):
        self.path, self.lock = path, RLock()
        self._regions = json.loads(path.read_text()) if path.exists() else {}

    def region(self, name):
        """The region's records by stream's name."""
        return self._regions.setdefault(name, {})

    def everything(self):
        """(region, record) of all."""
        return [(region, record) for region, records in self._regions.items() for record in records.values()]

    def save(self):
        """Replace the file at once, so that a kill leaves the old or the new one."""
        with self.lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.path.with_suffix(".new")
            temporary.write_text(json.dumps(self._regions))
            os.replace(temporary, self.path)
