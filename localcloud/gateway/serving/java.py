"""What a template may do with values as Java would: their methods, texts and operators. Pure.

Values are Python's: str, int, float, bool, None, list, dict, and objects with `TEMPLATE_MEMBERS`.
"""

import math
import operator
import re


class Space(dict):
    """A map of which what is not there is an empty text, such as `$context`."""


def text(value):
    """As Java prints it; None is `null` inside of lists and maps."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text(key)}={text(its)}" for key, its in value.items()) + "}"
    if isinstance(value, list | tuple | range):
        return "[" + ", ".join(map(text, value)) + "]"
    return str(value)


def _double(value):
    if math.isnan(value) or math.isinf(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value) if "." in repr(value) else f"{value:.1f}"
    digits, _, exponent = f"{value!r}".partition("e") if "e" in repr(value) else f"{value:.17e}".partition("e")
    if "e" not in repr(value):  # the shortest digits, in the other notation
        shortest = repr(value).replace("-", "").replace(".", "").strip("0") or "0"
        digits = ("-" if value < 0 else "") + shortest[0] + "." + (shortest[1:] or "0")
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def member(value, name, parameters):
    """`$value.name` (`parameters` None) or `$value.name(parameters)`; None where there is none."""
    allowed = getattr(type(value), "TEMPLATE_MEMBERS", None)
    if allowed is not None:
        if name not in allowed:
            return None
        found = getattr(value, name)
        return found(*parameters) if parameters is not None and callable(found) else found
    if parameters is None:
        if isinstance(value, Space):
            return value.get(name, "")
        if isinstance(value, dict):
            return value.get(name)
        if value == "":  # what a Space has not has nothing below it
            return ""
        parameters = ()
        getter = "get" + name[:1].upper() + name[1:]
        name = getter if getter in _OBJECT else {"empty": "isEmpty"}.get(name, "")
    for kind, methods in _METHODS:
        if isinstance(value, kind) and name in methods:
            return methods[name](value, *parameters)
    return _OBJECT[name](value, *parameters) if name in _OBJECT and value is not None else None


def item(value, index):
    """`$value[index]`; None where there is none."""
    if isinstance(value, dict):
        return value.get(index)
    if isinstance(value, list | tuple | range) and isinstance(index, int) and -1 < index < len(value):
        return value[index]
    if isinstance(value, list | tuple | range) and not isinstance(index, int):
        raise TypeError(f"{index!r} is no index of a list")
    return None


def items(value):
    """What `#foreach` goes through."""
    if value is None:
        return ()
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple | range):
        return value
    return ()  # Velocity passes over what has no items


# -- methods


def pattern(expression):
    """A regular expression of Java as one of Python."""
    return re.compile(re.sub(r"\\p\{Alnum\}", "[A-Za-z0-9]", expression), re.ASCII)


def _replacement(given):
    """Java's `$1` and `\\x` in a replacement, as a function for `re.sub`."""
    parts = re.findall(r"\\(.)|\$(\d)|([^\\$]+|[\\$])", given, re.S)
    return lambda found: "".join(found[int(group)] or "" if group else escaped or plain for escaped, group, plain in parts)


def _substring(value, start, end=None):
    end = len(value) if end is None else end
    if not 0 <= start <= end <= len(value):
        raise IndexError(f"begin {start}, end {end}, length {len(value)}")
    return value[start:end]


def _split(value, expression, limit=0):
    # Java drops what is empty at the end, unless a limit says otherwise.
    found = pattern(expression).split(value, maxsplit=max(limit - 1, 0))
    while limit == 0 and len(found) > 1 and not found[-1]:
        found.pop()
    return found


def _put(value, key, its):
    before = value.get(key)
    value[key] = its
    return before


def _set(value, index, its):
    before, value[index] = value[index], its
    return before


def _add(value, *given):
    value.insert(given[0], given[1]) if len(given) == 2 else value.append(given[0])
    return True


def _get(value, index):
    if not 0 <= index < len(value):
        raise IndexError(f"Index: {index}, Size: {len(value)}")
    return value[index]


def _remove(value, given):
    if isinstance(given, int) and not isinstance(given, bool):
        return value.pop(given)
    if given in value:
        value.remove(given)
        return True
    return False


class Entry:
    """An entry of a map."""

    TEMPLATE_MEMBERS = frozenset({"key", "value", "getKey", "getValue"})

    def __init__(self, key, value):
        self.key, self.value = key, value

    def getKey(self):
        return self.key

    def getValue(self):
        return self.value

    def __str__(self):
        return f"{text(self.key)}={text(self.value)}"


