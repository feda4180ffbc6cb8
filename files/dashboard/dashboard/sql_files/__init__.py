"""Reads `sql/<pipeline>/<name>.sql` and `sql/<pipeline>/checks/<name>.sql`: a header of comments, then one Athena query.

The header's lines, at the top of the file and without gaps, are `-- key: value`:

    title         required; may name parameters: `Orders in {month:%B %Y}` (strftime for dates and months)
    description   one sentence; may name parameters as the title does
    position      a whole number; panels are ordered by it, then by file name
    kind          `query` (default), or `table` for the statement that creates a table: neither saved in Athena nor a panel
    panel         `yes` (default) or `no` for a statement that is saved in Athena but is no panel
    live          `yes` for a panel that stands above the others and is asked anew every few seconds while somebody looks
    chart         `bar|column|line x=<column> y=<column>`, or `none`; repeat the line for more than one
    parameter     `<name> type=month|date|integer|text default=<value>`; one line each
    placeholders  the parameter that each `?` takes, in order; needed only where there is more than one `?`
    severity      `error` or `warning`; makes the file a check, whose rows are findings. Checks are in `checks/`, and nothing else is
    remedy        of a check, required: what to do about its findings

Needs only the standard library and imports nothing of the dashboard: the deployer loads this file by its path to make
Athena's named queries of the same files, and the functions that run the checks take the folder along.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

CHART_KINDS = ("bar", "column", "line")
KEYS = ("title", "description", "position", "kind", "panel", "live", "chart", "parameter", "placeholders", "severity", "remedy")
KINDS = ("query", "table")
SEVERITIES = ("error", "warning")
REPEATABLE = ("chart", "parameter")
MAX_TEXT = 100

_MISPLACED = {
    "query": "severity makes it a check; move it to checks/, where checks are run from",
    "check": "it is no check; add `-- severity: error` or `-- severity: warning`, or move it out of checks/",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_HEADER_LINE = re.compile(r"--\s*(\w+)\s*:\s*(.*?)\s*")
_FIELD = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
# What a `?` does not count in: quoted text, quoted names, comments. An unclosed one runs to the end.
_NOT_CODE = re.compile(r"'[^']*(?:'|\Z)|\"[^\"]*(?:\"|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)


class SqlFileError(ValueError):
    """SQL files that cannot be used; `problems` has one line each: `file:line: what is wrong`."""

    def __init__(self, problems):
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class ParameterError(ValueError):
    """A parameter's value that its type does not allow; the message says what is allowed."""


@dataclass(frozen=True)
class Parameter:
    """One value that a query takes; `type` is a key of TYPES, `default` is text of that type."""

    name: str
    type: str
    default: str

    @property
    def allowed(self):
        """What the type allows, for people."""
        return TYPES[self.type][1]

    def value(self, text):
        """`text` as a date (types month and date), an int or a str; ParameterError where it is none."""
        try:
            return TYPES[self.type][0](text)
        except ValueError:
            raise ParameterError(f"{self.name} must be {self.allowed}; got {text[:60]!r}") from None

    def literal(self, text):
        """`text` as Athena's ExecutionParameters want it: numbers bare, everything else in single quotes."""
        value = self.value(text)
        return str(value) if self.type == "integer" else "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Chart:
    """Which columns to draw and how; `kind` is one of CHART_KINDS."""

    kind: str
    x: str
    y: str


@dataclass(frozen=True)
class Query:
    """One SQL file. `sql` is all that follows the header; `placeholders` names a parameter for each `?`.

    `kind` is one of KINDS, or `check`; only a check has a `severity`, one of SEVERITIES, and a `remedy`.
    """

    name: str
    title_template: str
    description: str
    position: int
    panel: bool
    charts: tuple
    parameters: tuple
    placeholders: tuple
    sql: str
    kind: str = "query"
    severity: str = ""
    remedy: str = ""
    live: bool = False

    def texts(self, given):
        """{name: text} of every parameter from `given` (name → text) or its default; ParameterError if one is bad."""
        texts = {parameter.name: given.get(parameter.name, parameter.default) for parameter in self.parameters}
        for parameter in self.parameters:
            parameter.value(texts[parameter.name])
        return texts

    def title(self, given=()):
        """The title with the parameters' values in it."""
        return self._filled(self.title_template, given)

    def description_of(self, given=()):
        """The description with the parameters' values in it."""
        return self._filled(self.description, given)

    def literals(self, given=()):
        """The ExecutionParameters for Athena: one literal for each `?`, in order."""
        texts = self.texts(dict(given))
        by_name = {parameter.name: parameter.literal(texts[parameter.name]) for parameter in self.parameters}
        return [by_name[name] for name in self.placeholders]

    def _filled(self, template, given):
        texts = self.texts(dict(given))
        values = {parameter.name: parameter.value(texts[parameter.name]) for parameter in self.parameters}
        return _FIELD.sub(lambda field: _formatted(values[field[1]], field[2]), template)


