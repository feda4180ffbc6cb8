"""The last thing on the screen: where everything is and what to do next."""

import math
import textwrap

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: closing_summary
type: aggregate
author: Headwater
short_description: Print a closing box
description:
  - After the recap, prints what plays left with C(set_stats) as C(closing_box) in a box. It is a list of rows, each with a C(title)
    and either C(text), which is folded, or C(lines), which stay as they are, such as commands to copy.
  - Rows with an C(order) come first, the smallest at the top; the others follow as they were left.
  - After a failure only those that say C(always), such as a password that nobody could know otherwise.
"""

#: Of folded text, edges included.
WIDTH = 110


def box(pairs):
    """The lines of a box around [(title, text)]; a text is folded, its words never cut, a list of lines stays as it is."""
    label = max(len(title) for title, _ in pairs)
    lines = []
    for title, text in pairs:
        parts = text if isinstance(text, list) else folded(str(text), WIDTH - label - 6)
        lines += [f"{title if not index else '':<{label}}  {part}" for index, part in enumerate(parts)]
    width = max(map(len, lines))
    edge = "─" * (width + 2)
    return [f"┌{edge}┐", *(f"│ {line:<{width}} │" for line in lines), f"└{edge}┘"]


def folded(text, width):
    """Lines of at most this width, unless a word is longer."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


class CallbackModule(CallbackBase):
    """Acts once, after the recap."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "closing_summary"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_stats(self, stats):
        pairs = stats.custom.get("_run", {}).get("closing_box") or []
        if any(stats.failures.values()) or any(stats.dark.values()):
            pairs = [pair for pair in pairs if pair.get("always")]
        # Which role speaks first says nothing about what a reader looks for first.
        pairs = sorted(pairs, key=lambda pair: pair.get("order", math.inf))
        if pairs:
            for line in box([(pair["title"], pair["lines"] if "lines" in pair else pair["text"]) for pair in pairs]):
                self._display.display(line)
