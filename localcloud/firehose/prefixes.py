"""Expressions in the prefixes of objects, and the objects' names, as Firehose's guide has them ("custom prefixes"). Pure."""

import random
import re
import string
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_TIME = "!{timestamp:yyyy/MM/dd/HH/}"
_EXPRESSION = re.compile(r"!\{([^}]*)\}")
_RANDOM = 11
#: Characters that a prefix may come to.
MOST = 512


class PrefixError(ValueError):
    """A prefix that Firehose refuses; the text says why."""


@dataclass(frozen=True)
class Moment:
    """What expressions are evaluated with. `arrival`: ms of the oldest record. `zone`: a time zone's name. `seed`: makes the random
    strings of an object the same at each attempt. `error`: the error output type, empty for what is well."""

    arrival: int
    zone: str = ""
    seed: str = ""
    error: str = ""


def check(prefix, error_prefix):
    """PrefixError unless the pair of prefixes is one that Firehose takes."""
    for text, is_error in ((prefix, False), (error_prefix, True)):
        for namespace, value in _expressions(text):
            _check_expression(text, namespace, value, is_error)
        if "!{" in _EXPRESSION.sub("", text):
            raise PrefixError(f"the sequence !{{ can only appear in !{{namespace:value}} expressions; the prefix is {text!r}")
    if _expressions(prefix) and not error_prefix:
        raise PrefixError("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
    if _expressions(error_prefix) and ("firehose", "error-output-type") not in _expressions(error_prefix):
        raise PrefixError(
            "ErrorOutputPrefix must contain at least one instance of !{firehose:error-output-type} when it contains expressions; "
            f"it is {error_prefix!r}"
        )
    for error in ("", "format-conversion-failed"):
        evaluate(whole(prefix, error_prefix, error), Moment(0, error=error))


def check_zone(name):
    """PrefixError unless the time zone is known; empty is UTC."""
    try:
        ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise PrefixError(f"CustomTimeZone {name!r} is no time zone; give one such as Asia/Tokyo, or leave it out for UTC") from error


def object_key(stream, version, prefix, extension, moment):
    """The key of an object: prefix, then `<stream>-<version>-<time>-<uuid><extension>`; `moment.seed` is the UUID."""
    when = f"{_local(moment):%Y-%m-%d-%H-%M-%S}"
    return f"{evaluate(prefix, moment)}{stream}-{version}-{when}-{moment.seed}{extension}"


def whole(prefix, error_prefix, error):
    """The prefix whose expressions are all that there is: with the time, and the error's type, that Firehose adds by itself."""
    if not error:
        has_time = any(namespace == "timestamp" for namespace, _ in _expressions(prefix))
        return prefix if has_time else prefix + DEFAULT_TIME
    if _expressions(error_prefix):
        return error_prefix
    return (error_prefix or prefix) + "!{firehose:error-output-type}/" + DEFAULT_TIME


def evaluate(prefix, moment):
    """The prefix with every expression replaced; PrefixError if it comes to more than 512 characters."""
    dice = random.Random(moment.seed)  # noqa: S311 - spreads keys, guards nothing

    def value(found):
        namespace, _, name = found[1].partition(":")
        if namespace == "timestamp":
            return java_time(name, _local(moment))
        if name == "random-string":
            return "".join(dice.choice(string.ascii_letters + string.digits) for _ in range(_RANDOM))
        return moment.error

    made = _EXPRESSION.sub(value, prefix)
    if len(made) > MOST:
        raise PrefixError(f"the prefix comes to {len(made)} characters, Firehose takes {MOST}: {made[:80]}…")
    return made


def _expressions(text):
    """[(namespace, value)] of a prefix."""
    return [tuple(found.partition(":")[::2]) for found in _EXPRESSION.findall(text)]


def _check_expression(text, namespace, value, is_error):
    if namespace == "timestamp":
        java_time(value, datetime(2018, 8, 27, 10, 30, tzinfo=UTC))
    elif namespace in ("partitionKeyFromQuery", "partitionKeyFromLambda"):
        raise PrefixError(f"!{{{namespace}:…}} needs dynamic partitioning, which is not in the local cloud; the prefix is {text!r}")
    elif namespace != "firehose" or value not in ("random-string", "error-output-type"):
        raise PrefixError(
            f"!{{{namespace}:{value}}} is no expression; there are !{{timestamp:…}}, !{{firehose:random-string}} and "
            f"!{{firehose:error-output-type}}; the prefix is {text!r}"
        )
    elif value == "error-output-type" and not is_error:
        raise PrefixError(f"Prefix can't contain !{{firehose:error-output-type}}; it is {text!r}")


def _local(moment):
    return datetime.fromtimestamp(moment.arrival / 1000, ZoneInfo(moment.zone or "UTC"))


# -- Java's DateTimeFormatter

_LETTERS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])")


