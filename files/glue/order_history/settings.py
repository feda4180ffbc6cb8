"""The job's arguments as values; all that is wrong with them is said at once."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from order_history.places import Place
from order_history.table import RATE_SCALE, RATE_WHOLE_DIGITS

#: Every argument of the job, without the dashes. `days`: the arrival days to read again, or NEW_DAYS.
NAMES = (
    "raw",
    "curated",
    "rejected",
    "audit",
    "database",
    "table",
    "usd_rate",
    "high_value_usd",
    "require_customer",
    "days",
)
NEW_DAYS = "new"
_BOOLEANS = {"true": True, "false": False}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class SettingsError(ValueError):
    """Arguments that cannot be used; the message has a line for each."""


@dataclass(frozen=True)
class Settings:
    """`days`: ISO dates, sorted; empty for those that have new files. `usd_rate`, `high_value_usd`: exact."""

    raw: Place
    curated: Place
    rejected: Place
    audit: Place
    database: str
    table: str
    usd_rate: Decimal
    high_value_usd: Decimal
    require_customer: bool
    days: tuple


def parse(arguments):
    """Settings of {name: text}; SettingsError names every argument that cannot be used."""
    problems = []

    def read(name, reader):
        try:
            return reader(arguments[name].strip())
        except KeyError:
            problems.append(f"--{name} is missing")
        except (ValueError, InvalidOperation) as error:
            problems.append(f"--{name} is {arguments[name]!r}; {error}")
        return None

    readers = {
        **dict.fromkeys(("raw", "curated", "rejected", "audit"), Place.parse),
        **dict.fromkeys(("database", "table"), _name),
        "usd_rate": _rate,
        "high_value_usd": _amount,
        "require_customer": _boolean,
        "days": _days,
    }
    found = {name: read(name, readers[name]) for name in NAMES}
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(**found)


def _name(text):
    if not re.fullmatch(r"[a-z0-9_]{1,255}", text):
        raise ValueError("it must be lower-case letters, digits and _")
    return text


def _decimal(text, whole, scale, wanted):
    if not re.fullmatch(rf"\d{{1,{whole}}}(\.\d{{1,{scale}}})?", text):
        raise ValueError(f"it must be {wanted} of at most {whole} digits before the point and {scale} after it")
    return Decimal(text)


def _rate(text):
    value = _decimal(text, RATE_WHOLE_DIGITS, RATE_SCALE, "a plain number")
    if not value:
        raise ValueError("it must be more than 0")
    return value


def _amount(text):
    return _decimal(text, 20, 12, "a plain number, 0 or more,")


def _boolean(text):
    if text.lower() not in _BOOLEANS:
        raise ValueError("it must be true or false")
    return _BOOLEANS[text.lower()]


def _days(text):
    if text in ("", NEW_DAYS):
        return ()
    days = {day.strip() for day in text.split(",")}
    bad = sorted(day for day in days if not (_DAY.fullmatch(day) and _is_date(day)))
    if bad:
        raise ValueError(f"it must be {NEW_DAYS}, or dates as YYYY-MM-DD with commas between; {bad[0]!r} is none")
    return tuple(sorted(days))


def _is_date(text):
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
