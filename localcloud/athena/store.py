"""Small documents kept across restarts: one JSON file per kind, replaced whole and atomically."""

import json
import os
import threading


class Documents:
    """A dict of JSON documents in a file. Take `lock` to change it, then `save`."""

    def __init__(self, path):
        self.path, self.lock = path, threading.RLock()
        try:
            self.items = json.loads(path.read_text())
        except FileNotFoundError:
            self.items = {}

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self.items))
        os.replace(temporary, self.path)


class Journal:
    """Documents that are written once: a line each, the last of an id wins."""

    def __init__(self, path):
        self.path, self.lock, self.items = path, threading.Lock(), {}
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    document = json.loads(line)
                except ValueError:
                    continue  # the last line of a process that was killed while writing
                self.items[document["id"]] = document

    def write(self, document):
        line = json.dumps(document) + "\n"
        with self.lock:
            self.items[document["id"]] = document
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a") as file:
                file.write(line)
