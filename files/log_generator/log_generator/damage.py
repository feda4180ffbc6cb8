"""Bad lines, as broken programs write them. None holds a line's end."""

import json


def _cut(text, fields, rng):
    return text[: rng.randrange(1, len(text))]


def _with(**changed):
    return lambda text, fields, rng: json.dumps({**fields, **changed})


def _without(name):
    return lambda text, fields, rng: json.dumps({key: value for key, value in fields.items() if key != name})


def _log_line(text, fields, rng):
    return f"ERROR checkout: invoice {fields['InvoiceNo']} could not be written"


def _listed(text, fields, rng):
    return f"[{text}]"


def _doubled(text, fields, rng):
    return text + text


#: A function of (the line, its fields, a random generator) for each kind.
KINDS = {
    "cut": _cut,
    "quantity in words": _with(Quantity="six"),
    "fractional quantity": _with(Quantity=2.5),
    "price is no number": _with(UnitPrice="free"),
    "day that does not exist": _with(InvoiceDate="2026-02-30 10:00:00"),
    "date in words": _with(InvoiceDate="yesterday"),
    "no date": _without("InvoiceDate"),
    "no invoice number": _without("InvoiceNo"),
    "no country": _without("Country"),
    "a message in between": _log_line,
    "a list": _listed,
    "two on a line": _doubled,
}
NAMES = tuple(KINDS)


def damaged(text, fields, rng):
    """A bad line in place of `text`, whose fields are given."""
    return KINDS[NAMES[int(rng.random() * len(NAMES))]](text, fields, rng)
