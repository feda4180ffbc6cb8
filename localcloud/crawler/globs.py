"""Exclude patterns of a crawler's target, in the glob language that Glue documents."""

import re


def to_regex(pattern):
    """A compiled regex for whole paths relative to the target.

    `*` and `?` stay within a folder, `**` crosses folders, `[a-c]` and `[!a]` are one character,
    `{a,b}` is either, and a backslash takes the next character as it is.
    ValueError when a bracket or brace is left open.
    """
    out, i, depth = [], 0, 0
    while i < len(pattern):
        letter = pattern[i]
        i += 1
        if letter == "*":
            crosses = pattern[i : i + 1] == "*"
            i += crosses
            out.append(".*" if crosses else "[^/]*")
        elif letter == "?":
            out.append("[^/]")
        elif letter == "[":
            end = pattern.find("]", i + 1)
            if end < 0:
                raise ValueError(f"the exclude pattern {pattern!r} has a [ without its ]")
            out.append(_bracket(pattern[i:end]))
            i = end + 1
        elif letter == "{":
            depth += 1
            out.append("(?:")
        elif letter == "}" and depth:
            depth -= 1
            out.append(")")
        elif letter == "," and depth:
            out.append("|")
        elif letter == "\\" and i < len(pattern):
            out.append(re.escape(pattern[i]))
            i += 1
        else:
            out.append(re.escape(letter))
    if depth:
        raise ValueError(f"the exclude pattern {pattern!r} has a {{ without its }}")
    return re.compile("".join(out), re.DOTALL)


def _bracket(inside):
    negated = inside.startswith("!")
    # Within brackets only the hyphen is special in Glue's globs; all else stands for itself.
    body = "".join(letter if letter == "-" else re.escape(letter) for letter in inside[negated:])
    return f"(?:(?!/)[{'^' if negated else ''}{body}])"
