"""Java's date patterns (java.time's DateTimeFormatter), as far as partitions are named by them.

Letters: y u (year), M (month; MMM and MMMM by English name), d, H, m, s, S (fraction); 'quoted' text; anything that is no
letter stands for itself. Another letter raises NOT_SUPPORTED, since a guess would look into wrong folders.
"""

import re
from datetime import UTC, datetime

from localcloud.athena.errors import not_supported

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
#: letter → (field of a datetime, its place from coarse to fine)
_FIELDS = {"y": ("year", 0), "u": ("year", 0), "M": ("month", 1), "d": ("day", 2)}
_FIELDS |= {"H": ("hour", 3), "m": ("minute", 4), "s": ("second", 5), "S": ("microsecond", 6)}


class DateFormat:
    """One pattern. `fields`: the datetime's fields that it shows, in order of the pattern; `finest`: the finest of them."""

    def __init__(self, pattern):
        """ValueError for a pattern without any field or with an unclosed quote."""
        self.pattern, self._writers, self.fields, shape, fixed = pattern, [], [], "", True
        places = []
        for match in _tokens(pattern):
            letter, width = match[2], len(match[0])
            if letter is None:
                text = "'" if match[0] == "''" else match[0] if match[1] is None else match[1].replace("''", "'")
                self._writers.append(text)
                shape += re.escape(text)
                continue
            if letter not in _FIELDS:
                raise not_supported(f"the letter {letter!r} in the date format {pattern!r} of a projected partition column")
            field, place = _FIELDS[letter]
            writer, expected = _element(letter, width)
            self._writers.append(writer)
            shape += f"(?P<{field}>{expected})" if field not in self.fields else f"(?P={field})"
            self.fields.append(field)
            places.append(place)
            fixed = fixed and width >= (4 if letter in "yu" else 1 if letter == "S" else 2) and not (letter == "M" and width > 2)
        if not places:
            raise ValueError(f"the date format {pattern!r} has no field of a date")
        self._shape = re.compile(shape)
        self.finest = self.fields[places.index(max(places))]
        #: Do texts sort as their moments do?
        self.sorts = fixed and places == list(range(len(places)))

    def write(self, moment):
        return "".join(part if isinstance(part, str) else part(moment) for part in self._writers)

    def read(self, text):
        """The moment (UTC) that a text names, its other fields the smallest; ValueError if it is none."""
        match = self._shape.fullmatch(text)
        if not match:
            raise ValueError(f"{text!r} is not of the form {self.pattern!r}")
        found = {"year": 1970, "month": 1, "day": 1} | {field: _number(field, value) for field, value in match.groupdict().items()}
        return datetime(**found, tzinfo=UTC)

    def floor(self, moment):
        """The moment without what the pattern does not show."""
        return self.read(self.write(moment))


def _tokens(pattern):
    at = 0
    while at < len(pattern):
        match = _TOKEN.match(pattern, at)
        if match is None:
            raise ValueError(f"the date format {pattern!r} has a quote that is not closed")
        yield match
        at = match.end()


def _element(letter, width):
    """(function that writes it, pattern that it is read by) of a run of one letter."""
    if letter in "yu" and width == 2:
        return (lambda moment: f"{moment.year % 100:02}"), r"\d{2}"
    if letter == "M" and width in (3, 4):
        names = [name[:3] if width == 3 else name for name in _MONTHS]
        return (lambda moment: names[moment.month - 1]), "|".join(names)
    if letter == "S":
        return (lambda moment: f"{moment.microsecond:06}"[:width].ljust(width, "0")), rf"\d{{{width}}}"
    field = _FIELDS[letter][0]
    return (lambda moment: f"{getattr(moment, field):0{width}}"), rf"\d{{{width}}}" if width > 1 else r"\d+"


def _number(field, text):
    if field == "month" and not text.isdigit():
        return [name[:3] for name in _MONTHS].index(text[:3]) + 1
    if field == "microsecond":
        return int(text[:6].ljust(6, "0"))
    return int(text) + 2000 if field == "year" and len(text) == 2 else int(text)
