"""An estimate of costs as text."""

DOCUMENTATION = r"""
name: cost_report
author: Headwater
short_description: An estimate of costs as text
description:
  - What the filter C(monthly_cost) gives, as lines of text for a person, or as rows of a Markdown table for one host.
positional: _input
options:
  _input:
    description: The estimate.
    type: dict
    required: true
  markdown:
    description: Hosts whose tables in Markdown are wanted, with commas between; empty for the whole estimate as text.
    type: str
    default: ""
"""

EXAMPLES = r"""
text: "{{ estimate | cost_report }}"
rows: "{{ estimate | cost_report(markdown='orders') }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from decimal import ROUND_HALF_UP, Decimal


def cost_report(estimate, markdown=""):
    """Lines of text; with `markdown`, names of hosts, the rows of their tables."""
    return [row for host in markdown.split(",") for row in table(estimate, host)] if markdown else text(estimate)


def dollars(amount):
    """Dollars with cents, half a cent upwards; the sum of exact amounts, not of rounded ones."""
    return str(Decimal(repr(float(amount))).quantize(Decimal("0.01"), ROUND_HALF_UP))


def quantity(amount):
    """Three figures, or whole numbers where there are more."""
    return f"{amount:,.0f}" if amount >= 100 or amount == int(amount) else f"{amount:.3g}" if amount >= 0.001 else f"{amount:.5f}"


def price(usd):
    """A unit's price with all its figures, and with two at least."""
    plain = f"{usd:.10f}".rstrip("0")
    return plain if len(plain.partition(".")[2]) >= 2 else f"{usd:.2f}"


def sums(lines, months):
    """Dollars of lines, for each month."""
    return [sum(line["costs"][number] for line in lines) for number in range(len(months))]


def grouped(lines, key):
    """{value of a key: its lines}, in the order in which they come first."""
    found = {}
    for line in lines:
        found.setdefault(line[key], []).append(line)
    return found


def ordinal(month):
    return f"month {month}"


def text(estimate):
    """The whole estimate: each host's lines, sums by service, what is free, what is left out."""
    months = estimate["months"]
    rows = [["", "unit price", *(cell for month in months for cell in (ordinal(month), "USD"))]]
    for host, lines in grouped(estimate["lines"], "host").items():
        rows.append([host])
        for line in lines:
            pairs = zip(line["quantities"], line["costs"], strict=True)
            figures = [cell for amount, cost in pairs for cell in (quantity(amount), dollars(cost))]
            rows.append([f"  {line['service']}: {line['what']}", f"{price(line['usd'])} / {line['unit']}", *figures])
        rows.append(["  sum", "", *(cell for cost in sums(lines, months) for cell in ("", dollars(cost)))])
    rows.append(["By service"])
    for service, lines in sorted(grouped(estimate["lines"], "service").items()):
        rows.append([f"  {service}", "", *(cell for cost in sums(lines, months) for cell in ("", dollars(cost)))])
    total = sums(estimate["lines"], months)
    rows.append(["All together, a month", "", *(cell for cost in total for cell in ("", dollars(cost)))])
    rows.append(["of which an account is always given", "", *(cell for cost in estimate["free"] for cell in ("", dollars(cost)))])
    left_out = [f"  {sentence}" for sentence in estimate["not_estimated"]] or ["  nothing that is declared"]
    return [*aligned(rows), "Not estimated", *left_out, "  data that leave AWS (the page's, to you), and taxes"]


def aligned(rows):
    """Rows as text: the first two columns to the left, figures to the right."""
    width = max(map(len, rows))
    full = [row + [""] * (width - len(row)) for row in rows]
    sizes = [max(map(len, column)) for column in zip(*[row for row in full if len([cell for cell in row if cell]) > 1], strict=True)]
    made = []
    for row in full:
        cells = [cell.ljust(size) if number < 2 else cell.rjust(size) for number, (cell, size) in enumerate(zip(row, sizes, strict=True))]
        made.append("  ".join(cells).rstrip())
    return made


def table(estimate, host):
    """Rows of a Markdown table of one host."""
    months = estimate["months"]
    lines = [line for line in estimate["lines"] if line["host"] == host]
    head = ["what", "unit price", *(cell for month in months for cell in (ordinal(month), "USD"))]
    rows = [f"| {' | '.join(head)} |", f"|---|---|{'---:|' * 2 * len(months)}"]
    for line in lines:
        pairs = zip(line["quantities"], line["costs"], strict=True)
        figures = [cell for amount, cost in pairs for cell in (quantity(amount), dollars(cost))]
        rows.append(f"| {' | '.join([f'{line["service"]}: {line["what"]}', f'{price(line["usd"])} / {line["unit"]}', *figures])} |")
    total = " ".join(f"| | **{dollars(cost)}**" for cost in sums(lines, months))
    return [*rows, f"| **sum** | {total} |"]


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"cost_report": cost_report}
