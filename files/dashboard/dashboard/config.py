"""The dashboard's configuration: a JSON file, named by DASHBOARD_CONFIG, that the deployer writes.

It is read and checked once, at the start. All that is wrong with it is told at once.
"""

import json
import os
import re
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from dashboard import passwords, sql_files

RESERVED = ("audit", "static", "status", "healthz", "readyz", "metrics")  # the first parts of our own URLs
OWN_PAGES = ("checks", "menu")  # below a pipeline's URL, where its queries are too
SHORTEST_KEY = 32
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class ConfigError(ValueError):
    """The configuration cannot be used; the message lists every problem."""


@dataclass(frozen=True)
class Menu:
    """A demo menu for a pipeline of clicks: `url` of the API's stage, to which `/poc/batch` is added, and the `key` that it wants."""

    pipeline: str
    url: str
    key: str

    @property
    def origin(self):
        """What a Content-Security-Policy calls the API's server."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Pipeline:
    """One pipeline: where its queries run, where its audit records lie, and its panels.

    `freshness_hours`: after how many hours without a new file its data counts as old.
    `queries`: the panels of `sql/<name>/`, in order; `live`: those that are asked anew while somebody looks.
    """

    name: str
    title: str
    description: str
    workgroup: str
    database: str
    bucket: str
    audit_prefix: str
    rejected_prefix: str
    empty_hint: str
    freshness_hours: float
    queries: tuple = ()
    live: tuple = ()
    menu: Menu | None = None
    # What its status is made of besides; see status/questions.py.
    raw_prefix: str | None = None
    checks_prefix: str | None = None
    failure_queues: tuple = ()
    alarm_prefix: str | None = None
    crawlers: tuple = ()
    jobs: tuple = ()
    run_again: dict | None = None  # {crawler or job: what runs it again}

    def query(self, name):
        """The query of that name, or None."""
        return next((query for query in (*self.live, *self.queries) if query.name == name), None)


@dataclass(frozen=True)
class Auth:
    """Who may sign in. The password file is as `passwords` describes it; the secret key signs sessions."""

    user: str
    password_file: str
    secret_key_file: str


@dataclass(frozen=True)
class Config:
    """Everything the application knows. Times are seconds; `price_per_tb_usd` is for 10^12 bytes."""

    title: str
    region: str
    sql_dir: str
    pipelines: tuple
    menus: tuple = ()  # of Menu; each pipeline has its own
    endpoint_url: str | None = None
    cache_seconds: float = 300
    error_seconds: float = 5  # failures and empty answers are asked again after this
    live_seconds: float = 10  # a live panel is asked anew after this, however many look
    live_minutes: float = 10  # and no more after this without anybody's doing
    query_timeout_seconds: float = 60
    row_limit: int = 1000
    price_per_tb_usd: float = 5.0
    minimum_billed_bytes: int = 10_000_000
    query_threads: int = 16
    audit_page_size: int = 50
    auth: Auth | None = None  # None: all is open
    cache_dir: str | None = None  # where the last good answers outlive a restart
    audit_list_limit: int = 10_000  # audit records that are looked at, at most; the page says when there are more

    def pipeline(self, name):
        """The pipeline of that name, or None."""
        return next((pipeline for pipeline in self.pipelines if pipeline.name == name), None)


def load(environ=os.environ):
    """The Config that DASHBOARD_CONFIG names; ConfigError if it is missing, unreadable or wrong."""
    path = environ.get("DASHBOARD_CONFIG")
    if not path:
        raise ConfigError("DASHBOARD_CONFIG is not set; set it to the path of the dashboard's JSON configuration")
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"DASHBOARD_CONFIG={path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    return check(data, source=path)


def check(data, source="the configuration"):
    """The Config of a decoded JSON object; ConfigError with every problem, one a line."""
    problems = []
    if not isinstance(data, dict):
        raise ConfigError(f"{source} must be a JSON object; it is {data!r:.60}")
    _fields(data, Config, _CONFIG_CHECKS, "", problems)
    if isinstance(data.get("auth"), dict):
        _auth(data["auth"], problems)
    pipelines = data.get("pipelines")
    if not isinstance(pipelines, list) or not pipelines:
        problems.append(f"pipelines must be a list with at least one pipeline; it is {pipelines!r:.60}")
        pipelines = []
    names = [entry.get("name") for entry in pipelines if isinstance(entry, dict)]
    menus = _menus(data.get("menus", []), names, problems)
    made = [_pipeline(entry, f"pipelines[{number}].", data.get("sql_dir"), menus, problems) for number, entry in enumerate(pipelines)]
    problems += [f"pipelines: the name {name!r} is used twice" for name in names if isinstance(name, str) and names.count(name) > 1]
    if problems:
        raise ConfigError(f"{source} cannot be used:\n" + "\n".join(f"- {problem}" for problem in dict.fromkeys(problems)))
    auth = Auth(**data["auth"]) if data.get("auth") else None
    return Config(**{**data, "pipelines": tuple(made), "menus": tuple(menus.values()), "auth": auth})


def _menus(entries, names, problems):
    """{pipeline's name: Menu}; one without a URL is none, since its API is not there yet."""
    menus = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        at, before = f"menus[{number}].", len(problems)
        if not isinstance(entry, dict):
            problems.append(f"{at[:-1]} must be an object; it is {entry!r:.60}")
            continue
        _fields(entry, Menu, _MENU_CHECKS, at, problems)
        if len(problems) > before:
            continue
        if entry["pipeline"] not in names:
            problems.append(f"{at}pipeline names {entry['pipeline']!r}, which is no pipeline; there are {', '.join(map(str, names))}")
        if entry["pipeline"] in menus:
            problems.append(f"{at}pipeline: {entry['pipeline']!r} has a menu already")
        if entry["url"]:
            menus[entry["pipeline"]] = Menu(**{**entry, "url": entry["url"].rstrip("/")})
    return menus


def _auth(auth, problems):
    """Hold the `auth` section and its files against what signing in needs."""
    before = len(problems)
    _fields(auth, Auth, _AUTH_CHECKS, "auth.", problems)
    if len(problems) > before:
        return
    try:
        user, _ = passwords.read(Path(auth["password_file"]).read_text(encoding="utf-8"))
        if user != auth["user"]:
            problems.append(f"auth.user is {auth['user']!r}, but auth.password_file {auth['password_file']} is for {user!r}")
    except (OSError, ValueError) as error:
        problems.append(f"auth.password_file {auth['password_file']} cannot be used: {getattr(error, 'strerror', None) or error}")
    try:
        length = len(Path(auth["secret_key_file"]).read_bytes().strip())
        if length < SHORTEST_KEY:
            problems.append(f"auth.secret_key_file {auth['secret_key_file']} must have at least {SHORTEST_KEY} bytes; it has {length}")
    except OSError as error:
        problems.append(f"auth.secret_key_file {auth['secret_key_file']} cannot be read: {error.strerror}")


def _pipeline(entry, at, sql_dir, menus, problems):
    """The Pipeline of one entry with its queries; None, and something in `problems`, if it is wrong."""
    if not isinstance(entry, dict):
        problems.append(f"{at[:-1]} must be an object; it is {entry!r:.60}")
        return None
    before = len(problems)
    _fields(entry, Pipeline, _PIPELINE_CHECKS, at, problems)
    if len(problems) > before or not isinstance(sql_dir, str):
        return None
    folder = Path(sql_dir) / entry["name"]
    try:
        queries = tuple(query for query in sql_files.load_folder(folder) if query.panel)
    except sql_files.SqlFileError as error:
        problems += error.problems
        return None
    for query in queries:
        if query.name in OWN_PAGES:
            problems.append(f"{folder}/{query.name}.sql: `{query.name}` is the address of a page of its own; give the file another name")
    if not queries:
        problems.append(f"{at}name: there is no panel's SQL file in {folder}; add one or correct sql_dir")
    live = tuple(query for query in queries if query.live)
    return Pipeline(**entry, queries=tuple(query for query in queries if not query.live), live=live, menu=menus.get(entry["name"]))


def _fields(data, kind, checks, at, problems):
    """Hold an object's keys against a dataclass, and its values against their checks."""
    required = {field.name for field in fields(kind) if field.name in checks and field.default is MISSING}
    for name in data:
        if name not in checks and name != "pipelines":
            problems.append(f"{at}{name} is not a setting; known are {', '.join(sorted(checks))}")
    for name, (test, wanted) in checks.items():
        if name not in data:
            if name in required:
                problems.append(f"{at}{name} is missing; it must be {wanted}")
        elif not test(data[name]):
            problems.append(f"{at}{name} must be {wanted}; it is {data[name]!r:.60}")


def _is_number(low, high, whole=False):
    def test(value):
        return isinstance(value, int if whole else (int, float)) and not isinstance(value, bool) and low <= value <= high

    return test, f"a {'whole ' if whole else ''}number from {low} to {high}"


def _is_text(pattern, wanted):
    return (lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None), wanted


def _is_list_of(pattern, wanted):
    def test(value):
        return isinstance(value, list) and all(isinstance(each, str) and re.fullmatch(pattern, each) for each in value)

    return test, f"a list of {wanted}"


def _or_null(check):
    test, wanted = check
    return (lambda value: value is None or test(value)), f"null, or {wanted}"


_SOME_TEXT = _is_text(r".*\S.*", "some text")
_PREFIX = _is_text(r"(?:[^/]+/)+", "a prefix that ends with / and does not begin with it")

_AUTH_CHECKS = {
    "user": _is_text(r"[A-Za-z0-9._@-]{1,64}", "1 to 64 letters, digits and . _ @ -"),
    "password_file": _is_text(r"/.+", "the absolute path of a file"),
    "secret_key_file": _is_text(r"/.+", "the absolute path of a file"),
}

_MENU_CHECKS = {
    "pipeline": _SOME_TEXT,
    "url": _is_text(r"(?:https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?)?", "the URL of an API's stage, or nothing if there is none"),
    "key": _is_text(r"[\x21-\x7e]{0,128}", "an API key's value"),
}

_CONFIG_CHECKS = {
    "auth": (lambda value: value is None or isinstance(value, dict), "null, or an object with user, password_file and secret_key_file"),
    "cache_dir": (
        lambda value: value is None or (isinstance(value, str) and Path(value).is_dir()),
        "null, or the path of a folder that exists",
    ),
    "menus": (lambda value: isinstance(value, list), "a list of objects with pipeline, url and key"),
    "live_seconds": _is_number(2, 3_600),
    "live_minutes": _is_number(0.01, 1_440),
    "title": _SOME_TEXT,
    "region": _is_text(r"[a-z]{2}(?:-[a-z]+)+-\d", "an AWS region, such as us-east-1"),
    "sql_dir": (lambda value: isinstance(value, str) and Path(value).is_dir(), "the path of a folder that exists"),
    "endpoint_url": (
        lambda value: value is None or (isinstance(value, str) and re.fullmatch(r"https?://[^/\s]+/?", value) is not None),
        "null for AWS, or a URL such as http://127.0.0.1:4566",
    ),
    "cache_seconds": _is_number(0, 86_400),
    "error_seconds": _is_number(0, 3_600),
    "query_timeout_seconds": _is_number(1, 600),
    "row_limit": _is_number(1, 100_000, whole=True),
    "price_per_tb_usd": _is_number(0, 1_000),
    "minimum_billed_bytes": _is_number(0, 10**12, whole=True),
    "query_threads": _is_number(1, 64, whole=True),
    "audit_page_size": _is_number(1, 500, whole=True),
    "audit_list_limit": _is_number(1, 1_000_000, whole=True),
}

_PIPELINE_CHECKS = {
    "name": (
        lambda value: isinstance(value, str) and _NAME.fullmatch(value) is not None and value not in RESERVED,
        f"lower-case letters, digits and _, since it is a URL, and none of {', '.join(RESERVED)}",
    ),
    "title": _SOME_TEXT,
    "description": _SOME_TEXT,
    "workgroup": _is_text(r"[a-zA-Z0-9._-]{1,128}", "an Athena workgroup's name"),
    "database": _is_text(r"[a-z0-9_]{1,255}", "a Glue database's name"),
    "bucket": _is_text(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "a bucket's name"),
    "audit_prefix": _PREFIX,
    "rejected_prefix": _PREFIX,
    "empty_hint": _SOME_TEXT,
    "freshness_hours": _is_number(0.01, 8_760),
    "raw_prefix": _or_null(_PREFIX),
    "checks_prefix": _or_null(_PREFIX),
    "failure_queues": _is_list_of(r"[a-zA-Z0-9_-]{1,80}", "names of SQS queues"),
    "alarm_prefix": _or_null(_is_text(r".{1,255}", "what the names of its alarms begin with")),
    "crawlers": _is_list_of(r".{1,255}", "names of Glue crawlers"),
    "jobs": _is_list_of(r".{1,255}", "names of Glue jobs"),
    "run_again": (
        lambda value: value is None or (isinstance(value, dict) and all(isinstance(text, str) for each in value.items() for text in each)),
        "null, or an object with what runs each crawler or job again",
    ),
}
