"""Past crawls of a crawler's record: how one ended, what it changed, figures over all; pure but for the clock."""

import json
import statistics
import time

from localcloud.engine import ServiceError

_LONGEST_MESSAGE, _LONGEST_SUMMARY = 2048, 255  # of LastCrawl.ErrorMessage and Crawls[].Summary in Glue's model
_STATE = {"SUCCEEDED": "COMPLETED", "CANCELLED": "STOPPED", "FAILED": "FAILED"}


def finish(record, status, ended, message=None, changes=None):
    """Write a crawl's end into its crawler's record; `status` is LastCrawl's, which ListCrawls calls otherwise."""
    crawl = record["crawls"][-1]
    crawl |= {
        "State": _STATE[status],
        "EndTime": ended,
        "Changes": {change: len(names) for (entity, change), names in (changes or {}).items() if entity == "TABLE"},
    }
    if changes:
        crawl["Summary"] = _summary(changes)
    last = {"Status": status, "StartTime": crawl["StartTime"]}
    last |= {member: crawl[member] for member in ("LogGroup", "LogStream", "MessagePrefix")}
    if message:
        crawl["ErrorMessage"] = last["ErrorMessage"] = message[:_LONGEST_MESSAGE]
    record["crawls"][-1] = crawl
    record["crawler"] |= {"State": "READY", "LastCrawl": last}


def _summary(changes):
    """What changed, as ListCrawls tells it: names where they fit, else only counts."""
    for with_names in (True, False):
        told = {}
        for (entity, change), names in changes.items():
            details = {"Details": {"names": [str(name) for name in names]}} if with_names and entity == "TABLE" else {}
            told.setdefault(entity, {})[change] = {**details, "Count": len(names)}
        text = json.dumps(told, separators=(",", ":"))
        if len(text) <= _LONGEST_SUMMARY:
            break
    return text


def metrics(record):
    """The record's entry of GetCrawlerMetrics."""
    ended = [crawl for crawl in record["crawls"] if "EndTime" in crawl]
    times = [crawl["EndTime"] - crawl["StartTime"] for crawl in ended]
    median = statistics.median(times) if times else 0.0
    running = record["crawler"]["State"] != "READY"
    left = max(0.0, median - (time.time() - record["crawls"][-1]["StartTime"])) if running else 0.0
    changes = ended[-1]["Changes"] if ended else {}
    return {
        "CrawlerName": record["crawler"]["Name"],
        "TimeLeftSeconds": left,
        "StillEstimating": running and not times,
        "LastRuntimeSeconds": times[-1] if times else 0.0,
        "MedianRuntimeSeconds": median,
        "TablesCreated": changes.get("ADD", 0),
        "TablesUpdated": changes.get("UPDATE", 0),
        "TablesDeleted": changes.get("DELETE", 0),
    }


_COMPARE = {
    "EQ": lambda one, other: one == other,
    "NE": lambda one, other: one != other,
    "GT": lambda one, other: one > other,
    "GE": lambda one, other: one >= other,
    "LT": lambda one, other: one < other,
    "LE": lambda one, other: one <= other,
}
_CRAWL_MEMBER = {"CRAWL_ID": "CrawlId", "STATE": "State", "START_TIME": "StartTime", "END_TIME": "EndTime"}


def matches(crawl, condition):
    """Whether a crawl passes one of ListCrawls' filters; times are milliseconds since 1970 there."""
    member, wanted = _CRAWL_MEMBER.get(condition.get("FieldName")), condition.get("FieldValue")
    compare = _COMPARE.get(condition.get("FilterOperator"))
    if member is None or compare is None:
        raise ServiceError("InvalidInputException", f"ListCrawls cannot filter by {condition}; fields: {', '.join(_CRAWL_MEMBER)}")
    value = crawl.get(member)
    if member.endswith("Time"):
        try:
            value, wanted = value and value * 1000, float(wanted)
        except ValueError as error:
            raise ServiceError(
                "InvalidInputException", f"{condition['FieldName']} is milliseconds since 1970, this is {wanted!r}"
            ) from error
    return value is not None and compare(value, wanted)
