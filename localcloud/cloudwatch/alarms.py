"""When an alarm goes to which state; pure: data points in, state out.

The rules are those of CloudWatch's documentation: "How CloudWatch evaluates alarms" and "Configuring how CloudWatch
alarms treat missing data", whose tables are test cases.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
#: Periods that are looked at beyond EvaluationPeriods: the documentation's examples look at 5 of 3.
FURTHER_PERIODS = 2
TREATMENTS = ("missing", "breaching", "notBreaching", "ignore")

_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": (lambda value, threshold: value >= threshold, "greater than or equal to"),
    "GreaterThanThreshold": (lambda value, threshold: value > threshold, "greater than"),
    "LessThanThreshold": (lambda value, threshold: value < threshold, "less than"),
    "LessThanOrEqualToThreshold": (lambda value, threshold: value <= threshold, "less than or equal to"),
}
COMPARISONS = tuple(_COMPARISONS)


@dataclass(frozen=True)
class Rule:
    """The part of an alarm that decides. `needed`: DatapointsToAlarm (M), of `periods`: EvaluationPeriods (N)."""

    comparison: str
    threshold: float
    periods: int
    needed: int
    missing: str = "missing"

    @property
    def range(self):
        """How many periods are looked at."""
        return self.periods + FURTHER_PERIODS

    def breaches(self, value):
        return _COMPARISONS[self.comparison][0](value, self.threshold)


def state(rule, points, current):
    """The state after `points`, the evaluation range, oldest first, None where there is no data; `current`: the state before."""
    known = [value for value in points if value is not None]
    if not known:
        return {"breaching": ALARM, "notBreaching": OK, "ignore": current}.get(rule.missing, INSUFFICIENT_DATA)
    if len(known) >= rule.periods:
        # Enough real data: what is missing does not matter, older points stand in for it.
        return ALARM if _breaching(rule, known[-rule.periods :]) >= rule.needed else OK
    breaching = _breaching(rule, known)
    if rule.missing == "breaching":
        return ALARM if breaching + rule.periods - len(known) >= rule.needed else OK
    if rule.missing == "notBreaching" or breaching >= rule.needed or breaching < len(known):
        return ALARM if breaching >= rule.needed else OK
    # All that is known breaches, but it is less than what the alarm asks for.
    if rule.missing == "missing" and _age_of_oldest(points) >= rule.needed:
        return ALARM
    return current


def _breaching(rule, values):
    return sum(rule.breaches(value) for value in values)


def _age_of_oldest(points):
    """The place, from the newest on, of the oldest point with data; the newest is 1."""
    return next(len(points) - at for at, value in enumerate(points) if value is not None)


def reason(rule, points, times, new, old):
    """AWS's sentence for a change. `times`: the periods' starts, in epoch seconds."""
    known = [(value, time) for value, time in zip(points, times, strict=True) if value is not None][-rule.periods :]
    if new == INSUFFICIENT_DATA:
        number = rule.periods
        return f"Insufficient Data: {number} datapoint{'s were' if number > 1 else ' was'} unknown."
    if not known:
        treated = "Breaching" if rule.missing == "breaching" else "NonBreaching"
        many = f"{rule.periods} period{'s' if rule.periods > 1 else ''}"
        return (
            f"Threshold Crossed: no datapoints were received for {many} and {rule.periods} missing "
            f"datapoint{'s were' if rule.periods > 1 else ' was'} treated as [{treated}]."
        )
    chosen = [each for each in known if rule.breaches(each[0])] if new == ALARM else [each for each in known if not rule.breaches(each[0])]
    chosen = chosen or known
    shown = ", ".join(f"{value!r} ({datetime.fromtimestamp(time, UTC):%d/%m/%y %H:%M:%S})" for value, time in reversed(chosen))
    words = _COMPARISONS[rule.comparison][1]
    needed = rule.needed if new == ALARM else rule.periods - rule.needed + 1
    was = "was" if len(chosen) == 1 else "were"
    opposite = "" if new == ALARM else "not "
    return (
        f"Threshold Crossed: {len(chosen)} out of the last {rule.periods} datapoints [{shown}] {was} {opposite}{words} the threshold "
        f"({rule.threshold!r}) (minimum {needed} datapoint{'s' if needed > 1 else ''} for {old} -> {new} transition)."
    )
