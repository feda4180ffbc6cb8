"""Words of a statement, with their places; comments left out."""

import re
from dataclasses import dataclass

from localcloud.athena.errors import SyntaxProblem
from localcloud.athena.sql.parser import place

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:[^'\\]|\\.|'')*')
      | (?P<quoted>"(?:[^"]|"")*"|`[^`]*`)
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_][\w$]*)
      | (?P<symbol><>|<=|>=|!=|[(),.=<>:;*?+/\-\[\]|%@{}&^~\#!])""",
    re.X | re.S,
)


@dataclass(frozen=True)
class Token:
    """`kind`: word, quoted, text, number, symbol; `value` without quotes; `start`, `end` in the source."""

    kind: str
    value: str
    start: int
    end: int

    def is_word(self, *words):
        return self.kind == "word" and self.value.upper() in words


def tokens(source):
    """The Tokens of a statement, one by one; SyntaxProblem at what is none."""
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if not match:
            raise SyntaxProblem(f"token recognition error at: '{source[at]}'", *place(source, at))
        kind, value = match.lastgroup, match[0]
        if kind == "text":
            value = _unescaped(value[1:-1])
        elif kind == "quoted":
            value = value[1:-1].replace('""', '"') if value[0] == '"' else value[1:-1]
        if kind != "space" and not (kind == "symbol" and value == ";" and not source[match.end() :].strip(" ;\r\n\t")):
            yield Token(kind, value, at, match.end())
        at = match.end()


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def _unescaped(value):
    """Hive's string escapes; '' is a quote as in SQL. `\\001` is a character by its octal number."""
    value = value.replace("''", "'")
    value = re.sub(r"\\([0-3][0-7]{2})", lambda match: chr(int(match[1], 8)), value)
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), value, flags=re.S)


class Reader:
    """Steps through Tokens; what is not as expected is a SyntaxProblem at its place.

    Tokens are read only as far as asked for: a query behind PREPARE or CREATE VIEW has another grammar.
    """

    def __init__(self, source):
        self.source, self.at = source, 0
        self._seen, self._more = [], tokens(source)

    def _peek(self, index):
        while len(self._seen) <= index:
            following = next(self._more, None)
            if following is None:
                return Token("end", "<EOF>", len(self.source), len(self.source))
            self._seen.append(following)
        return self._seen[index]

    @property
    def token(self):
        return self._peek(self.at)

    def remaining(self):
        """All the Tokens from here on."""
        self._seen += list(self._more)
        return self._seen[self.at :]

    def problem(self, expected):
        return SyntaxProblem(
            f"mismatched input '{self.token.value}'. Expecting: {expected}", *place(self.source, min(self.token.start, len(self.source)))
        )

    def take(self):
        token = self.token
        self.at += 1
        return token

    def words(self, *words):
        """Take this sequence of words if it is next."""
        if all(self._peek(self.at + i).is_word(word) for i, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def expect(self, *words):
        for word in words:
            if not self.words(word):
                raise self.problem(f"'{word}'")

    def symbol(self, value):
        if self.token.kind == "symbol" and self.token.value == value:
            self.at += 1
            return True
        return False

    def expect_symbol(self, value):
        if not self.symbol(value):
            raise self.problem(f"'{value}'")

    def name(self):
        """An identifier, folded to lower case as Glue keeps it."""
        if self.token.kind not in ("word", "quoted"):
            raise self.problem("an identifier")
        return self.take().value.lower()

    def qualified(self):
        """[database.]table → (database or None, table); a leading catalog is dropped."""
        parts = [self.name()]
        while self.symbol("."):
            parts.append(self.name())
        if len(parts) > 3 or (len(parts) == 3 and parts[0] != "awsdatacatalog"):
            raise self.problem("database.table")
        return (parts[-2] if len(parts) > 1 else None), parts[-1]

    def text(self):
        if self.token.kind not in ("text", "quoted"):
            raise self.problem("a string")
        return self.take().value

    def end(self):
        if self.token.kind != "end":
            raise self.problem("<EOF>")

    def rest(self):
        """The source from here on."""
        return self.source[self.token.start :].rstrip().rstrip(";").rstrip() if self.token.kind != "end" else ""
