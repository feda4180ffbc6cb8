"""Triggers: definitions, and the clock that starts what is scheduled."""

import logging

from localcloud.crawler import schedule
from localcloud.crawler.scheduler import Scheduler
from localcloud.engine import ServiceError
from localcloud.paging import page
from localcloud.spark.definition import check_arguments, invalid

logger = logging.getLogger(__name__)


class Triggers:
    """Actions on triggers, for the engine of jobs to mix in; it has `jobs` (a Store) and `runs`."""

    def _init_triggers(self, store, clock):
        self.triggers = store
        self._crons = Scheduler(self._scheduled, self._due, clock)

    def _start_triggers(self):
        self._crons.start()

    def _stop_triggers(self):
        self._crons.stop()

    def create_trigger(self, request):
        body, name = request.body, request.body.get("Name")
        if not name:
            raise invalid("Trigger name is missing: give Name")
        for member in ("WorkflowName", "Predicate", "EventBatchingCondition"):
            if body.get(member):
                raise invalid(f'Trigger {name}: {member} is not in the local cloud; see docs/local-cloud.md, "Glue jobs"')
        kind = body.get("Type")
        if kind not in ("SCHEDULED", "ON_DEMAND"):
            raise invalid(f"Trigger {name}: Type is SCHEDULED or ON_DEMAND in the local cloud, not {kind!r}")
        if kind == "ON_DEMAND" and (body.get("StartOnCreation") or body.get("Schedule")):
            raise invalid(f"Trigger {name}: an ON_DEMAND trigger has neither Schedule nor StartOnCreation")
        trigger = {"Name": name, "Type": kind, "State": "ACTIVATED" if body.get("StartOnCreation") else "CREATED"}
        trigger |= self._changed(request.region, name, kind, body)
        with self.triggers.lock:
            if name in self.triggers.region(request.region):
                raise ServiceError("AlreadyExistsException", f"Trigger with name {name} already exists")
            self.triggers.region(request.region)[name] = {"trigger": trigger, "tags": dict(body.get("Tags") or {})}
            self.triggers.save()
        self._crons.wake()
        return {"Name": name}

    def update_trigger(self, request):
        body, name = request.body.get("TriggerUpdate") or {}, request.body.get("Name")
        for member in ("Predicate", "EventBatchingCondition"):
            if body.get(member):
                raise invalid(f'Trigger {name}: {member} is not in the local cloud; see docs/local-cloud.md, "Glue jobs"')
        with self.triggers.lock:
            before = self._trigger(request)["trigger"]
        changed = self._changed(request.region, name, before["Type"], body, before)
        with self.triggers.lock:
            trigger = self._trigger(request)["trigger"]
            trigger |= changed
            self.triggers.save()
        self._crons.wake()
        return {"Trigger": dict(trigger)}

    def delete_trigger(self, request):
        """One that is not there is no error."""
        name = request.body.get("Name")
        with self.triggers.lock:
            self.triggers.region(request.region).pop(name, None)
            self.triggers.save()
        self._crons.wake()
        return {"Name": name}

    def get_trigger(self, request):
        with self.triggers.lock:
            return {"Trigger": dict(self._trigger(request)["trigger"])}

    def get_triggers(self, request):
        names, token = page(request.body, self._trigger_names(request), most=200)
        return {"Triggers": self._existing_triggers(request.region, names)} | token

    def batch_get_triggers(self, request):
        names = request.body.get("TriggerNames", [])
        found = self._existing_triggers(request.region, names)
        return {"Triggers": found, "TriggersNotFound": sorted(set(names) - {each["Name"] for each in found})}

    def list_triggers(self, request):
        names, token = page(request.body, self._trigger_names(request), most=200)
        return {"TriggerNames": names} | token

    def start_trigger(self, request):
        """Activate a schedule, or start an on-demand trigger's jobs now."""
        with self.triggers.lock:
            trigger = self._trigger(request)["trigger"]
            if trigger["Type"] == "SCHEDULED":
                trigger["State"] = "ACTIVATED"
                self.triggers.save()
        if trigger["Type"] == "ON_DEMAND":
            self._fire(request.region, trigger, raising=True)
        self._crons.wake()
        return {"Name": trigger["Name"]}

    def stop_trigger(self, request):
        with self.triggers.lock:
            trigger = self._trigger(request)["trigger"]
            if trigger["Type"] == "SCHEDULED":
                trigger["State"] = "DEACTIVATED"
                self.triggers.save()
        self._crons.wake()
        return {"Name": trigger["Name"]}

    # -- within

    def _changed(self, region, name, kind, body, before=None):
        """The members that a request sets; ServiceError if that cannot be."""
        out = {"Description": body.get("Description", (before or {}).get("Description", ""))}
        expression = body.get("Schedule") or (before or {}).get("Schedule")
        if kind == "SCHEDULED":
            if not expression:
                raise invalid(f"Trigger {name}: a SCHEDULED trigger needs Schedule")
            try:
                schedule.parse(expression)
            except ValueError as error:
                raise invalid(f"Trigger {name}: {error}") from error
            out["Schedule"] = expression
        actions = body.get("Actions") or (before or {}).get("Actions")
        if not actions:
            raise invalid(f"Trigger {name}: Actions is missing")
        for action in actions:
            if action.get("CrawlerName") or not action.get("JobName"):
                raise invalid(f"Trigger {name}: an action starts a job by JobName, this is {action}")
            check_arguments(f"Trigger {name}: Arguments", action.get("Arguments", {}))
            with self.jobs.lock:
                if action["JobName"] not in self.jobs.region(region):
                    raise ServiceError("EntityNotFoundException", f"Trigger {name}: there is no job {action['JobName']}")
        return out | {"Actions": actions}

    def _trigger(self, request):
        """The trigger's record; hold the triggers' lock."""
        name = request.body.get("Name")
        record = self.triggers.region(request.region).get(name)
        if record is None:
            raise ServiceError("EntityNotFoundException", f"Entity not found: there is no trigger {name}")
        return record

    def _trigger_names(self, request):
        """Names of all, or of those that start DependentJobName and have the Tags that are asked for."""
        job, tags = request.body.get("DependentJobName"), request.body.get("Tags") or {}
        with self.triggers.lock:
            return sorted(
                name
                for name, record in self.triggers.region(request.region).items()
                if (not job or any(action.get("JobName") == job for action in record["trigger"]["Actions"]))
                and tags.items() <= record["tags"].items()
            )

    def _existing_triggers(self, region, names):
        with self.triggers.lock:
            records = self.triggers.region(region)
            return [dict(records[name]["trigger"]) for name in names if name in records]

    def _scheduled(self):
        with self.triggers.lock:
            return [
                ((region, record["trigger"]["Name"]), schedule.parse(record["trigger"]["Schedule"]))
                for region, record in self.triggers.everything()
                if record["trigger"]["State"] == "ACTIVATED"
            ]

    def _due(self, key):
        region, name = key
        with self.triggers.lock:
            record = self.triggers.region(region).get(name)
            trigger = dict(record["trigger"]) if record else None
        if trigger and trigger["State"] == "ACTIVATED":
            self._fire(region, trigger)

    def _fire(self, region, trigger, raising=False):
        """Start a trigger's jobs; one that cannot start now is left out, and said in the local cloud's log unless `raising`."""
        for action in trigger["Actions"]:
            try:
                with self.jobs.lock:
                    record = self.jobs.region(region).get(action["JobName"])
                    if record is None:
                        raise ServiceError("EntityNotFoundException", f"there is no job {action['JobName']}")
                    self.runs.begin(region, record, action, trigger["Name"])
            except ServiceError as error:
                if raising:
                    raise
                logger.warning("trigger %s did not start job %s: %s", trigger["Name"], action["JobName"], error.message)
