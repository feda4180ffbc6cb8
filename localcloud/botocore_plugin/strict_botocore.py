"""Refuse requests that break botocore's own service model: patterns, enums, lengths, ranges.

botocore itself checks types, required members and least sizes; emulators check less still. What AWS
would refuse shall fail here too, before anything is sent. A process loads this into each of its
clients by

    PYTHONPATH=localcloud/botocore_plugin BOTOCORE_EXPERIMENTAL__PLUGINS=strict=strict_botocore

which is an undocumented hook of botocore: if the module cannot be imported, botocore goes on
without a word, so a test proves that the hook bites with the botocore that is pinned. This file
needs nothing but botocore and the standard library.

Patterns in the model are Java's. They are translated; the few that have no meaning in Python, or
none at all, are not checked (`matcher` returns None for them).
"""

import re
import unicodedata
from functools import lru_cache

from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidationDecorator, ParamValidator

_NUMBERS = frozenset(("integer", "long", "float", "double", "bigdecimal", "biginteger"))
_LONGEST_SHOWN = 80  # characters of a value or a rule in a message
_TEXT_LIMIT, _ASCII_LIMIT = 0x110000, 0x80


class StrictValidationError(ParamValidationError):
    """A request that AWS would refuse; the report has a line for each problem."""

    fmt = "Request {operation} does not fit AWS's service model:\n{report}"


def initialize_client_plugin(client):
    """botocore calls this for each new client of the process. One told to validate nothing (parameter_validation) is left alone."""
    if isinstance(client._serializer, ParamValidationDecorator):
        client.meta.events.register("before-parameter-build.*.*", check)


def check(params, model, **_):
    """Raise StrictValidationError with all problems of a call's parameters at once."""
    shape = model.input_shape
    if shape is None or not isinstance(params, dict):
        return
    found = list(problems(params, shape))
    if found:
        # What botocore would say by itself (wrong types, missing members) belongs into the same report.
        own = ParamValidator().validate(params, shape).generate_report().splitlines()
        found += [line for line in own if "valid min" not in line]
        raise StrictValidationError(operation=f"{model.service_model.service_name}:{model.name}", report="\n".join(found))


def problems(value, shape, path=""):
    """A line for each place where `value` breaks `shape`: the path, the value seen, the rule.

    Values of a wrong type are left to botocore, which refuses them anyway.
    """
    kind = shape.type_name
    if kind == "structure":
        yield from _structure_problems(value, shape, path)
    elif kind == "list":
        if isinstance(value, list | tuple):
            yield from _size_problems(len(value), shape, path, "items")
            for at, item in enumerate(value):
                yield from problems(item, shape.member, f"{path}[{at}]")
    elif kind == "map":
        if isinstance(value, dict):
            yield from _size_problems(len(value), shape, path, "entries")
            for key, item in value.items():
                yield from problems(key, shape.key, f"{path} (key {_shown(key)})")
                yield from problems(item, shape.value, f"{path}.{key}")
    elif kind == "string":
        if isinstance(value, str):
            yield from _string_problems(value, shape, path)
    elif kind == "blob":
        # A file or stream has no length before it is read.
        if isinstance(value, bytes | bytearray | str):
            yield from _size_problems(len(value.encode() if isinstance(value, str) else value), shape, path, "bytes")
    elif kind in _NUMBERS and not isinstance(value, bool | str):
        yield from _range_problems(value, shape, path)


def _structure_problems(value, shape, path):
    if not isinstance(value, dict) or getattr(shape, "is_document_type", False):
        return
    members = shape.members
    for name, item in value.items():
        if item is not None and name in members:
            yield from problems(item, members[name], f"{path}.{name}" if path else name)


def _string_problems(value, shape, path):
    rules = shape.metadata
    seen = "(hidden)" if rules.get("sensitive") else _shown(value)
    if rules.get("enum") and value not in rules["enum"]:
        yield f"{path}: {seen} is none of {', '.join(rules['enum'])}"
    yield from _size_problems(len(value), shape, path, "characters", "" if rules.get("sensitive") else f" ({seen})")
    if rules.get("pattern"):
        matches = matcher(rules["pattern"])
        if matches and not matches(value):
            yield f"{path}: {seen} does not match {_cut(rules['pattern'])}"


