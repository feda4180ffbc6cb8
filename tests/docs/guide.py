"""docs/add-a-pipeline.md as data: the files that it makes, the edits, and the commands."""

import re
from pathlib import Path

# A line that is a file's name and no more (and perhaps what it is), then a fenced block.
_FILE = re.compile(r"^`([\w./-]+)`(?:, [^\n]*)?:\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files(text):
    """{path: content} of the blocks that are whole files."""
    return {path: body for path, kind, body in _FILE.findall(text) if kind != "diff"}


def edits(text):
    """[(path, text before, text after)] of the blocks that change a file."""
    found = []
    for path, kind, body in _FILE.findall(text):
        if kind == "diff":
            lines = body.splitlines(keepends=True)
            before, after = ("".join(line[1:] for line in lines if line[0] != other) for other in "+-")
            found.append((path, before, after))
    return found


def commands(text):
    """The lines of the blocks that are commands, each as a list of words."""
    return [line.split() for block in _COMMANDS.findall(text) for line in block.splitlines()]


def apply(text, root):
    """Do to the repository at `root` what the page says; ValueError where an edit does not fit."""
    for path, before, after in edits(text):
        file = Path(root) / path
        content = file.read_text()
        if content.count(before) != 1:
            raise ValueError(f"the edit of {path} fits {content.count(before)} places; it must be one:\n{before}")
        file.write_text(content.replace(before, after))
    for path, content in files(text).items():
        file = Path(root) / path
        if file.exists():
            raise ValueError(f"{path} is there already, and the page would write over it")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
