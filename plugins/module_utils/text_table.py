"""Tables as plain text, for what a playbook tells a person."""


def lines(header, rows, limit=1000, width=60):
    """Lines of a table: `header` and `rows` are lists of texts, of the same length.

    Columns are as wide as what stands in them, at most `width`; longer cells are cut, with an ellipsis. Rows after `limit` are counted.
    """
    shown = [[_cell(value, width) for value in row] for row in (header, *rows[:limit])]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    made = ["  ".join(value.ljust(size) for value, size in zip(row, widths, strict=True)).rstrip() for row in shown]
    made.insert(1, "  ".join("-" * size for size in widths))
    return made + ([f"... and {len(rows) - limit} more"] if len(rows) > limit else [])


def _cell(value, width):
    """One line of text without characters that would act on a terminal."""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in str(value)).split())
    return text if len(text) <= width else text[: width - 1] + "…"