def _size_problems(size, shape, path, unit, seen=""):
    rules = shape.metadata
    if size < rules.get("min", 0):
        yield f"{path}: {size} {unit}{seen}, at least {rules['min']} are needed"
    elif size > rules.get("max", size):
        yield f"{path}: {size} {unit}{seen}, at most {rules['max']} are allowed"


def _range_problems(value, shape, path):
    rules = shape.metadata
    try:
        if value < rules.get("min", value):
            yield f"{path}: {value} is less than the least, {rules['min']}"
        elif value > rules.get("max", value):
            yield f"{path}: {value} is more than the most, {rules['max']}"
    except TypeError:
        return  # no number at all; botocore says so


def _shown(value):
    return _cut(repr(value))


def _cut(text):
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


# -- patterns


class UnsupportedPattern(ValueError):
    """A pattern that is not Java's, or that Python cannot express; the message says which part."""


@lru_cache(maxsize=4096)
def matcher(pattern):
    """A function that tells whether a string matches the model's pattern as AWS matches it.

    A pattern that starts with `^` says itself where it is anchored; any other must match the whole
    value. None for a pattern that cannot be translated.
    """
    try:
        ascii_only = _compiled(pattern, _ASCII_LIMIT)
    except UnsupportedPattern:
        return None

    def matches(value):
        # Tables of Unicode's properties are large, and hardly ever needed.
        regex = ascii_only if value.isascii() else _compiled(pattern, _TEXT_LIMIT)
        found = regex.search(value) if pattern.startswith("^") else regex.fullmatch(value)
        return found is not None

    return matches


