"""SVG elements as escaped markup, and the parts that charts share.

Charts have no viewBox: they are as wide as their place, in percent, and their text keeps its size on a phone. Colours come from
the style sheet, by class, since the Content-Security-Policy allows no style in the markup.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from markupsafe import Markup, escape


def element(tag, attributes, *children):
    """`<tag …>children</tag>`; attribute values and text children are escaped, None attributes left out, `_` in names is `-`."""
    shown = "".join(f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"' for name, value in attributes.items() if value is not None)
    return Markup("<{}{}>{}</{}>").format(Markup(tag), Markup(shown), Markup("").join(children), Markup(tag))  # noqa: S704 - escaped above


def image(found, kind, name, height, *children):
    """The outer `<svg role="img">` with the chart's title and description. `height` in pixels."""
    return element(
        "svg",
        {"class": f"chart chart-{kind.split()[0].lower()}", "role": "img", "height": height, "width": "100%"}
        | {"aria-labelledby": f"{name}-title {name}-text"},
        element("title", {"id": f"{name}-title"}, f"{found.y} by {found.x}"),
        element("desc", {"id": f"{name}-text"}, found.sentence(kind)),
        *children,
    )


def percent(fraction):
    """0.5 → `50%`."""
    return f"{float(fraction) * 100:.3f}".rstrip("0").rstrip(".") + "%"


def ticks(low, high, wanted=4):
    """Round numbers (Decimals, rising) that span `low` and `high` and zero; about `wanted` steps of 1, 2 or 5 × a power of ten."""
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        return [Decimal(0), Decimal(1)]
    rough = (high - low) / wanted
    power = Decimal(10) ** rough.adjusted()
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = (low / step).to_integral_value(ROUND_FLOOR), (high / step).to_integral_value(ROUND_CEILING)
    return [step * n for n in range(int(first), int(last) + 1)]


def short(number):
    """A tick's number in little room: 1500000 → `1.5M`; far from one, `1e+20`."""
    if number and not -5 <= number.adjusted() < 15:
        return f"{number.normalize():.3g}"
    for limit, unit in ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k")):
        if abs(number) >= limit:
            return f"{_plain(number / limit)}{unit}"
    return _plain(number)


def _plain(number):
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