def load_folder(folder, kind="query"):
    """Every file of a kind in a folder, ordered by position and name; tables are left out, but for what is wrong with their headers.

    `kind`: `query`, or `check` for a folder of checks. SqlFileError has the problems of all files at once; a check among
    queries is one, since nobody would run it, and so is a query among checks.
    """
    queries, problems = [], []
    if not Path(folder).is_dir():
        raise SqlFileError([f"{folder}: there is no such folder"])
    for path in sorted(Path(folder).glob("*.sql")):
        try:
            query = parse(path.read_text(encoding="utf-8"), path)
            if (query.kind == "check") != (kind == "check"):
                problems.append(f"{path}:1: {_MISPLACED[kind]}")
            queries.append(query)
        except SqlFileError as error:
            problems += error.problems
        except UnicodeDecodeError as error:
            problems.append(f"{path}: is not UTF-8 ({error.reason} at byte {error.start})")
    if problems:
        raise SqlFileError(problems)
    return sorted((query for query in queries if query.kind == kind), key=lambda query: (query.position, query.name))


def parse(text, path):
    """The Query of one file's text; `path` gives its name. SqlFileError names file and line of every problem."""
    path, problems = Path(path), []
    lines = text.splitlines()
    length = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))

    def problem(line, message):
        problems.append(f"{path}:{line}: {message}")

    header = _header(lines[:length], problem)
    sql = "\n".join(lines[length:]).strip()
    if not _NAME.fullmatch(path.stem):
        problem(1, f"the file's name must be lower-case letters, digits and _, since it is a URL; it is {path.stem!r}")
    if not sql:
        problem(length + 1, "there is no SQL after the header")
    parameters = tuple(p for line, value in header["parameter"] if (p := _parameter(value, line, problem)))
    query = Query(
        name=path.stem,
        title_template=_title(header["title"], parameters, problem),
        description=_description(header["description"], parameters, problem),
        position=_position(header["position"], problem),
        kind="check" if header["severity"] else _kind(header["kind"], problem),
        panel=_panel(header["panel"], problem),
        charts=tuple(c for line, value in header["chart"] if (c := _chart(value, line, problem))),
        parameters=parameters,
        placeholders=_placeholders(header["placeholders"], parameters, sql, length + 1, problem),
        sql=sql,
        severity=_severity(header, problem),
        remedy=header["remedy"][0][1] if header["remedy"] else "",
        live=_live(header, problem),
    )
    if problems:
        raise SqlFileError(problems)
    return query


def _header(lines, problem):
    """{key: [(line number, value)]} with every key of KEYS."""
    found = {key: [] for key in KEYS}
    for number, line in enumerate(lines, 1):
        match = _HEADER_LINE.fullmatch(line)
        if not match:
            problem(number, f"a header line is `-- key: value`, and other comments go below the SQL's first line; it is {line!r}")
        elif match[1] not in found:
            problem(number, f"unknown header key {match[1]!r}; known are {', '.join(KEYS)}")
        elif found[match[1]] and match[1] not in REPEATABLE:
            problem(number, f"{match[1]} is given twice, first in line {found[match[1]][0][0]}")
        else:
            found[match[1]].append((number, match[2]))
    return found


def _title(entries, parameters, problem):
    if not entries or not entries[0][1]:
        problem(entries[0][0] if entries else 1, "the header has no title; add `-- title: …`")
        return ""
    return _template("title", *entries[0], parameters, problem)


def _description(entries, parameters, problem):
    return _template("description", *entries[0], parameters, problem) if entries else ""


def _template(key, line, text, parameters, problem):
    """`text`, whose `{fields}` must be parameters."""
    known = {parameter.name: parameter for parameter in parameters}
    for name, form in _FIELD.findall(text):
        if name not in known:
            problem(line, f"the {key} names {name!r}, which is no parameter; parameters are {', '.join(known) or 'none'}")
        elif form and known[name].type not in ("month", "date"):
            problem(line, f"the {key} gives {name!r} the form {form!r}; only months and dates take one")
    if set("{}") & set(_FIELD.sub("", text)):
        problem(line, f"the {key} has a stray brace: {text!r}")
    return text


def _formatted(value, form):
    if isinstance(value, date):
        return value.strftime(form or "%Y-%m-%d")
    return str(value)


def _position(entries, problem):
    if not entries:
        return 0
    line, text = entries[0]
    if not re.fullmatch(r"[0-9]{1,6}", text):
        problem(line, f"position must be a whole number; it is {text!r}")
        return 0
    return int(text)


