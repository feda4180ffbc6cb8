"""Job bookmarks, a file for each job: a bookmark names every file that its job has seen."""

import json
import os
import urllib.parse


class Bookmarks:
    """Below `folder`. A bookmark is `{"Version", "Run", "Attempt", "RunId", "PreviousRunId", "state": {context: {address: mark}}}`."""

    def __init__(self, folder):
        self.folder = folder

    def _path(self, region, job):
        return self.folder / region / f"{urllib.parse.quote(job, safe='')}.json"

    def read(self, region, job):
        """The bookmark, or None."""
        path = self._path(region, job)
        return json.loads(path.read_text()) if path.exists() else None

    def commit(self, region, job, run, state):
        """What a run says that it has seen, from now on the job's bookmark."""
        before = self.read(region, job) or {}
        self._write(
            region,
            job,
            {
                "Version": before.get("Version", 0) + 1,
                "Run": before.get("Run", 0) + 1,
                "Attempt": run["Attempt"],
                "RunId": run["Id"],
                "PreviousRunId": before.get("RunId", ""),
                "state": state,
            },
        )

    def reset(self, region, job):
        """Nothing was seen; the bookmark as it is now, or None if there is none."""
        before = self.read(region, job)
        if before is not None:
            before |= {"Version": before["Version"] + 1, "Run": 0, "Attempt": 0, "state": {}}
            self._write(region, job, before)
        return before

    def delete(self, region, job):
        self._path(region, job).unlink(missing_ok=True)

    def _write(self, region, job, content):
        path = self._path(region, job)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".new")
        part.write_text(json.dumps(content))
        os.replace(part, path)


def shown(job, found):
    """A bookmark as GetJobBookmark shows it."""
    return {
        "JobName": job,
        "Version": found["Version"],
        "Run": found["Run"],
        "Attempt": found["Attempt"],
        "RunId": found["RunId"],
        "PreviousRunId": found["PreviousRunId"],
        "JobBookmark": json.dumps(found["state"]),
    }
