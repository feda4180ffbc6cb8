"""The first row of a file: which columns it has, and where."""

from typing import NamedTuple

from s3_inputs.stream import UnreadableFileError

from orders_csv.cutting import fields_of
from orders_csv.rules import COLUMNS, shown


class Header(NamedTuple):
    """A file's columns: how many, at which places COLUMNS lie among them, and the names of the others as written."""

    width: int
    wanted: list[int]
    extra: list[str]


class HeaderError(ValueError):
    """The first row is no header, or not one of orders: the file is rejected whole.

    Attributes:
        code: short reason, as in `Summary.rejected_by_reason`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_header(row: bytes, open_quote: bool, limit: int) -> Header:
    """Read the file's first row.

    Args:
        row: its bytes without line end, cut off after `limit` + 1.
        open_quote: the file ends inside a quote of this row.
        limit: the most bytes that a row may have.

    Raises:
        HeaderError: there is no header, or a column is missing or there twice.
        UnreadableFileError: the file is no UTF-8 text.
    """
    if b"\0" in row:
        raise UnreadableFileError(
            "not_text", f"the file is not UTF-8 text: it begins with {row[:16]!r}. Save it as UTF-8 (UTF-16 has such NULs)."
        )
    if len(row) > limit or open_quote:
        raise HeaderError("no_header", f"there is no header row: the first row does not end within {min(len(row), limit)} bytes")
    return _columns(row.decode(errors="replace"))


def _columns(text: str) -> Header:
    names = [name.strip() for name in fields_of(text)]
    known = [name.lower() for name in names]
    missing = [name for name in COLUMNS if name.lower() not in known]
    repeated = [name for name in COLUMNS if known.count(name.lower()) > 1]
    if len(missing) == len(COLUMNS):
        raise HeaderError("no_header", f"there is no header row: none of {', '.join(COLUMNS)} is in the first row, {shown(text)}")
    if missing:
        more = ", …" if len(names) > 20 else ""
        raise HeaderError("column_missing", f"the header lacks {', '.join(missing)}; it has {', '.join(map(shown, names[:20]))}{more}")
    if repeated:
        raise HeaderError("column_repeated", f"the header has {', '.join(repeated)} more than once, so it is unclear which one counts")
    wanted = [known.index(name.lower()) for name in COLUMNS]
    return Header(len(names), wanted, [name for place, name in enumerate(names) if place not in wanted])