_STRING = {
    "length": len,
    "isEmpty": lambda value: not value,
    "isBlank": lambda value: not value.strip(),
    "substring": _substring,
    "charAt": lambda value, index: _get(value, index),
    "indexOf": lambda value, part, start=0: value.find(part, start),
    "lastIndexOf": lambda value, part: value.rfind(part),
    "startsWith": lambda value, part, start=0: value.startswith(part, start),
    "endsWith": lambda value, part: value.endswith(part),
    "contains": lambda value, part: part in value,
    "replace": lambda value, old, new: value.replace(old, new),
    "replaceAll": lambda value, old, new: pattern(old).sub(_replacement(new), value),
    "replaceFirst": lambda value, old, new: pattern(old).sub(_replacement(new), value, count=1),
    "matches": lambda value, expression: pattern(expression).fullmatch(value) is not None,
    "split": _split,
    "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "trim": lambda value: value.strip("".join(map(chr, range(33)))),
    "strip": str.strip,
    "concat": lambda value, other: value + other,
    "equalsIgnoreCase": lambda value, other: isinstance(other, str) and value.lower() == other.lower(),
    "compareTo": lambda value, other: (value > other) - (value < other),
    "repeat": lambda value, times: value * times,
}
_LIST = {
    "size": len,
    "isEmpty": lambda value: not value,
    "get": _get,
    "contains": lambda value, its: its in value,
    "containsAll": lambda value, others: all(each in value for each in others),
    "indexOf": lambda value, its: value.index(its) if its in value else -1,
    "add": _add,
    "addAll": lambda value, others: value.extend(others) or bool(others),
    "set": _set,
    "remove": _remove,
    "clear": lambda value: value.clear(),
    "subList": lambda value, start, end: value[start:end],
}
_MAP = {
    "size": len,
    "isEmpty": lambda value: not value,
    "get": lambda value, key: value.get(key),
    "getOrDefault": lambda value, key, other: value.get(key, other),
    "containsKey": lambda value, key: key in value,
    "containsValue": lambda value, its: its in value.values(),
    "keySet": lambda value: list(value),
    "values": lambda value: list(value.values()),
    "entrySet": lambda value: [Entry(*each) for each in value.items()],
    "put": _put,
    "putAll": lambda value, others: value.update(others),
    "remove": lambda value, key: value.pop(key, None),
    "clear": lambda value: value.clear(),
}
_NUMBER = {
    "intValue": int,
    "longValue": int,
    "doubleValue": float,
    "floatValue": float,
    "parseInt": lambda _, given: int(given),
    "valueOf": lambda _, given: int(given),
    "parseDouble": lambda _, given: float(given),
    "compareTo": lambda value, other: (value > other) - (value < other),
}
_METHODS = ((str, _STRING), (dict, _MAP), (list | tuple | range, _LIST), (int | float, _NUMBER))
_OBJECT = {"toString": text, "equals": lambda value, other: type(value) is type(other) and value == other}


# -- operators


def _ordered(compare):
    """Java compares numbers with numbers; with anything else, null above all, Velocity says no."""

    def compared(one, other):
        numbers = isinstance(one, int | float) and isinstance(other, int | float)
        return compare(one, other) if numbers or (isinstance(one, str) and isinstance(other, str)) else False

    return compared


def equal(one, other):
    """`==`: of values of different kinds the texts are compared."""
    if one is None or other is None:
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float) and isinstance(one, bool) == isinstance(other, bool):
        return one == other
    return one == other if type(one) is type(other) else text(one) == text(other)


def plus(one, other):
    if isinstance(one, str) or isinstance(other, str):
        return text(one) + text(other)
    return _computed(operator.add)(one, other)


def _computed(compute):
    """null where one side is no number."""
    return lambda one, other: compute(one, other) if isinstance(one, int | float) and isinstance(other, int | float) else None


def divided(one, other):
    if other == 0:
        return None
    if isinstance(one, int) and isinstance(other, int):
        return int(one / other) if abs(one) < 2**53 else (abs(one) // abs(other)) * (1 if (one < 0) == (other < 0) else -1)
    return one / other


def remainder(one, other):
    """With the sign of the first, as Java has it."""
    if other == 0:
        return None
    found = math.fmod(one, other)
    return int(found) if isinstance(one, int) and isinstance(other, int) else found


OPERATORS = {
    **{sign: _ordered(compare) for sign, compare in ((">", operator.gt), ("gt", operator.gt), (">=", operator.ge), ("ge", operator.ge))},
    **{sign: _ordered(compare) for sign, compare in (("<", operator.lt), ("lt", operator.lt), ("<=", operator.le), ("le", operator.le))},
    **dict.fromkeys(("==", "eq"), equal),
    **dict.fromkeys(("!=", "ne"), lambda one, other: not equal(one, other)),
    "+": plus,
    "-": _computed(operator.sub),
    "*": _computed(operator.mul),
    "/": _computed(divided),
    "%": _computed(remainder),
}
