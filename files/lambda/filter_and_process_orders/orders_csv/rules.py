"""The rules about one order: what a good one is, and what is wrong with a bad one."""

import re
from datetime import date

# The columns an orders file must have; names are compared without case and surrounding space.
COLUMNS = ("OrderID", "Customer", "Amount", "Status", "OrderDate")
STATUSES = ("cancelled", "confirmed", "pending", "shipped")
DROPPED_WHEN_OLD = ("cancelled", "pending")
# Non-negative, plain, exact in decimal(12,2): at most ten digits before the point and two after it, zeros around
# them aside (at most 20 behind: pyarrow refuses more than 38 digits). Means the same to `re` and to RE2.
AMOUNT = r"0*[0-9]{1,10}(?:\.[0-9]{0,2}0{0,20})?|0*\.[0-9]{1,2}0{0,20}"

_SPELLINGS = {"canceled": "cancelled"}
_SPACE = " \t\n\v\f\r"  # what pyarrow's ascii_trim_whitespace trims
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(AMOUNT)
_NUMBER = re.compile(r"(?=\.?[0-9])([0-9]*)\.?[0-9]*")

type Problem = tuple[str, str]
"""What is wrong with a row or a file: a short reason code, and a message for people."""


def day_of(text: str) -> date | None:
    """The date that `text` names as YYYY-MM-DD, or None if it is none or impossible."""
    text = text.strip(_SPACE)
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def status_of(text: str) -> str | None:
    """The known status that `text` means, or None."""
    status = text.strip(_SPACE).lower()
    status = _SPELLINGS.get(status, status)
    return status if status in STATUSES else None


def problem_with(fields: list[str], width: int, wanted: list[int]) -> Problem | None:
    """The first thing wrong with a row, or None.

    Args:
        fields: the row's fields as they were read.
        width: number of the header's columns.
        wanted: places of COLUMNS among them.
    """
    if len(fields) != width:
        code = "too_few_fields" if len(fields) < width else "too_many_fields"
        return code, f"the header has {width} columns, this row {len(fields)} field{'' if len(fields) == 1 else 's'}"
    order_id, _, amount, status, day = (fields[place].strip(_SPACE) for place in wanted)
    if not order_id:
        return "order_id_missing", "OrderID is empty"
    if not day:
        return "order_date_missing", "OrderDate is empty"
    if day_of(day) is None:
        return "order_date_invalid", f"OrderDate is no real date of the form YYYY-MM-DD: {shown(day)}"
    if not _AMOUNT.fullmatch(amount):
        return _amount_problem(amount)
    if status_of(status) is None:
        if not status:
            return "status_missing", "Status is empty"
        return "status_unknown", f"Status is none of {', '.join(STATUSES)}: {shown(status)}"
    return None


def _amount_problem(amount: str) -> Problem:
    if not amount:
        return "amount_missing", "Amount is empty"
    if amount[0] == "-" and _NUMBER.fullmatch(amount, 1):
        return "amount_negative", f"Amount is negative: {shown(amount)}"
    number = _NUMBER.fullmatch(amount)
    if number is None:
        return "amount_invalid", f"Amount is not a plain decimal number: {shown(amount)}"
    if len(number[1].lstrip("0")) > 10:
        return "amount_too_large", f"Amount has more than ten digits before the point: {shown(amount)}"
    return "amount_too_precise", f"Amount has more than two decimals: {shown(amount)}"


def shown(value: str) -> str:
    """`value` as a message quotes it: its beginning, with escapes."""
    return repr(value if len(value) <= 60 else value[:60] + "…")
