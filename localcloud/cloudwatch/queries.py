"""Data points: of a metric's statistic, and of expressions over such, for GetMetricData and alarms alike."""

from localcloud.cloudwatch import expressions, statistics
from localcloud.engine import ServiceError

#: Period of metrics below a minute: 1, 5, 10, 20 and 30 seconds.
SHORT = (1, 5, 10, 20, 30)


def series_of(region, metric):
    """The series of a Metric or of anything with Namespace, MetricName and Dimensions."""
    dimensions = tuple(sorted((each["Name"], each["Value"]) for each in metric.get("Dimensions") or ()))
    return region, metric["Namespace"], metric["MetricName"], dimensions


def check_period(period, what="Period"):
    if not isinstance(period, int) or (period not in SHORT and (period < 60 or period % 60)):
        raise invalid(f"{what} is {period!r}: 1, 5, 10, 20, 30 or a multiple of 60 seconds")


def check_statistic(name):
    if not statistics.is_known(name):
        raise invalid(
            f"The statistic {name!r} is not known: {', '.join(statistics.SIMPLE)}, p0 to p100, tmNN, wmNN, tcNN, tsNN or IQM. "
            "Ranges such as TM(10%:90%) and percentile ranks are not in the local cloud."
        )


def invalid(message):
    return ServiceError("InvalidParameterValueException", message)


def check(queries):
    """Refuse MetricDataQueries that cannot be answered; returns {id: query} in the given order."""
    found = {}
    for query in queries or ():
        identity = query.get("Id", "")
        if identity in found:
            raise invalid(f"The id {identity!r} is used twice")
        if ("MetricStat" in query) == ("Expression" in query):
            raise invalid(f"The query {identity!r} needs either MetricStat or Expression")
        if "MetricStat" in query:
            check_period(query["MetricStat"].get("Period"), f"Period of {identity}")
            check_statistic(query["MetricStat"].get("Stat", ""))
        found[identity] = query
    for identity, query in found.items():
        if "Expression" in query:
            try:
                unknown = expressions.names(query["Expression"]) - set(found) - {"*", "REPEAT", "LINEAR"}
            except expressions.ExpressionError as error:
                raise invalid(str(error)) from error
            if unknown:
                raise invalid(f"The expression {identity!r} uses {sorted(unknown)[0]!r}, and no query has that id")
    return found


def values(metrics, region, queries, start, end):
    """{id: {start of the period: value}} of checked queries, within [start, end) in epoch seconds."""
    found, periods = {}, {}
    plain = [identity for identity, query in queries.items() if "MetricStat" in query]
    for identity in plain:
        stat = queries[identity]["MetricStat"]
        periods[identity] = stat["Period"]
        points = metrics.points(series_of(region, stat["Metric"]), start, end, stat["Period"], stat.get("Unit"))
        found[identity] = {time: value for time, each in sorted(points.items()) if (value := each.statistic(stat["Stat"])) is not None}
    waiting = [identity for identity in queries if identity not in found]
    step = min(periods.values(), default=next((query["Period"] for query in queries.values() if query.get("Period")), 60))
    times = list(range(int(start), int(end), step))
    while waiting:
        ready = [each for each in waiting if not (expressions.names(queries[each]["Expression"]) & set(waiting))]
        if not ready:
            raise invalid(f"The expressions {', '.join(waiting)} use each other in a circle")
        for identity in ready:
            try:
                made = expressions.evaluate(queries[identity]["Expression"], found, times, periods, plain)
            except expressions.ExpressionError as error:
                raise invalid(str(error)) from error
            found[identity] = dict(sorted(made.items()))
            periods[identity] = step
            waiting.remove(identity)
    return found
