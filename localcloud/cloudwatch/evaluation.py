"""Alarms, evaluated on time: at each end of a minute, or of ten seconds for periods below a minute, and what follows a change."""

import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from localcloud.cloudwatch import alarms, definition, notify, publish, queries

logger = logging.getLogger(__name__)

#: Seconds after the end of a period when it is evaluated, so that what belongs to it has arrived.
LAG = 1.5
STEP = 10
_FORGET = 3600
_SAVE = 1.0


class Evaluation:
    """`sources`: called with the end of each minute before its evaluation, to publish what they counted."""

    def __init__(self, settings, metrics, store, clients, sources=(), clock=time.time):
        self.settings, self.metrics, self.store, self.clock, self.sources = settings, metrics, store, clock, sources
        self.actions = notify.Actions(settings, clients)
        self._stopping = threading.Event()
        self._acting = ThreadPoolExecutor(8, thread_name_prefix="alarm-action")
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stopping.set()
        self._thread.join(5)
        self._acting.shutdown(wait=True)
        self._ask(self.clock())  # what was counted since the last minute is not lost

    def _run(self):
        done = self.clock() // STEP * STEP
        forgotten = self.clock()
        while not self._stopping.wait(_SAVE):
            now = self.clock()
            end = (now - LAG) // STEP * STEP
            try:
                if end > done:
                    done = end
                    self.tick(end)
                if now - forgotten > _FORGET:
                    forgotten = now
                    self.metrics.forget_old()
                self.metrics.save()
            except Exception:
                logger.exception("alarms at %s", end)

    def tick(self, end):
        """Evaluate the alarms whose period may end at `end` (epoch seconds)."""
        is_minute = end % 60 == 0
        if is_minute:
            self._ask(end)
        with self.store.lock:
            due = [
                (region, name)
                for region in self.store.regions()
                for name, alarm in self.store.alarms(region).items()
                if is_minute or definition.period(alarm) < 60
            ]
        changed = [each for each in due if self.evaluate(*each, end)]
        if changed:
            self.store.save()

    def _ask(self, end):
        """Let the sources publish what they have for the minute that ends."""
        for source in self.sources:
            try:
                source(end)
            except Exception:
                logger.exception("metrics of %s", getattr(source, "__name__", source))

    def evaluate(self, region, name, end):
        """Evaluate one alarm for the range that ends at `end`; returns whether its state changed."""
        with self.store.lock:
            alarm = self.store.alarms(region).get(name)
            alarm = dict(alarm) if alarm else None
        if alarm is None:
            return False
        rule, period = definition.rule(alarm), definition.period(alarm)
        starts = [end - (rule.range - at) * period for at in range(rule.range)]
        found, shown = definition.queries_of(alarm)
        series = queries.values(self.metrics, region, found, starts[0], end)[shown]
        points = [series.get(int(start)) for start in starts]
        new = alarms.state(rule, points, alarm["StateValue"])
        if new == alarm["StateValue"] or self._too_few(alarm, region, end, period):
            return False
        reason = alarms.reason(rule, points, starts, new, alarm["StateValue"])
        known = [value for value in points if value is not None]
        data = {
            "version": "1.0",
            "queryDate": notify.stamp(self.clock()),
            "startDate": notify.stamp(starts[0]),
            "statistic": alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
            "period": period,
            "recentDatapoints": known[-rule.periods :],
            "threshold": rule.threshold,
        }
        data = {member: value for member, value in data.items() if value is not None}
        return self.change(region, name, new, reason, json.dumps(data), alarm["AlarmConfigurationUpdatedTimestamp"])

    def _too_few(self, alarm, region, end, period):
        """EvaluateLowSampleCountPercentile=ignore: too few values for a percentile to mean anything leave the state."""
        statistic = alarm.get("ExtendedStatistic", "")
        if alarm.get("EvaluateLowSampleCountPercentile") != "ignore" or not statistic.startswith("p"):
            return False
        share = float(statistic[1:]) / 100
        edge = min(share, 1 - share) if share in (0, 1) else (share if share < 0.5 else 1 - share)
        points = self.metrics.points(queries.series_of(region, alarm), end - period, end, period, alarm.get("Unit"))
        count = sum(each.count for each in points.values())
        return count * edge < 10

    def change(self, region, name, new, reason, data=None, configured=None):
        """Put an alarm into a state, write the history and start its actions; returns whether the state is another one.

        `configured`: nothing is done if the alarm was changed since.
        """
        now = self.clock()
        with self.store.lock:
            alarm = self.store.alarms(region).get(name)
            if alarm is None or (configured and alarm["AlarmConfigurationUpdatedTimestamp"] != configured):
                return False
            old, before = alarm["StateValue"], notify.state_of(alarm)
            alarm |= {"StateValue": new, "StateReason": reason, "StateUpdatedTimestamp": now}
            alarm.pop("StateReasonData", None)
            if data:
                alarm["StateReasonData"] = data
            if new == old:
                return False
            alarm["StateTransitionedTimestamp"] = now
            told = {"version": "1.0", "oldState": _told(before), "newState": _told(notify.state_of(alarm))}
            self.note(region, name, "StateUpdate", f"Alarm updated from {old} to {new}", told)
            alarm = dict(alarm)
        self._acting.submit(self._follow, region, alarm, old, before)
        return True

    def _follow(self, region, alarm, old, before):
        """The event and the actions of a change."""
        publish.event(
            "aws.cloudwatch",
            "CloudWatch Alarm State Change",
            notify.change(alarm, before),
            [alarm["AlarmArn"]],
            self.settings.account,
            region,
        )
        member = {"OK": "OKActions", "ALARM": "AlarmActions"}.get(alarm["StateValue"], "InsufficientDataActions")
        if not alarm["ActionsEnabled"]:
            return
        for action in alarm[member]:
            problem = self.actions.act(alarm, old, before, action, region)
            if problem:
                logger.warning("alarm %s: %s: %s", alarm["AlarmName"], action, problem)
            words = f'Failed to execute action {action}. Received error: "{problem}"' if problem else ""
            told = {
                "actionState": "Failed" if problem else "Succeeded",
                "notificationResource": action,
                "stateUpdateTimestamp": int(alarm["StateUpdatedTimestamp"] * 1000),
                **({"error": problem} if problem else {}),
            }
            self.note(region, alarm["AlarmName"], "Action", words or f"Successfully executed action {action}", told)
        self.store.save()

    def note(self, region, name, kind, summary, data):
        """Write an item of the history."""
        item = {"AlarmName": name, "AlarmType": "MetricAlarm", "Timestamp": self.clock(), "HistoryItemType": kind}
        with self.store.lock:
            self.store.note(region, item | {"HistorySummary": summary, "HistoryData": json.dumps(data)})


def _told(state):
    """A state in the history's words."""
    told = {"stateValue": state["value"], "stateReason": state["reason"]}
    return told | ({"stateReasonData": json.loads(state["reasonData"])} if state.get("reasonData") else {})
