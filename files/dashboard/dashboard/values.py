"""Athena's texts as values, and values as text for people."""

import math
import re
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal

WHOLE = ("tinyint", "smallint", "integer", "int", "bigint")
REAL = ("float", "real", "double")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
# Control characters, and those that turn the direction of the text around them or have no width. Tab and newline are white space.
_UNSEEN = (*range(9), *range(11, 32), *range(127, 160), 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A))
_UNSEEN += (0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB, 0xFFFE, 0xFFFF)
_SEEN = {code: f"[U+{code:04X}]" for code in _UNSEEN}


def typed(text, kind):
    """A cell of Athena's (text or None) as a JSON value: int, finite float, bool, None, and everything else its text.

    Decimals stay text, since a float would not be exact; so do NaN and Infinity, which JSON lacks.
    """
    if text is None:
        return None
    if kind in WHOLE:
        return int(text)
    if kind in REAL:
        number = float(text)
        return number if math.isfinite(number) else text
    if kind == "boolean":
        return text.lower() == "true"
    return text


def is_numeric(kind):
    """Whether a column of this Athena type (`decimal(12,2)`, `bigint`, …) holds numbers."""
    return kind in WHOLE or kind in REAL or kind.startswith("decimal")


def number(value):
    """A typed cell as a Decimal for drawing; None where it is no finite number."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value)
    return Decimal(text) if _PLAIN_NUMBER.fullmatch(text) else None


def shown(value, kind=""):
    """A typed cell as text for people: thousands set apart, unseen characters made visible; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (kind.startswith("decimal") and _PLAIN_NUMBER.fullmatch(value)):
        return f"{Decimal(value):,}"
    return visible(str(value))


def visible(text):
    """`text` with its unseen characters replaced by their code in brackets, so that none acts and none hides."""
    return text.translate(_SEEN)


def shortened(text, length):
    """`text` cut to at most `length` characters, with an ellipsis where something is gone."""
    return text if len(text) <= length else text[: length - 1] + "…"


def heading(column):
    """A column's name for people: `total_sales` → `Total sales`."""
    words = visible(column).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def size(count):
    """Bytes for people, in powers of 1000 as AWS bills them: 1234567 → `1.2 MB`."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{count:,} bytes" if unit == "bytes" else f"{amount:.1f} {unit}".replace(".0 ", " ")
        amount /= 1000
    return f"{amount:,.1f} TB"


def duration(seconds):
    """A run time for people: `42 ms`, `1.50 s`, `12 s`, `2 min 5 s`."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def age(seconds):
    """How long ago, for people: `just now`, `40 seconds ago`, `3 hours ago`."""
    if seconds < 5:
        return "just now"
    for limit, divisor, unit in ((60, 1, "second"), (3_600, 60, "minute"), (172_800, 3_600, "hour")):
        if seconds < limit:
            count = int(seconds // divisor)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return f"{int(seconds // 86_400)} days ago"


def dollars(amount):
    """A Decimal of dollars for people; small ones keep the digits that say something: `$0.00005`, `$1.25`."""
    if amount >= 1:
        return f"${amount:,.2f}"
    text = f"{amount.quantize(Decimal('0.000001'), ROUND_CEILING):f}".rstrip("0")
    return f"${text}0" if text.endswith(".") else f"${text}"


def moment(text):
    """An ISO 8601 text as a datetime in UTC; None where it is none. Without an offset it counts as UTC."""
    try:
        when = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
