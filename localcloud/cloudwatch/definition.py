"""What a PutMetricAlarm may say, and the record that comes of it; pure."""

import re

from localcloud.cloudwatch import alarms, queries
from localcloud.engine import ServiceError

#: Members that are kept as they were given.
_KEPT = [
    "AlarmName",
    "AlarmDescription",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
]
_ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_ABSENT = ("ThresholdMetricId", "EvaluationWindow", "WarmUpConfiguration", "EvaluationCriteria", "EvaluationInterval")
_ACTION = re.compile(r"arn:aws[a-z-]*:(sns|lambda):[a-z0-9-]+:\d{12}:.+")
_DAY = 86400


def refused(message):
    return ServiceError("ValidationException", message)


def record(body):
    """The members of an alarm, checked, with AWS's defaults; ServiceError ValidationException names what is wrong."""
    name = body.get("AlarmName") or ""
    if not 1 <= len(name) <= 255:
        raise refused(f"AlarmName has {len(name)} characters, of 1 to 255")
    for member in _ABSENT:
        if body.get(member) is not None:
            raise refused(f"{member} is not in the local cloud: alarms have one metric or expression, and a threshold of their own")
    made = {member: body[member] for member in _KEPT if body.get(member) is not None}
    made |= {member: list(dict.fromkeys(body.get(member) or ())) for member in _ACTIONS}
    made["ActionsEnabled"] = body.get("ActionsEnabled", True)
    _check_threshold(made)
    if made.get("Metrics"):
        _check_metrics(made)
    else:
        made.pop("Metrics", None)
        _check_metric(made)
        made.setdefault("Dimensions", [])
    _check_actions(made)
    return made


def _check_threshold(made):
    if made.get("ComparisonOperator") not in alarms.COMPARISONS:
        raise refused(f"ComparisonOperator is {made.get('ComparisonOperator')!r}: one of {', '.join(alarms.COMPARISONS)}")
    if made.get("Threshold") is None:
        raise refused("Threshold must be given")
    periods = made.get("EvaluationPeriods") or 0
    if periods < 1:
        raise refused(f"EvaluationPeriods is {periods}: at least 1")
    if not 1 <= made.get("DatapointsToAlarm", periods) <= periods:
        raise refused(f"DatapointsToAlarm is {made['DatapointsToAlarm']}: from 1 to EvaluationPeriods, which is {periods}")
    if made.get("TreatMissingData", "missing") not in alarms.TREATMENTS:
        raise refused(f"TreatMissingData is {made['TreatMissingData']!r}: one of {', '.join(alarms.TREATMENTS)}")
    if made.get("EvaluateLowSampleCountPercentile", "evaluate") not in ("evaluate", "ignore"):
        raise refused(f"EvaluateLowSampleCountPercentile is {made['EvaluateLowSampleCountPercentile']!r}: evaluate or ignore")


def _check_metric(made):
    for member in ("MetricName", "Namespace", "Period"):
        if not made.get(member):
            raise refused(f"{member} must be given, or Metrics")
    if ("Statistic" in made) == ("ExtendedStatistic" in made):
        raise refused("Exactly one of Statistic and ExtendedStatistic must be given")
    _check_period(made["Period"], made["EvaluationPeriods"])
    if "ExtendedStatistic" in made:
        queries.check_statistic(made["ExtendedStatistic"])


def _check_metrics(made):
    for member in ("MetricName", "Namespace", "Period", "Statistic", "ExtendedStatistic", "Dimensions", "Unit"):
        if made.get(member):
            raise refused(f"{member} goes with one metric, not with Metrics")
    found = queries.check(made["Metrics"])
    shown = [identity for identity, query in found.items() if query.get("ReturnData", True)]
    if len(shown) != 1:
        raise refused(f"Exactly one of Metrics must have ReturnData true; these have: {', '.join(shown) or 'none'}")
    _check_period(period(made), made["EvaluationPeriods"])


def period(made):
    """Seconds of an alarm's data points."""
    if "Metrics" not in made:
        return made["Period"]
    given = {query["MetricStat"]["Period"] for query in made["Metrics"] if "MetricStat" in query}
    given = given or {query.get("Period", 60) for query in made["Metrics"]}
    if len(given) != 1:
        raise refused(f"All Metrics of an alarm have the same period; these have {sorted(given)}")
    return given.pop()


def _check_period(seconds, periods):
    if seconds not in (10, 20, 30) and (seconds < 60 or seconds % 60):
        raise refused(f"Period is {seconds}: 10, 20, 30 or a multiple of 60 seconds")
    longest = 7 * _DAY if seconds >= 3600 else _DAY
    if seconds * periods > longest:
        raise refused(f"Period × EvaluationPeriods is {seconds * periods} seconds: at most {longest}")


def _check_actions(made):
    for member in _ACTIONS:
        if len(made[member]) > 5:
            raise refused(f"{member} has {len(made[member])} entries, of at most 5")
        for action in made[member]:
            if not _ACTION.fullmatch(action):
                raise refused(f"Invalid arn syntax: {action} ({member}). The local cloud's alarms act on SNS topics and Lambda functions.")


def queries_of(made):
    """(checked queries, the id that is compared) of an alarm."""
    if "Metrics" in made:
        found = {query["Id"]: query for query in made["Metrics"]}
        return found, next(identity for identity, query in found.items() if query.get("ReturnData", True))
    metric = {member: made[member] for member in ("Namespace", "MetricName", "Dimensions")}
    stat = {"Metric": metric, "Period": made["Period"], "Stat": made.get("Statistic") or made["ExtendedStatistic"]}
    if made.get("Unit"):
        stat["Unit"] = made["Unit"]
    return {"m": {"Id": "m", "MetricStat": stat}}, "m"


def rule(made):
    """The alarms.Rule of an alarm."""
    periods = made["EvaluationPeriods"]
    missing = made.get("TreatMissingData", "missing")
    return alarms.Rule(made["ComparisonOperator"], float(made["Threshold"]), periods, made.get("DatapointsToAlarm", periods), missing)
