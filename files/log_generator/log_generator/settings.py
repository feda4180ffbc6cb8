"""Settings from the environment; all that is wrong is told at once."""

from collections import namedtuple
from datetime import datetime

from log_generator.shop import CURRENCIES

#: Every setting: variable without LOG_GENERATOR_, default, how it is read.
Settings = namedtuple(
    "Settings",
    "folder rate seed start lines afterwards currency price_factor bad_share return_share no_customer_share"
    " rotate_bytes rotate_seconds keep_files keep_bytes free_bytes",
)
PREFIX = "LOG_GENERATOR_"


class SettingsError(Exception):
    """What is wrong, in words for the user."""


def _between(kind, least, most):
    def read(text):
        value = kind(text)
        if not least <= value <= most:
            raise ValueError
        return value

    read.wanted = f"a number from {least} to {most}" if kind is float else f"a whole number from {least} to {most}"
    return read


def _one_of(names):
    def read(text):
        if text not in names:
            raise ValueError
        return text

    read.wanted = "one of " + ", ".join(names)
    return read


def _moment(text):
    return datetime.fromisoformat(text) if text else None


_moment.wanted = "empty for now, or a time in UTC such as 2026-11-21T08:00:00"


def _factor(text):
    return _between(float, 0.0001, 1e6)(text) if text else 0.0


_factor.wanted = "empty for the currency's own, or a number from 0.0001 to 1000000"


def _text(text):
    return text


_text.wanted = "a text"

READERS = {
    "folder": ("/var/log/orders", _text),
    "rate": ("100", _between(float, 1, 5000)),
    "seed": ("1", _text),
    "start": ("", _moment),
    "lines": ("0", _between(int, 0, 10**12)),
    "afterwards": ("end", _one_of(("end", "wait"))),
    "currency": ("INR", _one_of(tuple(CURRENCIES))),
    "price_factor": ("", _factor),
    "bad_share": ("0", _between(float, 0, 1)),
    "return_share": ("0.02", _between(float, 0, 1)),
    "no_customer_share": ("0.14", _between(float, 0, 1)),
    "rotate_bytes": ("50000000", _between(int, 1000, 10**12)),
    "rotate_seconds": ("3600", _between(float, 1, 10**9)),
    "keep_files": ("24", _between(int, 1, 10**6)),
    "keep_bytes": ("2000000000", _between(int, 0, 10**15)),
    "free_bytes": ("500000000", _between(int, 0, 10**15)),
}


def read(environment):
    """Settings of a mapping of environment variables; SettingsError names every wrong or unknown one."""
    found, problems = {}, []
    for name, (default, reader) in READERS.items():
        variable = PREFIX + name.upper()
        text = environment.get(variable, default)
        try:
            found[name] = reader(text)
        except ValueError:
            problems.append(f"{variable} is {text!r}; wanted is {reader.wanted}")
    known = {PREFIX + name.upper() for name in READERS}
    problems += [f"{name} is no setting; there are {', '.join(sorted(known))}" for name in environment
                 if name.startswith(PREFIX) and name not in known]  # fmt: skip
    if problems:
        raise SettingsError("\n".join(problems))
    if not found["price_factor"]:
        found["price_factor"] = CURRENCIES[found["currency"]]
    return Settings(**found)
