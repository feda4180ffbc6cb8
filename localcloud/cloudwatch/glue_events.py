"""Glue's events on the default bus, with the members that AWS's have: `Glue Job State Change` and `Glue Crawler State Change`."""

from datetime import UTC, datetime

from localcloud.cloudwatch import publish

SOURCE = "aws.glue"
#: A run's or crawl's end → severity and words.
_JOBS = {
    "SUCCEEDED": ("INFO", "Job run succeeded"),
    "FAILED": ("ERROR", "Job run failed"),
    "TIMEOUT": ("WARN", "Job run timed out"),
    "STOPPED": ("INFO", "Job run stopped"),
}


def job_ended(name, run_id, state, message, account, region):
    """A run of a job came to its end, with a `message` where it failed."""
    severity, words = _JOBS[state]
    detail = {"jobName": name, "severity": severity, "state": state, "jobRunId": run_id, "message": message or words}
    publish.event(SOURCE, "Glue Job State Change", detail, [], account, region)


def crawler_started(name, started, account, region):
    """`started`: epoch seconds."""
    detail = {"accountId": account, "crawlerName": name, "startTime": _moment(started), "state": "Started", "message": "Crawler Started"}
    publish.event(SOURCE, "Glue Crawler State Change", detail, [], account, region)


def crawler_ended(name, crawl, error, changes, account, region):
    """`crawl`: the crawl's record; `error`: its message where it failed; `changes`: {("TABLE", "ADD"): names, …}."""
    group, stream = crawl["LogGroup"], crawl["LogStream"]
    link = f"https://console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={group};stream={stream}"
    detail = {"accountId": account, "crawlerName": name, "cloudWatchLogLink": link}
    if error is not None:
        detail |= {"errorMessage": error, "state": "Failed", "message": "Crawler Failed"}
    else:
        for entity, word in (("TABLE", "tables"), ("PARTITION", "partitions")):
            for change, ending in (("ADD", "Created"), ("UPDATE", "Updated"), ("DELETE", "Deleted")):
                detail[word + ending] = str(len(changes.get((entity, change), ())))
        detail |= {
            "warningMessage": "N/A",
            "runningTime (sec)": str(int(crawl["EndTime"] - crawl["StartTime"])),
            "completionDate": _moment(crawl["EndTime"]),
            "state": "Succeeded",
            "message": "Crawler Succeeded",
        }
    publish.event(SOURCE, "Glue Crawler State Change", detail, [], account, region)


def _moment(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
