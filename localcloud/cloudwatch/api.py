"""CloudWatch's actions."""

import math
import time
from datetime import UTC, datetime

from localcloud import paging
from localcloud.cloudwatch import alarms, dashboards, definition, publish, queries, wire
from localcloud.cloudwatch.evaluation import Evaluation
from localcloud.cloudwatch.metrics import Metrics
from localcloud.cloudwatch.sources import minute_sources
from localcloud.cloudwatch.store import Store
from localcloud.engine import Engine, Request, ServiceError, client, method_name

_PAST, _FUTURE = 14 * 86400, 2 * 3600  # seconds: how far a value's time may be from now
_MOST_POINTS = 1440  # of one GetMetricStatistics
_MOMENTS = ("AlarmConfigurationUpdatedTimestamp", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
_TYPES = ("MetricAlarm", "CompositeAlarm")


def moment(value, what):
    """Epoch seconds of a time as any of the protocols has it."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float):
        return float(value)
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ServiceError("InvalidParameterValueException", f"{what} is {value!r}, which is no time") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def shown_moment(value):
    return datetime.fromtimestamp(value, UTC)


class CloudWatch(Engine):
    """Metrics, alarms, dashboards, in `<state>/cloudwatch`."""

    service, owns_service, own_protocol = "monitoring", True, True
    NOT_ACTIONS = Engine.NOT_ACTIONS | {"respond"}

    def __init__(self, settings, clock=time.time):
        super().__init__(settings)
        folder = settings.state_dir / "cloudwatch"
        self.clock = clock
        self.metrics, self.store = Metrics(folder / "metrics.sqlite", clock), Store(folder / "alarms.json")
        self.evaluation = Evaluation(settings, self.metrics, self.store, self.client, minute_sources(settings), clock)

    def client(self, service, region=None):
        """The journal calls it by the name of its principal, not by that of its endpoint."""
        return client(service, self.settings.endpoint_url, region or self.settings.region, "cloudwatch")

    def start(self):
        publish.to(self.metrics)
        self.evaluation.start()

    def stop(self):
        self.evaluation.stop()
        publish.to(None)
        self.store.save()
        self.metrics.close()

    def respond(self, scope, headers, query, body, region, access_key):
        """(status, headers, body) of a request in any of the three protocols."""
        spoken = wire.protocol(scope["path"], headers)
        try:
            action, given = wire.read(scope["path"], headers, query, body)
            if action not in wire.model().operation_names or not self.can(action):
                text = f"cloudwatch:{action or '(none)'} is not in the local cloud; see docs/local-cloud.md"
                raise ServiceError("ValidationException", text)
            request = Request(action, given, region or self.settings.region, self.settings.account, access_key or "", headers)
            output = getattr(self, method_name(action))(request) or {}
        except wire.Unreadable as error:
            return (400, *wire.refused(spoken, "SerializationException", str(error)))
        except ServiceError as error:
            status = 404 if error.code in ("ResourceNotFound", "DashboardNotFoundError", "ResourceNotFoundException") else error.status
            return (status, *wire.refused(spoken, error.code, error.message, status, error.members))
        return (200, *wire.written(spoken, action, output))

    # -- metrics

    def put_metric_data(self, request):
        namespace, data = request.body.get("Namespace") or "", request.body.get("MetricData") or []
        if request.body.get("EntityMetricData"):
            raise queries.invalid("EntityMetricData is not in the local cloud: use MetricData")
        if not namespace or namespace.startswith(("AWS/", ":")):
            raise queries.invalid(f"The value {namespace} for parameter Namespace is invalid.")
        if len(data) > 1000:
            raise queries.invalid(f"MetricData has {len(data)} items, of at most 1,000")
        ready = [self._datum(request.region, namespace, each) for each in data]  # all or nothing
        for series, change, unit, at, fine in ready:
            self.metrics.add(series, change, unit, at, fine)

    def _datum(self, region, namespace, datum):
        name, dimensions = datum.get("MetricName"), datum.get("Dimensions") or []
        if not name:
            raise ServiceError("MissingRequiredParameterException", "The parameter MetricData.member.1.MetricName is required.")
        if len(dimensions) > 30 or len({each["Name"] for each in dimensions}) < len(dimensions):
            raise queries.invalid(f"{name} has {len(dimensions)} dimensions, of at most 30 different ones")
        now = self.clock()
        at = moment(datum["Timestamp"], "Timestamp") if datum.get("Timestamp") is not None else now
        if not now - _PAST <= at <= now + _FUTURE:
            raise queries.invalid(f"Timestamp of {name} is {shown_moment(at)}: not within the last two weeks and the next two hours")
        resolution = datum.get("StorageResolution") or 60
        if resolution not in (1, 60):
            raise queries.invalid(f"StorageResolution of {name} is {resolution}: 1 or 60")
        series = queries.series_of(region, {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions})
        return series, _change(name, datum), datum.get("Unit") or "None", at, resolution == 1

    def list_metrics(self, request):
        body, found = request.body, []
        wanted = [(each["Name"], each.get("Value")) for each in body.get("Dimensions") or []]
        since = self.clock() - 3 * 3600 if body.get("RecentlyActive") else 0
        for (_, namespace, name, dimensions), last in self.metrics.listed(request.region):
            named = dict(dimensions)
            if body.get("Namespace", namespace) != namespace or body.get("MetricName", name) != name or last < since:
                continue
            if all(each in named and value in (None, named[each]) for each, value in wanted):
                found.append((namespace, name, dimensions))
        by_key = {tuple(_key(each)): each for each in found}
        shown, token = _page(body, sorted(by_key), 500)
        return {"Metrics": [_metric(*by_key[key]) for key in shown]} | token

    def get_metric_statistics(self, request):
        body = request.body
        start, end, period = moment(body["StartTime"], "StartTime"), moment(body["EndTime"], "EndTime"), body.get("Period")
        if start >= end:
            raise queries.invalid("The parameter StartTime must be less than the parameter EndTime.")
        queries.check_period(period)
        if (end - start) / period > _MOST_POINTS:
            number = math.ceil((end - start) / period)
            raise ServiceError(
                "InvalidParameterCombinationException",
                f"You have requested up to {number} datapoints, which exceeds the limit of {_MOST_POINTS}. "
                "You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
            )
        simple, extended = body.get("Statistics") or [], body.get("ExtendedStatistics") or []
        if not simple and not extended:
            text = "At least one of the parameters Statistics and ExtendedStatistics must be specified."
            raise ServiceError("MissingRequiredParameterException", text)
        for name in (*simple, *extended):
            queries.check_statistic(name)
        start = _floor(start, period)
        points = self.metrics.points(queries.series_of(request.region, body), start, end, period, body.get("Unit"))
        unit = body.get("Unit") or self.metrics.unit(queries.series_of(request.region, body))
        told = []
        for at, each in sorted(points.items()):
            known = {name: value for name in simple if (value := each.statistic(name)) is not None}
            more = {name: value for name in extended if (value := each.statistic(name)) is not None}
            told.append({"Timestamp": shown_moment(at), "Unit": unit, **known, **({"ExtendedStatistics": more} if more else {})})
        return {"Label": body["MetricName"], "Datapoints": told}

    def get_metric_data(self, request):
        body = request.body
        found = queries.check(body.get("MetricDataQueries"))
        start, end = moment(body["StartTime"], "StartTime"), moment(body["EndTime"], "EndTime")
        if start >= end:
            raise ServiceError("ValidationException", "The parameter StartTime must be less than the parameter EndTime.")
        if len(found) > 500:
            raise ServiceError("ValidationException", f"There are {len(found)} queries, of at most 500")
        periods = [query["MetricStat"]["Period"] for query in found.values() if "MetricStat" in query]
        values = queries.values(self.metrics, request.region, found, _floor(start, min(periods, default=60)), end)
        results = []
        for identity, query in found.items():
            if not query.get("ReturnData", True):
                continue
            points = sorted(values[identity].items(), reverse=body.get("ScanBy", "TimestampDescending") == "TimestampDescending")
            label = query.get("Label") or (query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else identity)
            told = {"Id": identity, "Label": label, "StatusCode": "Complete"}
            results.append(told | {"Timestamps": [shown_moment(at) for at, _ in points], "Values": [float(value) for _, value in points]})
        return {"MetricDataResults": results, "Messages": []}

    # -- alarms

    def put_metric_alarm(self, request):
        made = definition.record(request.body)
        name, now = made["AlarmName"], self.clock()
        made |= {"AlarmArn": self._arn(request, name), "AlarmConfigurationUpdatedTimestamp": now}
        with self.store.lock:
            before = self.store.alarms(request.region).get(name)
            if before is None:
                made |= {"StateValue": alarms.INSUFFICIENT_DATA, "StateReason": "Unchecked: Initial alarm creation"}
                made |= {"StateUpdatedTimestamp": now, "StateTransitionedTimestamp": now}
                tags = {each["Key"]: each["Value"] for each in request.body.get("Tags") or ()}
                if tags:
                    self.store.tags[made["AlarmArn"]] = tags
            else:
                kept = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
                made |= {member: before[member] for member in kept if member in before}
            self.store.alarms(request.region)[name] = made
            told = {"version": "1.0", "type": "Update" if before else "Create", "updatedAlarm" if before else "createdAlarm": made}
            self.evaluation.note(request.region, name, "ConfigurationUpdate", f'Alarm "{name}" {"updated" if before else "created"}', told)
            self.store.save()

    def put_composite_alarm(self, request):
        raise ServiceError("ValidationException", "Composite alarms are not in the local cloud; see docs/local-cloud.md")

    def describe_alarms(self, request):
        body = request.body
        with self.store.lock:
            found = {name: dict(alarm) for name, alarm in self.store.alarms(request.region).items()}
        if body.get("AlarmNames") and body.get("AlarmNamePrefix"):
            raise ServiceError("InvalidParameterCombinationException", "AlarmNames and AlarmNamePrefix exclude each other")
        wanted = [
            name
            for name, alarm in found.items()
            if "MetricAlarm" in (body.get("AlarmTypes") or ["MetricAlarm"])
            and (not body.get("AlarmNames") or name in body["AlarmNames"])
            and name.startswith(body.get("AlarmNamePrefix") or "")
            and body.get("StateValue") in (None, alarm["StateValue"])
            and _acts(alarm, body.get("ActionPrefix"))
            and not body.get("ChildrenOfAlarmName")
            and not body.get("ParentsOfAlarmName")
        ]
        shown, token = _page({**body, "MaxResults": body.get("MaxRecords")}, sorted(wanted), 50)
        return {"MetricAlarms": [_shown(found[name]) for name in shown], "CompositeAlarms": []} | token

    def describe_alarms_for_metric(self, request):
        body, region = request.body, request.region
        series = queries.series_of(region, body)
        with self.store.lock:
            found = [dict(alarm) for _, alarm in sorted(self.store.alarms(region).items())]
        same = ("Statistic", "ExtendedStatistic", "Period", "Unit")
        chosen = [
            alarm
            for alarm in found
            if "MetricName" in alarm
            and queries.series_of(region, alarm) == series
            and all(body.get(member) in (None, alarm.get(member)) for member in same)
        ]
        return {"MetricAlarms": [_shown(alarm) for alarm in chosen]}

    def describe_alarm_history(self, request):
        body = request.body
        start = moment(body["StartDate"], "StartDate") if body.get("StartDate") is not None else 0
        end = moment(body["EndDate"], "EndDate") if body.get("EndDate") is not None else math.inf
        with self.store.lock:
            items = [
                (number, item)
                for number, item in enumerate(self.store.history(request.region))
                if body.get("AlarmName") in (None, item["AlarmName"])
                and body.get("HistoryItemType") in (None, item["HistoryItemType"])
                and start <= item["Timestamp"] <= end
                and item["AlarmType"] in (body.get("AlarmTypes") or _TYPES)
            ]
        if body.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            items.reverse()
        by_key = {f"{item['Timestamp']} {number}": item for number, item in items}
        shown, token = _page({**body, "MaxResults": body.get("MaxRecords")}, list(by_key), 100, ordered=False)
        return {"AlarmHistoryItems": [{**by_key[key], "Timestamp": shown_moment(by_key[key]["Timestamp"])} for key in shown]} | token

    def set_alarm_state(self, request):
        body, name = request.body, request.body.get("AlarmName")
        if body.get("StateValue") not in (alarms.OK, alarms.ALARM, alarms.INSUFFICIENT_DATA):
            raise ServiceError("ValidationException", f"StateValue is {body.get('StateValue')!r}: OK, ALARM or INSUFFICIENT_DATA")
        with self.store.lock:
            if name not in self.store.alarms(request.region):
                raise ServiceError("ResourceNotFound", f"There is no alarm {name}")
        self.evaluation.change(request.region, name, body["StateValue"], body.get("StateReason") or "", body.get("StateReasonData"))
        self.store.save()

    def enable_alarm_actions(self, request):
        self._set_actions(request, True)

    def disable_alarm_actions(self, request):
        self._set_actions(request, False)

    def _set_actions(self, request, enabled):
        with self.store.lock:
            for name in request.body.get("AlarmNames") or ():
                if name in self.store.alarms(request.region):
                    self.store.alarms(request.region)[name]["ActionsEnabled"] = enabled
            self.store.save()

    def delete_alarms(self, request):
        with self.store.lock:
            names = request.body.get("AlarmNames") or []
            for name in names:
                gone = self.store.alarms(request.region).pop(name, None)
                if gone is None and len(names) == 1:
                    raise ServiceError("ResourceNotFound", f"There is no alarm {name}")
                if gone:
                    self.store.tags.pop(gone["AlarmArn"], None)
                    told = {"version": "1.0", "type": "Delete", "deletedAlarm": gone}
                    self.evaluation.note(request.region, name, "ConfigurationUpdate", f'Alarm "{name}" deleted', told)
            self.store.save()

    def _arn(self, request, name):
        return f"arn:aws:cloudwatch:{request.region}:{request.account}:alarm:{name}"

    # -- dashboards

    def put_dashboard(self, request):
        name, body = request.body.get("DashboardName") or "", request.body.get("DashboardBody") or ""
        found = dashboards.problems(body)
        if not name or len(name) > 255 or not all(each.isascii() and (each.isalnum() or each in "-_") for each in name):
            found.insert(0, {"DataPath": "", "Message": f"The dashboard's name {name!r} may have letters, digits, - and _, up to 255"})
        if found:
            told = "; ".join(f"{each['DataPath']}: {each['Message']}".lstrip(": ") for each in found[:5])
            raise ServiceError(
                "DashboardInvalidInputError",
                f"The dashboard body is invalid, there are {len(found)} validation errors: {told}",
                dashboardValidationMessages=found,
            )
        with self.store.lock:
            self.store.dashboards[name] = {"body": body, "modified": self.clock()}
            tags = {each["Key"]: each["Value"] for each in request.body.get("Tags") or ()}
            if tags:
                self.store.tags.setdefault(self._dashboard_arn(request, name), {}).update(tags)
            self.store.save()
        return {"DashboardValidationMessages": []}

    def get_dashboard(self, request):
        name = request.body.get("DashboardName")
        with self.store.lock:
            found = self.store.dashboards.get(name)
        if found is None:
            raise ServiceError("DashboardNotFoundError", f"Dashboard {name} does not exist")
        return {"DashboardArn": self._dashboard_arn(request, name), "DashboardName": name, "DashboardBody": found["body"]}

    def list_dashboards(self, request):
        with self.store.lock:
            known = dict(self.store.dashboards)
        wanted = sorted(name for name in known if name.startswith(request.body.get("DashboardNamePrefix") or ""))
        shown, token = _page(request.body, wanted, 1000)
        entries = [
            {
                "DashboardName": name,
                "DashboardArn": self._dashboard_arn(request, name),
                "LastModified": shown_moment(known[name]["modified"]),
                "Size": len(known[name]["body"].encode()),
            }
            for name in shown
        ]
        return {"DashboardEntries": entries} | token

    def delete_dashboards(self, request):
        names = request.body.get("DashboardNames") or []
        with self.store.lock:
            absent = [name for name in names if name not in self.store.dashboards]
            if absent:
                raise ServiceError("DashboardNotFoundError", f"Dashboard {', '.join(absent)} does not exist; nothing was deleted")
            for name in names:
                del self.store.dashboards[name]
                self.store.tags.pop(self._dashboard_arn(request, name), None)
            self.store.save()

    @staticmethod
    def _dashboard_arn(request, name):
        return f"arn:aws:cloudwatch::{request.account}:dashboard/{name}"

    # -- tags

    def tag_resource(self, request):
        with self.store.lock:
            tags = self._tags(request)
            tags |= {each["Key"]: each["Value"] for each in request.body.get("Tags") or ()}
            if len(tags) > 50:
                raise queries.invalid(f"{request.body['ResourceARN']} would have {len(tags)} tags, of at most 50")
            self.store.tags[request.body["ResourceARN"]] = tags
            self.store.save()

    def untag_resource(self, request):
        with self.store.lock:
            tags = self._tags(request)
            self.store.tags[request.body["ResourceARN"]] = {
                key: value for key, value in tags.items() if key not in (request.body.get("TagKeys") or ())
            }
            self.store.save()

    def list_tags_for_resource(self, request):
        with self.store.lock:
            return {"Tags": [{"Key": key, "Value": value} for key, value in self._tags(request).items()]}

    def _tags(self, request):
        """A copy of the tags of an alarm or dashboard by its ARN; hold the store's lock."""
        arn = request.body.get("ResourceARN") or ""
        known = {alarm["AlarmArn"] for alarm in self.store.alarms(request.region).values()}
        known |= {self._dashboard_arn(request, name) for name in self.store.dashboards}
        if arn not in known:
            raise ServiceError("ResourceNotFoundException", f"Unknown resource: {arn} is no alarm or dashboard here")
        return dict(self.store.tags.get(arn, {}))


def _change(name, datum):
    """What a MetricDatum does to an aggregate."""
    given = [member for member in ("Value", "Values", "StatisticValues") if datum.get(member) is not None]
    if len(given) != 1:
        raise ServiceError(
            "InvalidParameterCombinationException",
            f"{name} needs exactly one of Value, Values and StatisticValues; it has {', '.join(given) or 'none'}",
        )
    if given == ["StatisticValues"]:
        found = datum["StatisticValues"]
        numbers = [_number(name, found[member]) for member in ("SampleCount", "Sum", "Minimum", "Maximum")]
        return lambda aggregate: aggregate.add_set(*numbers)
    values = [_number(name, each) for each in (datum.get("Values") if given == ["Values"] else [datum["Value"]])]
    counts = [_number(name, each) for each in datum.get("Counts") or [1.0] * len(values)]
    if len(counts) != len(values) or not 1 <= len(values) <= 150:
        raise queries.invalid(f"{name} has {len(values)} Values (of 1 to 150) and {len(counts)} Counts (as many)")

    def change(aggregate):
        for value, times in zip(values, counts, strict=True):
            aggregate.add(value, times)

    return change


def _number(name, value):
    number = float(value)
    if not math.isfinite(number) or abs(number) > 2.0**360:
        raise queries.invalid(f"The value {value} of {name} is not a number that CloudWatch keeps (NaN and infinity are none)")
    return number


def _floor(start, period):
    """Where the first period begins: AWS rounds the start down to a minute, or to the period if it is shorter."""
    step = min(period, 60)
    return start // step * step


def _acts(alarm, prefix):
    actions = alarm["OKActions"] + alarm["AlarmActions"] + alarm["InsufficientDataActions"]
    return not prefix or any(action.startswith(prefix) for action in actions)


def _shown(alarm):
    return {**alarm, **{member: shown_moment(alarm[member]) for member in _MOMENTS if member in alarm}}


def _key(metric):
    namespace, name, dimensions = metric
    return [namespace, name, *(text for pair in dimensions for text in pair)]


def _metric(namespace, name, dimensions):
    return {"Namespace": namespace, "MetricName": name, "Dimensions": [{"Name": each, "Value": value} for each, value in dimensions]}


def _page(body, keys, most, ordered=True):
    return paging.page(body, keys, most=most, ordered=ordered, error="InvalidNextToken")
