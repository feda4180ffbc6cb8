"""The last thing on the screen: where everything is and what to do next."""

import textwrap

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: closing_summary
type: aggregate
author: Headwater
short_description: Print a closing box
description:
  - After the recap, prints the lines that a play left with C(set_stats) as C(closing_box), a list of title and text pairs, in a box.
  - After a failure only those that say C(always), such as a password that nobody could know otherwise.
"""

WIDTH = 100


def box(pairs):
    """The lines of a box around [(title, text)]; long texts are folded, never cut."""
    label = max(len(title) for title, _ in pairs)
    lines = []
    for title, text in pairs:
        folded = textwrap.wrap(str(text), WIDTH - label - 6, break_long_words=False, break_on_hyphens=False) or [""]
        lines += [f"{title if not index else '':<{label}}  {part}" for index, part in enumerate(folded)]
    width = max(map(len, lines))
    edge = "─" * (width + 2)
    return [f"┌{edge}┐", *(f"│ {line:<{width}} │" for line in lines), f"└{edge}┘"]


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
        if pairs:
            for line in box([(pair["title"], pair["text"]) for pair in pairs]):
                self._display.display(line)
