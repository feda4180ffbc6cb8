"""A crawler's definition: Glue's defaults, and what it accepts."""

import time

from localcloud.crawler import schedule
from localcloud.crawler.crawl import options_of
from localcloud.crawler.objects import Target
from localcloud.engine import ServiceError

_LOG_ONLY = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}


def new(name):
    """A crawler as GetCrawler shows it, before its maker has said anything but its name."""
    return {
        "Name": name,
        "Role": "",
        "Targets": {},
        "DatabaseName": "",
        "Description": "",
        "Classifiers": [],
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
        "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
        "State": "READY",
        "CrawlElapsedTime": 0,
        "CreationTime": time.time(),
        "LastUpdated": time.time(),
        "Version": 1,
    }


def checked_targets(targets):
    """Targets with their defaults. ServiceError for what the local cloud cannot crawl."""
    others = sorted(kind for kind, given in targets.items() if given and kind != "S3Targets")
    if others:
        raise ServiceError("InvalidInputException", f"{', '.join(others)}: the local cloud crawls S3Targets only; see docs/local-cloud.md")
    if not targets.get("S3Targets"):
        raise ServiceError("InvalidInputException", "A crawler needs at least one target: give Targets.S3Targets a Path")
    out = []
    for target in targets["S3Targets"]:
        try:
            Target(target.get("Path", ""), target.get("Exclusions") or ())
        except ValueError as error:
            raise ServiceError("InvalidInputException", str(error)) from error
        if target.get("EventQueueArn"):
            raise ServiceError("InvalidInputException", "EventQueueArn: the local cloud has no event mode for crawlers")
        size = target.get("SampleSize")
        if size is not None and not 1 <= size <= 249:
            raise ServiceError("InvalidInputException", f"SampleSize must be from 1 to 249, this is {size}")
        out.append({**target, "Exclusions": target.get("Exclusions") or []})
    return {"S3Targets": out}


def check_policies(crawler):
    """ServiceError for policies and a Configuration that Glue, or the local cloud, does not take."""
    recrawl = crawler["RecrawlPolicy"]["RecrawlBehavior"]
    if recrawl == "CRAWL_EVENT_MODE":
        raise ServiceError(
            "InvalidInputException", "CRAWL_EVENT_MODE is not in the local cloud; use CRAWL_EVERYTHING or CRAWL_NEW_FOLDERS_ONLY"
        )
    if recrawl == "CRAWL_NEW_FOLDERS_ONLY" and crawler["SchemaChangePolicy"] != _LOG_ONLY:
        raise ServiceError(
            "InvalidInputException",
            'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior value '
            "and LOG UpdateBehavior value.",
        )
    try:
        options_of(crawler.get("Configuration"))
    except ValueError as error:
        raise ServiceError("InvalidInputException", str(error)) from error


def set_schedule(crawler, expression):
    """Give the crawler a schedule, or take it away with an empty one."""
    if not expression:
        crawler.pop("Schedule", None)
        return
    try:
        schedule.parse(expression)
    except ValueError as error:
        raise ServiceError("InvalidInputException", str(error)) from error
    crawler["Schedule"] = {"ScheduleExpression": expression, "State": "SCHEDULED"}
