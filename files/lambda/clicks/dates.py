"""A moment as people write it, brought into the one form that the table has: `2026-11-21T19:08:09[.123]Z`, UTC.

Taken, because it can mean one moment only:
- ISO 8601 by the calendar, year first: `-` or `/` between the date's parts, `T`, `t` or blanks before the time; without seconds too;
  up to nine decimals after `.` or `,`, all of which are kept
- the zone as `Z`, `UTC`, `GMT` or an offset (`+01:00`, `+0100`, `+01`), blanks before it or not; no zone means UTC
- a dash of any sort, or a minus sign, for a hyphen (word processors put them); blanks around
- seconds since 1970 by ten digits, milliseconds by thirteen (as a browser's clock gives them)
Not taken: a day or a month first (`11/12/2026` is two days), a date without a time, names of months, `24:00`, leap seconds.
"""

import re
from datetime import UTC, datetime, timedelta

from clicks.problem import Problem, shown

#: A pattern of canonical dates that are real ones whatever the year: all but 29 February. For texts and bytes.
SURE = (
    r"(?:19[7-9]|2[01][0-9])[0-9]-"
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9}+)?+Z"
)
FIRST, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_BLANKS = " \t\r\n\u00a0\u2007\u2009\u202f\u3000"
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_PLAIN = _DASHES | dict.fromkeys(map(ord, _BLANKS), " ")
_SURE = re.compile(SURE)
_FORM = re.compile(
    r"(\d{4})([-/])(\d\d)\2(\d\d)(?:[Tt]| +)(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? *(?:([Zz]|UTC|GMT)|([+-])(\d\d)(?::?(\d\d))?)?",
    re.ASCII,
)
_EPOCH = re.compile(r"\d{10}|\d{13}", re.ASCII)
_ADVICE = "it must be a moment such as 2026-11-21T19:08:09Z"


def canonical(name: str, text: str) -> str:
    """`text`, the member `name`, in canonical form; `text` itself where it is in that form.

    Raises:
        Problem: created_at_invalid, created_at_out_of_range (before 1970, or after 2199, in UTC).
    """
    if _SURE.fullmatch(text):
        return text
    plain = text.translate(_PLAIN).strip(" ")
    if _EPOCH.fullmatch(plain):
        moment, fraction = FIRST + timedelta(seconds=int(plain[:10])), plain[10:]
    else:
        moment, fraction = _read(name, text, plain)
    if not FIRST <= moment < END:
        raise Problem("created_at_out_of_range", f"{name} is {shown(text)}; it must be from 1970 to 2199, in UTC")
    made = f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"
    return text if made == text else made


def _read(name: str, text: str, plain: str) -> tuple[datetime, str]:
    """The moment without its decimals, in UTC, and these."""
    form = _FORM.fullmatch(plain)
    if not form:
        raise Problem("created_at_invalid", f"{name} is {shown(text)}; {_ADVICE}")
    year, _, month, day, hour, minute, second, fraction, _, sign, hours, minutes = form.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if offset > timedelta(hours=14) or int(minutes or 0) > 59:
        raise Problem("created_at_invalid", f"{name} is {shown(text)}; no zone is so far from UTC")
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=UTC)
        return local + offset if sign == "-" else local - offset, fraction or ""
    except ValueError as error:
        raise Problem("created_at_invalid", f"{name} is {shown(text)}: {error}; {_ADVICE}") from None
    except OverflowError:  # the offset leads out of what the calendar knows
        raise Problem("created_at_out_of_range", f"{name} is {shown(text)}; it must be from 1970 to 2199, in UTC") from None
