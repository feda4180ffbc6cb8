"""Metric math: an expression over series of values, as dashboards and alarms use it; pure.

A series is {time: value}; a number stands for itself at each time. What is not known here is refused by name.
"""

import ast
import math
import operator
import re
import statistics

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else None,
    ast.Pow: operator.pow,
}
_COMPARE = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_EACH = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor, "LOG": math.log, "LOG10": math.log10}
_ACROSS = {"AVG": statistics.fmean, "MAX": max, "MIN": min, "SUM": sum, "STDDEV": statistics.pstdev}
FUNCTIONS = (*_EACH, *_ACROSS, "FILL", "IF", "METRICS", "PERIOD", "RATE", "DIFF", "RUNNING_SUM", "TIME_SERIES", "METRIC_COUNT")


class ExpressionError(ValueError):
    """What is wrong with an expression."""


def parsed(text):
    """The expression's tree; ExpressionError if it is none, or uses what is not known here."""
    if re.match(r"\s*SELECT\b", text, re.I) or re.search(r"\b(SEARCH|ANOMALY_DETECTION_BAND|INSIGHT_RULE_METRIC)\s*\(", text):
        raise ExpressionError(f"{text!r}: searches, Metrics Insights and anomaly detection are not in the local cloud; name each metric")
    plain = re.sub(r"\bAND\b|&&", " and ", re.sub(r"\bOR\b|\|\|", " or ", text)).replace("^", "**").strip()
    try:
        tree = ast.parse(plain, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"{text!r} is no metric math expression: {error.msg}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
            raise ExpressionError(f"{text!r}: the local cloud knows the functions {', '.join(sorted(FUNCTIONS))}")
    return tree


def names(text):
    """The ids that an expression uses; METRICS() stands for all, told by `*`."""
    tree = parsed(text)
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in called}
    return found | ({"*"} if any(isinstance(node, ast.Call) and node.func.id == "METRICS" for node in ast.walk(tree)) else set())


def evaluate(text, series, times, periods, metrics):
    """The series that an expression gives.

    `series`: {id: {time: value}}; `times`: all that are asked about, in order; `periods`: {id: seconds}; `metrics`: ids of
    the plain metrics, for METRICS().
    """
    return _Evaluation(series, times, periods, metrics, text).series_of(parsed(text))


class _Evaluation:
    def __init__(self, series, times, periods, metrics, text):
        self.series, self.times, self.periods, self.metrics, self.text = series, times, periods, metrics, text

    def series_of(self, node):
        """A {time: value}, whatever the node gives."""
        found = self.value(node)
        if isinstance(found, list):
            if len(found) != 1:
                raise ExpressionError(f"{self.text!r} gives {len(found)} time series, and one is wanted")
            found = found[0]
        return found if isinstance(found, dict) else {time: float(found) for time in self.times}

    def value(self, node):
        """A number, a series, or a list of series."""
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name):
                if name not in self.series:
                    raise ExpressionError(f"{self.text!r}: there is no metric or expression with the id {name!r}")
                return self.series[name]
            case ast.List(elts=items):
                return [self.series_of(item) for item in items]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self._both(lambda a, b: a - b, 0.0, self.value(inner))
            case ast.BinOp(op=sign, left=left, right=right) if type(sign) in _BINARY:
                return self._both(_BINARY[type(sign)], self.value(left), self.value(right))
            case ast.Compare(ops=[sign], left=left, comparators=[right]) if type(sign) in _COMPARE:
                compare = _COMPARE[type(sign)]
                return self._both(lambda a, b: float(compare(a, b)), self.value(left), self.value(right))
            case ast.BoolOp(op=sign, values=[first, *rest]):
                found = self.value(first)
                for each in rest:
                    holds = (lambda a, b: float(bool(a and b))) if isinstance(sign, ast.And) else (lambda a, b: float(bool(a or b)))
                    found = self._both(holds, found, self.value(each))
                return found
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, arguments)
        raise ExpressionError(f"{self.text!r}: {ast.unparse(node)!r} is not known to the local cloud's metric math")

    def _both(self, do, left, right):
        """An operator on numbers and series; lists item by item. Where one side has no data there is no result."""
        if isinstance(left, list):
            return [self._both(do, each, right) for each in left]
        if isinstance(right, list):
            return [self._both(do, left, each) for each in right]
        if not isinstance(left, dict) and not isinstance(right, dict):
            return do(left, right)
        sides = [each for each in (left, right) if isinstance(each, dict)]
        pairs = {time: do(_at(left, time), _at(right, time)) for time in set(sides[0]).intersection(*sides[1:])}
        return {time: value for time, value in pairs.items() if value is not None}

    def _call(self, name, arguments):
        if name == "METRICS":
            return [self.series[each] for each in self.metrics]
        if name == "PERIOD":
            return float(self.periods[arguments[0].id])
        values = [self.value(each) for each in arguments if not (name == "FILL" and each is arguments[-1])]
        if name == "METRIC_COUNT":
            return float(len(values[0]))
        if name == "TIME_SERIES":
            return dict.fromkeys(self.times, values[0])
        if name in _EACH:
            return self._mapped(lambda series: {time: float(_EACH[name](value)) for time, value in series.items()}, values[0])
        if name in _ACROSS:
            return self._across(_ACROSS[name], values[0])
        if name == "FILL":
            return self._mapped(lambda series: self._filled(series, arguments[1]), values[0])
        if name == "IF":
            return self._choice(*values)
        return self._mapped(lambda series: _steps(name, series), values[0])

    def _mapped(self, do, value):
        if isinstance(value, list):
            return [do(each) for each in value]
        return do(value if isinstance(value, dict) else dict.fromkeys(self.times, value))

    def _across(self, do, value):
        """Of several series a series, time by time; of one series a number."""
        if not isinstance(value, list):
            return float(do(list(value.values()))) if value else {}
        times = sorted({time for each in value for time in each})
        return {time: float(do([each[time] for each in value if time in each])) for time in times}

    def _filled(self, series, how):
        if isinstance(how, ast.Name) and how.id == "REPEAT":
            filled, last = {}, None
            for time in self.times:
                last = series.get(time, last)
                if last is not None:
                    filled[time] = last
            return filled
        if isinstance(how, ast.Name) and how.id == "LINEAR":
            raise ExpressionError(f"{self.text!r}: FILL takes a number, a metric or REPEAT here, not LINEAR")
        other = self.value(how)
        filler = other if isinstance(other, dict) else dict.fromkeys(self.times, other)
        return {time: series.get(time, filler.get(time)) for time in self.times if time in series or time in filler}

    def _choice(self, condition, then, otherwise=None):
        if not isinstance(condition, dict):
            condition = dict.fromkeys(self.times, condition)
        chosen = {time: _at(then, time) if holds else _at(otherwise, time) for time, holds in condition.items()}
        return {time: value for time, value in chosen.items() if value is not None}


def _at(value, time):
    """A number, or what a series has at a time."""
    return value.get(time) if isinstance(value, dict) else value


def _steps(name, series):
    """RATE: change a second; DIFF: change; RUNNING_SUM: sum so far."""
    found, before, total = {}, None, 0.0
    for time in sorted(series):
        value, total = series[time], total + series[time]
        if name == "RUNNING_SUM":
            found[time] = total
        elif before is not None:
            change = value - series[before]
            found[time] = change / (time - before) if name == "RATE" else change
        before = time
    return found