@lru_cache(maxsize=4096)
def _compiled(pattern, limit):
    try:
        # Java's \d, \w and \s know ASCII only, unless a flag asks for more.
        return re.compile(translate(pattern, limit), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsupportedPattern(f"{pattern}: {error}") from error


def translate(pattern, limit=_TEXT_LIMIT):
    """Java's regular expression as Python's, for text of code points below `limit`."""
    return _Translator(pattern, limit).translate()


_LINE_ENDS = "\\n\\r\\x85\\u2028\\u2029"
_SAME_ESCAPES = frozenset("dDwWsSbBAtnrf")
_OWN_ESCAPES = {
    "z": r"\Z",
    "Z": r"(?=\n?\Z)",
    "a": r"\x07",
    "e": r"\x1b",
    "h": r"[ \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]",
    "v": rf"[\x0b\x0c{_LINE_ENDS}]",
    "R": rf"(?:\r\n|[\x0b\x0c{_LINE_ENDS}])",
}
_ASCII_PROPERTIES = {
    "ASCII": r"\x00-\x7f",
    "Alpha": "A-Za-z",
    "Digit": "0-9",
    "Alnum": "A-Za-z0-9",
    "Upper": "A-Z",
    "Lower": "a-z",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": r"\x20-~",
    "Blank": r"\x20\t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9A-Fa-f",
    "Space": r"\x20\t\n\x0b\x0c\r",
}
_PROPERTIES = _ASCII_PROPERTIES | {
    "L1": r"\x00-\xff",
    "IsWhitespace": r"\t-\r\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}


class _Translator:
    """Reads a pattern from the left; `at` is where it is."""

    def __init__(self, pattern, limit):
        self.pattern, self.limit, self.at, self.dotall = pattern, limit, 0, False

    def translate(self):
        out = self._alternatives()
        if self.at < len(self.pattern):
            raise self._unsupported("a ) without its (")
        return out

    def _unsupported(self, what):
        return UnsupportedPattern(f"{self.pattern}: {what} at {self.at}")

    def _take(self, regex):
        """The match of `regex` at the present place, stepped over; or None."""
        found = re.compile(regex).match(self.pattern, self.at)
        if found:
            self.at = found.end()
        return found

    def _next(self):
        if self.at >= len(self.pattern):
            raise self._unsupported("something is missing")
        self.at += 1
        return self.pattern[self.at - 1]

    def _alternatives(self):
        """Everything up to the closing bracket of the group, or the end."""
        out, flags, dotall = [], [], self.dotall
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            letter = self._next()
            if letter == "(":
                out.append(self._group(flags))
            elif letter == "[":
                out.append(self._class())
            elif letter == "\\":
                out.append(self._escape())
            elif letter == ".":
                out.append(r"[\s\S]" if self.dotall else f"[^{_LINE_ENDS}]")
            elif letter in "^$" and self.pattern[self.at : self.at + 1] in tuple("{*+?"):
                out.append(f"(?:{letter})")  # Java repeats anchors
            elif letter == "|":
                # A flag set within an alternative holds to the end of the group.
                out.append(")" * len(flags) + "|" + "".join(flags))
            else:
                out.append(letter)
        self.dotall = dotall
        return "".join(out) + ")" * len(flags)

    def _group(self, flags):
        found = self._take(r"\?([a-zA-Z]+)\)")
        if found:  # (?i) for the rest of the group: Python wants a group for that
            opened = self._flags(found.group(1))
            if opened:
                flags.append(opened)
            return opened
        dotall = self.dotall
        named = self._take(r"\?<([A-Za-z][A-Za-z0-9]*)>")
        with_flags = self._take(r"\?([a-zA-Z]+):")
        plain = self._take(r"\?(?::|=|!|>|<=|<!)")
        if named:
            start = f"(?P<{named.group(1)}>"
        elif with_flags:
            start = self._flags(with_flags.group(1)) or "(?:"
        elif plain:
            start = f"({plain.group()}"
        elif self.pattern.startswith("?", self.at):
            raise self._unsupported("a group of an unknown kind")
        else:
            start = "("
        body = self._alternatives()
        if self._next() != ")":
            raise self._unsupported("a ( without its )")
        self.dotall = dotall
        return f"{start}{body})"

    def _flags(self, letters):
        """The opening of a group with Java's flags; empty if Python needs none."""
        if set(letters) - set("imsuU"):
            raise self._unsupported(f"flags {letters}")
        if "U" in letters:
            raise self._unsupported("the flag U")
        self.dotall = self.dotall or "s" in letters
        kept = "".join(letter for letter in letters if letter in "im")
        return f"(?{kept}:" if kept else ""

    def _escape(self):
        """What follows a backslash outside of brackets."""
        letter = self._next()
        if letter in "pP":
            body = self._property()
            return f"[{'^' if letter == 'P' else ''}{body}]" if body else ("[\\s\\S]" if letter == "P" else "(?!)")
        if letter in _SAME_ESCAPES:
            return f"\\{letter}"
        if letter in _OWN_ESCAPES:
            return _OWN_ESCAPES[letter]
        if letter == "Q":
            end = self.pattern.find("\\E", self.at)
            quoted = self.pattern[self.at : end if end >= 0 else None]
            self.at = end + 2 if end >= 0 else len(self.pattern)
            return re.escape(quoted)
        if letter in "123456789":
            return f"\\{letter}"
        return _literal(self._character(letter))

    def _character(self, letter):
        """The code point of an escape that stands for one character; `letter` follows the backslash."""
        if letter == "u":
            code = int(self._hex(r"([0-9A-Fa-f]{4})"), 16)
            if 0xD800 <= code < 0xDC00:
                low = self._take(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})")
                if low:  # two halves make one character
                    return 0x10000 + ((code - 0xD800) << 10) + (int(low.group(1), 16) - 0xDC00)
            return code
        if letter == "x":
            return int(self._hex(r"(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))"), 16)
        if letter == "0":
            return int(self._hex(r"([0-3]?[0-7]{1,2})"), 8)
        if letter == "c":
            return ord(self._next()) ^ 64
        simple = {"t": 9, "n": 10, "r": 13, "f": 12, "a": 7, "e": 27}
        if letter in simple:
            return simple[letter]
        if letter.isascii() and letter.isalnum():
            raise self._unsupported(f"the escape \\{letter}")
        return ord(letter)

    def _hex(self, regex):
        found = self._take(regex)
        if not found:
            raise self._unsupported("an escape that is not whole")
        return next(group for group in found.groups() if group)

    def _property(self):
        """The body of a bracket for what follows \\p: a name in braces, or one letter."""
        found = self._take(r"\{([A-Za-z0-9_]+)\}|([A-Za-z])")
        if not found:
            raise self._unsupported("a \\p without its property")
        name = found.group(1) or found.group(2)
        body = _PROPERTIES.get(name)
        if body is None:
            body = _property_body(name, self.limit)
        if body is None:
            raise self._unsupported(f"the property {name}")
        return body

    def _class(self):
        """A bracket expression, as an expression for one character."""
        negated = bool(self._take(r"\^"))
        plain, others = [], []
        first = True
        while True:
            if self._take("&&"):
                left = _one_of(plain, others)
                right = self._class_rest()
                return f"(?:(?!(?={left}){right})[\\s\\S])" if negated else f"(?:(?={left}){right})"
            letter = self._next()
            if letter == "]" and not first:
                break
            first = False
            if letter == "[":
                others.append(self._class())
                continue
            atom = self._class_atom(letter)
            if isinstance(atom, int) and self._take(r"-(?!\]|\[|&&|\\[dDwWsSpPhv])"):
                high = self._class_atom(self._next())
                if high < atom:
                    raise self._unsupported("a range from high to low")
                plain.append(f"{_literal(atom)}-{_literal(high)}")
            elif isinstance(atom, int):
                plain.append(_literal(atom))
            elif atom.startswith("[^"):
                others.append(atom)
            else:
                plain.append(atom)
        if negated:
            return f"(?:(?!{_one_of(plain, others)})[\\s\\S])" if others else f"[^{''.join(plain)}]"
        return _one_of(plain, others)

    def _class_rest(self):
        """What stands after && up to the bracket's end, as an expression for one character."""
        if self._take(r"\["):
            right = self._class()
            if self._next() != "]":
                raise self._unsupported("more after &&[…]")
            return right
        return self._class()

    def _class_atom(self, letter):
        """A code point, the body of a bracket, or a whole negated bracket."""
        if letter != "\\":
            return ord(letter)
        letter = self._next()
        if letter in "dDwWsS":
            return f"\\{letter}"
        if letter in "hv":
            return _OWN_ESCAPES[letter][1:-1]
        if letter in "pP":
            body = self._property()
            if letter == "P":
                return f"[^{body}]" if body else r"\s\S"
            return body
        return self._character(letter)


def _one_of(plain, others):
    bracket = [f"[{''.join(plain)}]"] if any(plain) else []
    several = bracket + others
    if not several:
        return "(?!)"
    return several[0] if len(several) == 1 else f"(?:{'|'.join(several)})"


def _literal(code):
    """A character as it may stand inside and outside of brackets."""
    letter = chr(code)
    if letter.isascii() and letter.isalnum():
        return letter
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@lru_cache(maxsize=256)
def _property_body(name, limit):
    """The body of a bracket for a Unicode property, for code points below `limit`; None if it is unknown here."""
    short = name.removeprefix("Is")
    groups = {"LD": ("L", "Nd"), "Alphabetic": ("L", "Nl"), "all": ("",)}.get(short, (short,))
    if groups == (short,) and short not in _categories():
        return None
    # ASCII is enough for most values, and the whole table takes a tenth of a second to make.
    runs = _category_runs(limit)
    return "".join(f"{_literal(low)}-{_literal(high)}" for low, high, category in runs if category.startswith(groups))


@lru_cache(maxsize=2)
def _category_runs(limit):
    """(first, last, category) of neighbouring code points of one category, all below `limit`."""
    runs, start, before = [], 0, unicodedata.category("\0")
    for code in range(1, limit):
        category = unicodedata.category(chr(code))
        if category != before:
            runs.append((start, code - 1, before))
            start, before = code, category
    runs.append((start, limit - 1, before))
    return runs


def _categories():
    """Names of Unicode's general categories and their groups."""
    kinds = {"L": "ultmo", "M": "nce", "N": "dlo", "P": "cdseifo", "S": "mcko", "Z": "slp", "C": "cfson"}
    return {*kinds, *(group + kind for group, several in kinds.items() for kind in several)}