def java_time(pattern, when):
    """`when` by a pattern of Java's DateTimeFormatter, as much of it as a prefix needs; PrefixError for the rest."""
    made, at = [], 0
    for found in _LETTERS.finditer(pattern):
        if found.start() != at:
            break
        at = found.end()
        if found[2]:
            made.append(_field(found[2], len(found[0]), when, pattern))
        else:
            made.append(found[3] or ("'" if found[0] == "''" else found[1].replace("''", "'")))
    if at != len(pattern):
        raise PrefixError(f"the timestamp pattern {pattern!r} has a single quote that is not closed")
    if not pattern:
        raise PrefixError("a timestamp expression is empty; write one such as !{timestamp:yyyy/MM/dd}")
    return "".join(made)


def _year(when, width):
    return f"{when.year % 100:02d}" if width == 2 else f"{when.year:0{width}d}"


def _month(when, width):
    return f"{when.month:0{width}d}" if width <= 2 else f"{when:%b}" if width == 3 else f"{when:%B}" if width == 4 else f"{when:%B}"[:1]


def _weekday(when, width):
    return f"{when:%a}" if width <= 3 else f"{when:%A}" if width == 4 else f"{when:%A}"[:1]


def _padded(number):
    """A field that is padded to the letters' number, which may be `most`."""
    return lambda when, width: f"{number(when):0{width}d}"


def _offset(when, width):
    return {4: f"GMT{when:%:z}", 5: f"{when:%:z}"}.get(width, f"{when:%z}")


def _offset_x(when, width):
    text = f"{when:%z}"
    return {1: text if text[3:] != "00" else text[:3], 3: f"{when:%:z}"}.get(width, text)


#: letter: (most letters, how it is written)
_FIELDS = {
    "y": (9, _year),
    "u": (9, _year),
    "M": (5, _month),
    "L": (5, _month),
    "d": (2, _padded(lambda when: when.day)),
    "D": (3, _padded(lambda when: when.timetuple().tm_yday)),
    "H": (2, _padded(lambda when: when.hour)),
    "k": (2, _padded(lambda when: when.hour or 24)),
    "K": (2, _padded(lambda when: when.hour % 12)),
    "h": (2, _padded(lambda when: when.hour % 12 or 12)),
    "m": (2, _padded(lambda when: when.minute)),
    "s": (2, _padded(lambda when: when.second)),
    "S": (9, lambda when, width: f"{when.microsecond * 1000:09d}"[:width]),
    "n": (19, _padded(lambda when: when.microsecond * 1000)),
    "a": (1, lambda when, _: f"{when:%p}"),
    "E": (5, _weekday),
    "z": (3, lambda when, _: when.tzname()),
    "V": (2, lambda when, _: "Z" if str(when.tzinfo) == "UTC" else str(when.tzinfo)),
    "Z": (5, _offset),
    "x": (3, _offset_x),
    "X": (3, lambda when, width: "Z" if not when.utcoffset() else _offset_x(when, width)),
}


def _field(letter, width, when, pattern):
    if letter not in _FIELDS:
        hint = "; the year is yyyy" if letter == "Y" else ""
        raise PrefixError(f"the letter {letter} in the timestamp pattern {pattern!r} is not in the local cloud{hint}")
    most, write = _FIELDS[letter]
    if width > most:
        raise PrefixError(f"Too many pattern letters: {letter} in the timestamp pattern {pattern!r}")
    return write(when, width)