def _kind(entries, problem):
    if not entries:
        return "query"
    line, text = entries[0]
    if text not in KINDS:
        problem(line, f"kind must be {' or '.join(KINDS)}; it is {text!r}")
        return "query"
    return text


def _severity(header, problem):
    """The severity of a check, or nothing."""
    if not header["severity"]:
        if header["remedy"]:
            problem(header["remedy"][0][0], "remedy is for checks; add `-- severity: error` or `-- severity: warning`")
        return ""
    line, text = header["severity"][0]
    if text not in SEVERITIES:
        problem(line, f"severity must be {' or '.join(SEVERITIES)}; it is {text!r}")
    if not header["remedy"] or not header["remedy"][0][1]:
        problem(line, "a check needs `-- remedy: …`, what to do about its findings")
    for key in ("kind", "panel", "live", "chart"):
        for other, _ in header[key]:
            problem(other, f"a check has no {key}")
    return text


def _panel(entries, problem):
    return _yes("panel", entries, True, problem)


def _live(header, problem):
    live = _yes("live", header["live"], False, problem)
    if live:
        for key in ("panel", "kind", "parameter"):
            for line, _ in header[key]:
                problem(line, f"a live panel has no {key}")
    return live


def _yes(key, entries, default, problem):
    if not entries:
        return default
    line, text = entries[0]
    if text not in ("yes", "no"):
        problem(line, f"{key} must be yes or no; it is {text!r}")
    return text == "yes"


def _words(text, line, wanted, problem):
    """(first word, {key: value} of the rest) of `word key=value key=value`, which must have exactly the keys `wanted`."""
    first, *rest = text.split() or [""]
    pairs = dict(word.partition("=")[::2] for word in rest)
    if sorted(pairs) != sorted(wanted) or len(rest) != len(wanted) or not all(pairs.values()):
        problem(line, f"after {first!r} come {' '.join(f'{key}=…' for key in wanted)}; got {' '.join(rest) or 'nothing'}")
        return first, None
    return first, pairs


def _chart(text, line, problem):
    if text == "none":
        return None
    kind, pairs = _words(text, line, ("x", "y"), problem)
    if kind not in CHART_KINDS:
        problem(line, f"unknown chart {kind!r}; known are {', '.join(CHART_KINDS)} and none")
        return None
    return Chart(kind, pairs["x"], pairs["y"]) if pairs else None


def _parameter(text, line, problem):
    name, pairs = _words(text, line, ("type", "default"), problem)
    if not _NAME.fullmatch(name) or name == "refresh":
        problem(line, f"a parameter's name is lower-case letters, digits and _, and not `refresh`; it is {name!r}")
        return None
    if not pairs:
        return None
    if pairs["type"] not in TYPES:
        problem(line, f"unknown parameter type {pairs['type']!r}; known are {', '.join(TYPES)}")
        return None
    parameter = Parameter(name, pairs["type"], pairs["default"])
    try:
        parameter.value(parameter.default)
    except ParameterError as error:
        problem(line, f"the default of {error}")
    return parameter


def _placeholders(entries, parameters, sql, sql_line, problem):
    count = _NOT_CODE.sub(" ", sql).count("?")
    known = [parameter.name for parameter in parameters]
    if len(set(known)) < len(known):
        problem(1, f"a parameter is declared twice: {', '.join(known)}")
    line, names = (entries[0][0], entries[0][1].split()) if entries else (sql_line, known if count == 1 else [])
    if count != len(names):
        said = f"placeholders names {len(names)}" if entries else f"{len(known)} parameters are declared and no placeholders line"
        problem(line, f"the SQL has {count} `?` but {said}; add `-- placeholders: …` with the parameter that each `?` takes, in order")
    for name in names:
        if name not in known:
            problem(line, f"placeholders names {name!r}, which is no parameter; parameters are {', '.join(known) or 'none'}")
    for name in known:
        if name not in names:
            problem(line, f"the parameter {name!r} is used by no `?`")
    return tuple(names)


def _month(text):
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
        raise ValueError
    return date.fromisoformat(text + "-01")


def _date(text):
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError
    return date.fromisoformat(text)


def _integer(text):
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise ValueError
    return int(text)


def _text(text):
    if not 1 <= len(text) <= MAX_TEXT or not text.isprintable():
        raise ValueError
    return text


TYPES = {  # type → (reader that raises ValueError, what it allows in words)
    "month": (_month, "a month as YYYY-MM, such as 2025-02"),
    "date": (_date, "a date as YYYY-MM-DD, such as 2025-02-28"),
    "integer": (_integer, "a whole number of at most 18 digits"),
    "text": (_text, f"printable text of 1 to {MAX_TEXT} characters"),
}
