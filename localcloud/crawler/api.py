"""Glue's crawler actions: definitions, runs, schedules, metrics, history, tags."""

import logging
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from localcloud import ministack_glue
from localcloud.cloudwatch import glue_events
from localcloud.crawler import definition, history, identity, schedule
from localcloud.crawler.catalog import CatalogError
from localcloud.crawler.crawl import Cancelled, Crawl
from localcloud.crawler.journal import GROUP, Journal, stream_name
from localcloud.crawler.objects import SchemaCache
from localcloud.crawler.scheduler import Scheduler
from localcloud.crawler.store import MOST_CRAWLS, Store
from localcloud.engine import Engine, ServiceError
from localcloud.glue_catalog import GlueCatalog
from localcloud.paging import page

logger = logging.getLogger(__name__)

_GIVEN = ("DatabaseName", "Description", "Classifiers", "TablePrefix", "Configuration", "CrawlerSecurityConfiguration")
_STOP_WAIT = 3.0  # seconds that an orderly stop gives running crawls


@dataclass
class _Run:
    """A crawl under way."""

    crawl_id: str
    started: float
    cancelled: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread = None


class Crawler(GlueCatalog, Engine):
    """The crawlers' part of Glue; the catalog's mends come from GlueCatalog; MiniStack has the rest."""

    service, target_prefix = "glue", "AWSGlue"

    def __init__(self, settings, clock=lambda: datetime.now(UTC), session=identity.session):
        """`clock` tells schedules the time, as an aware datetime; `session(role ARN)` gives credentials of a role."""
        super().__init__(settings)
        self._session = session
        self.store = Store(settings.state_dir / "crawlers.json")
        self.cache = SchemaCache()
        self._runs = {}
        self._crons = Scheduler(self._scheduled, self._fire, clock)

    def start(self):
        with self.store.lock:
            for _, record in self.store.everything():
                if record["crawler"]["State"] != "READY":
                    history.finish(record, "FAILED", time.time(), "The local cloud stopped while this crawl ran.")
            self.store.save()
        self._crons.start()

    def stop(self):
        self._crons.stop()
        with self.store.lock:
            runs = list(self._runs.values())
        for run in runs:
            run.cancelled.set()
        deadline = time.monotonic() + _STOP_WAIT
        for run in runs:
            run.thread.join(max(0.0, deadline - time.monotonic()))

    # -- definitions

    def create_crawler(self, request):
        body, region = request.body, request.region
        name = body.get("Name")
        if not name:
            raise ServiceError("InvalidInputException", "Crawler name is missing: give Name")
        if name in self.store.region(region):
            raise ServiceError("AlreadyExistsException", f"Crawler with name {name} already exists")
        for needed in ("Role", "Targets"):
            if not body.get(needed):
                raise ServiceError("InvalidInputException", f"Crawler {name}: {needed} is missing")
        crawler = self._changed(definition.new(name), body, region)
        with self.store.lock:
            if name in self.store.region(region):
                raise ServiceError("AlreadyExistsException", f"Crawler with name {name} already exists")
            self.store.region(region)[name] = {"crawler": crawler, "tags": dict(body.get("Tags") or {}), "crawls": [], "folders": []}
            self.store.save()
        self._crons.wake()

    def update_crawler(self, request):
        with self.store.lock:
            before = self._record(request, "Name")["crawler"]
        changed = self._changed(before, request.body, request.region)
        with self.store.lock:
            record = self._record(request, "Name")
            _require_ready(record)
            moving = {member: record["crawler"][member] for member in ("State", "LastCrawl") if member in record["crawler"]}
            record["crawler"] = changed | moving | {"LastUpdated": time.time(), "Version": record["crawler"]["Version"] + 1}
            self.store.save()
        self._crons.wake()

    def delete_crawler(self, request):
        with self.store.lock:
            record = self._record(request, "Name")
            _require_ready(record)
            del self.store.region(request.region)[record["crawler"]["Name"]]
            self.store.save()
        self._crons.wake()

    def get_crawler(self, request):
        with self.store.lock:
            return {"Crawler": self._shown(request.region, self._record(request, "Name"))}

    def get_crawlers(self, request):
        names, token = page(request.body, self._names(request.region))
        return {"Crawlers": self._existing(request.region, names)} | token

    def batch_get_crawlers(self, request):
        names = request.body.get("CrawlerNames", [])
        found = self._existing(request.region, names)
        return {"Crawlers": found, "CrawlersNotFound": sorted(set(names) - {crawler["Name"] for crawler in found})}

    def list_crawlers(self, request):
        wanted = request.body.get("Tags") or {}
        with self.store.lock:
            records = self.store.region(request.region)
            names = sorted(name for name, record in records.items() if wanted.items() <= record["tags"].items())
        names, token = page(request.body, names, most=100)
        return {"CrawlerNames": names} | token

    # -- runs

    def start_crawler(self, request):
        with self.store.lock:
            record = self._record(request, "Name")
            if record["crawler"]["State"] != "READY":
                raise ServiceError("CrawlerRunningException", f"Crawler with name {record['crawler']['Name']} has already started")
            self._begin(request.region, record)

    def stop_crawler(self, request):
        with self.store.lock:
            record = self._record(request, "Name")
            name, state = record["crawler"]["Name"], record["crawler"]["State"]
            if state == "STOPPING":
                raise ServiceError("CrawlerStoppingException", f"Crawler with name {name} is already stopping")
            if state == "READY":
                raise ServiceError("CrawlerNotRunningException", f"Crawler with name {name} isn't running")
            record["crawler"]["State"] = "STOPPING"
            self._runs[request.region, name].cancelled.set()
            self.store.save()

    def get_crawler_metrics(self, request):
        names = request.body.get("CrawlerNameList") or self._names(request.region)
        names, token = page(request.body, names)
        with self.store.lock:
            records = self.store.region(request.region)
            return {"CrawlerMetricsList": [history.metrics(records[name]) for name in names if name in records]} | token

    def list_crawls(self, request):
        with self.store.lock:
            crawls = list(reversed(self._record(request, "CrawlerName")["crawls"]))
        for condition in request.body.get("Filters") or []:
            crawls = [crawl for crawl in crawls if history.matches(crawl, condition)]
        by_id = {crawl["CrawlId"]: crawl for crawl in crawls}
        ids, token = page(request.body, list(by_id), most=20, ordered=False)
        shown = ("CrawlId", "State", "StartTime", "EndTime", "Summary", "ErrorMessage", "LogGroup", "LogStream", "MessagePrefix")
        return {"Crawls": [{member: by_id[each][member] for member in shown if member in by_id[each]} for each in ids]} | token

    # -- schedules

    def update_crawler_schedule(self, request):
        with self.store.lock:
            crawler = self._record(request, "CrawlerName")["crawler"]
            definition.set_schedule(crawler, request.body.get("Schedule"))
            self.store.save()
        self._crons.wake()

    def start_crawler_schedule(self, request):
        with self.store.lock:
            crawler = self._record(request, "CrawlerName")["crawler"]
            if "Schedule" not in crawler:
                raise ServiceError("NoScheduleException", f"Crawler {crawler['Name']} has no schedule; UpdateCrawlerSchedule gives it one")
            if crawler["Schedule"]["State"] == "SCHEDULED":
                raise ServiceError("SchedulerRunningException", f"The schedule of crawler {crawler['Name']} is already running")
            crawler["Schedule"]["State"] = "SCHEDULED"
            self.store.save()
        self._crons.wake()

    def stop_crawler_schedule(self, request):
        with self.store.lock:
            crawler = self._record(request, "CrawlerName")["crawler"]
            if crawler.get("Schedule", {}).get("State") != "SCHEDULED":
                raise ServiceError("SchedulerNotRunningException", f"The schedule of crawler {crawler['Name']} is not running")
            crawler["Schedule"]["State"] = "NOT_SCHEDULED"
            self.store.save()
        self._crons.wake()

    # -- tags: those of crawlers are here, MiniStack has those of everything else

    def tag_resource(self, request):
        record = self._tagged(request)
        if record is None:
            return ministack_glue.call(request)
        with self.store.lock:
            record["tags"] |= request.body.get("TagsToAdd", {})
            self.store.save()
        return {}

    def untag_resource(self, request):
        record = self._tagged(request)
        if record is None:
            return ministack_glue.call(request)
        with self.store.lock:
            for key in request.body.get("TagsToRemove", []):
                record["tags"].pop(key, None)
            self.store.save()
        return {}

    def get_tags(self, request):
        record = self._tagged(request)
        return ministack_glue.call(request) if record is None else {"Tags": dict(record["tags"])}

    def _tagged(self, request):
        """The record of the crawler whose ARN is asked about; None if the ARN is of another kind."""
        arn = request.body.get("ResourceArn", "")
        prefix = f"arn:aws:glue:{request.region}:{request.account}:crawler/"
        if not arn.startswith(prefix):
            return None
        with self.store.lock:
            record = self.store.region(request.region).get(arn[len(prefix) :])
        if record is None:
            raise ServiceError("EntityNotFoundException", f"Resource {arn} is not found")
        return record

    # -- within

    def _names(self, region):
        with self.store.lock:
            return sorted(self.store.region(region))

    def _existing(self, region, names):
        with self.store.lock:
            records = self.store.region(region)
            return [self._shown(region, records[name]) for name in names if name in records]

    def _record(self, request, member):
        """The crawler's record; hold the store's lock."""
        name = request.body.get(member)
        record = self.store.region(request.region).get(name)
        if record is None:
            raise ServiceError("EntityNotFoundException", f"Crawler entry with name {name} does not exist")
        return record

    def _shown(self, region, record):
        crawler = dict(record["crawler"])
        run = self._runs.get((region, crawler["Name"]))
        crawler["CrawlElapsedTime"] = int((time.time() - run.started) * 1000) if run else 0
        return crawler

    def _changed(self, crawler, body, region):
        """`crawler` with what the request asks for; ServiceError if that cannot be."""
        out = dict(crawler)
        out |= {member: body[member] for member in _GIVEN if body.get(member) is not None}
        for member in ("RecrawlPolicy", "SchemaChangePolicy", "LineageConfiguration", "LakeFormationConfiguration"):
            out[member] = out[member] | (body.get(member) or {})
        if body.get("Targets"):
            out["Targets"] = definition.checked_targets(body["Targets"])
        if body.get("Role"):
            identity.require_role(self.client("iam", region), body["Role"])
            out["Role"] = identity.role_name(body["Role"])
        if body.get("Schedule") is not None:
            definition.set_schedule(out, body["Schedule"])
        definition.check_policies(out)
        for name in out["Classifiers"]:
            self._classifier(region, name)
        return out

    def _classifier(self, region, name):
        try:
            found = self.client("glue", region).get_classifier(Name=name)["Classifier"]
        except ClientError as error:
            raise ServiceError("InvalidInputException", f"Classifier {name}: {error.response['Error']['Message']}") from error
        return found

    def _scheduled(self):
        with self.store.lock:
            return [
                ((region, record["crawler"]["Name"]), schedule.parse(record["crawler"]["Schedule"]["ScheduleExpression"]))
                for region, record in self.store.everything()
                if record["crawler"].get("Schedule", {}).get("State") == "SCHEDULED"
            ]

    def _fire(self, key):
        """Start a crawler whose time has come, unless it is gone, paused or still at the last crawl."""
        region, name = key
        with self.store.lock:
            record = self.store.region(region).get(name)
            if record and record["crawler"].get("Schedule", {}).get("State") == "SCHEDULED" and record["crawler"]["State"] == "READY":
                self._begin(region, record)

    def _begin(self, region, record):
        """Start a crawl in a thread of its own; hold the store's lock."""
        name, run = record["crawler"]["Name"], _Run(str(uuid.uuid4()), time.time())
        record["crawler"]["State"] = "RUNNING"
        record["crawls"] = [
            *record["crawls"][-(MOST_CRAWLS - 1) :],
            {
                "CrawlId": run.crawl_id,
                "State": "RUNNING",
                "StartTime": run.started,
                "LogGroup": GROUP,
                "LogStream": stream_name(name),
                "MessagePrefix": run.crawl_id,
            },
        ]
        self._runs[region, name] = run
        self.store.save()
        run.thread = threading.Thread(target=self._crawl, args=(region, dict(record["crawler"]), run), name=f"crawl-{name}", daemon=True)
        run.thread.start()

    def _crawl(self, region, crawler, run):
        """The crawl's thread: run it, then write down how it ended."""
        name, crawl, status, message = crawler["Name"], None, "SUCCEEDED", None
        glue_events.crawler_started(name, run.started, self.settings.account, region)
        journal = None
        try:
            arn = identity.require_role(self.client("iam", region), crawler["Role"])
            s3, glue, logs = identity.clients_as(self._session(arn), ("s3", "glue", "logs"), self.settings.endpoint_url, region)
            journal = Journal(logs, name, run.crawl_id)
            classifiers = [self._classifier(region, each) for each in crawler["Classifiers"]]
            known = frozenset(self.store.region(region)[name]["folders"])
            crawl = Crawl(crawler, classifiers, s3, glue, journal, run.cancelled, self.cache, known)
            crawl.run()
        except Cancelled:
            status = "CANCELLED"
        except (ClientError, BotoCoreError, CatalogError, ServiceError, ValueError) as error:
            status, message = "FAILED", str(error)
        except Exception as error:
            logger.exception("crawler %s", name)
            status, message = "FAILED", f"Internal Service Exception: {type(error).__name__}: {error}"
        message = self._close(journal, status, message)
        with self.store.lock:
            record = self.store.region(region)[name]
            if status == "SUCCEEDED":
                record["folders"] = sorted(set(record["folders"]) | crawl.folders)
            changes = crawl.catalog.changes if crawl and crawl.catalog else {}
            history.finish(record, status, time.time(), message, changes)
            del self._runs[region, name]
            self.store.save()
            ended = dict(record["crawls"][-1])
        if status != "CANCELLED":
            glue_events.crawler_ended(name, ended, message if status == "FAILED" else None, changes, self.settings.account, region)

    @staticmethod
    def _close(journal, status, message):
        """Write the log's last lines; returns the crawl's error message, with the log's own added if that fails."""
        if journal is None:
            return message
        if message:
            journal.error(message)
        journal.benchmark("Crawler was stopped" if status == "CANCELLED" else "Crawler has finished running and is in state READY")
        try:
            journal.flush()
        except (ClientError, BotoCoreError) as error:
            if message and str(error) in message:
                return message
            return f"{message + '; ' if message else ''}the log could not be written: {error}"
        return message


def _require_ready(record):
    if record["crawler"]["State"] != "READY":
        raise ServiceError("CrawlerRunningException", f"Crawler with name {record['crawler']['Name']} is currently running; stop it first")
