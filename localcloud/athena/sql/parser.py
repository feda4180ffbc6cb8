"""Text → syntax tree, by sqlglot's Trino parser with its function knowledge taken out.

sqlglot renames and rearranges functions it knows (for transpiling by text); here each function stays
as written, since our own tables say what it means. What sqlglot lets pass and Trino does not is refused.
"""

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import TokenType

from localcloud.athena.errors import SyntaxProblem

_SPECIAL = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION")
_FOREIGN_TOKENS = {
    TokenType.DCOLON: "::",
    TokenType.COLON: ":",
    TokenType.QUALIFY: "QUALIFY",
    TokenType.DIV: "DIV",
    TokenType.GLOB: "GLOB",
    TokenType.ILIKE: "ILIKE",
    TokenType.RLIKE: "RLIKE",
    TokenType.SEMI: "SEMI",
    TokenType.ANTI: "ANTI",
    TokenType.ASOF: "ASOF",
}
_AFTER_COMMA = {
    TokenType.FROM,
    TokenType.WHERE,
    TokenType.GROUP_BY,
    TokenType.ORDER_BY,
    TokenType.HAVING,
    TokenType.LIMIT,
    TokenType.R_PAREN,
}


def _hole(parser):
    """A `?` that knows its place: parameters are bound in the order of the text."""
    made = exp.Placeholder()
    made.meta["start"] = parser._prev.start
    return made


class AthenaQuery(Trino):
    """Trino's grammar; subscripts stay as written, function calls stay anonymous."""

    INDEX_OFFSET = 0

    class Parser(Trino.Parser):
        FUNCTIONS = {}  # noqa: RUF012 - sqlglot's way to configure a dialect
        PLACEHOLDER_PARSERS = {TokenType.PLACEHOLDER: _hole}  # noqa: RUF012
        FUNCTION_PARSERS = {name: parse for name, parse in Trino.Parser.FUNCTION_PARSERS.items() if name in _SPECIAL}  # noqa: RUF012


def place(text, offset):
    """(line, column) of a character, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def parse(text):
    """The tree of one query (SELECT, VALUES, TABLE, WITH …); SyntaxProblem in Trino's words."""
    try:
        tokens = sqlglot.tokenize(text, read=AthenaQuery)
        _check_tokens(text, tokens)
        trees = sqlglot.parse(text, read=AthenaQuery)
    except TokenError as error:
        raise SyntaxProblem(f"mismatched input: {str(error).splitlines()[0]}") from error
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        seen = first.get("highlight") or "<EOF>"
        offset = _offset_of(text, first)
        line, column = place(text, offset) if offset is not None else (first.get("line") or 1, first.get("col") or 1)
        raise SyntaxProblem(f"mismatched input '{seen}'. {first.get('description', error)}", line, column) from error
    except RecursionError as error:
        raise SyntaxProblem("the statement is nested too deeply") from error
    trees = [tree for tree in trees if tree is not None]
    if len(trees) != 1 or isinstance(trees[0], exp.Semicolon) or type(trees[0]).__name__ == "Block":
        raise SyntaxProblem("Only one sql statement is allowed. Got: " + text if trees else "mismatched input '<EOF>'")
    tree = trees[0]
    if not isinstance(tree, exp.Query | exp.Values):
        raise SyntaxProblem(f"mismatched input '{text.split()[0]}'. Expecting: a query")
    return tree


def parse_expression(text):
    """The tree of one scalar expression, e.g. an execution parameter."""
    tree = parse(f"SELECT {text}")
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or any(v for k, v in tree.args.items() if k != "expressions" and v):
        raise SyntaxProblem(f"mismatched input '{text}'. Expecting: an expression")
    return tree.expressions[0]


def _offset_of(text, problem):
    context, seen = problem.get("start_context"), problem.get("highlight")
    if not context or not seen:
        return None
    found = text.find(context + seen)
    return found + len(context) if found >= 0 else None


def _check_tokens(text, tokens):
    for number, token in enumerate(tokens):
        if token.token_type in _FOREIGN_TOKENS:
            raise SyntaxProblem(f"mismatched input '{token.text}'", *place(text, token.start))
        following = tokens[number + 1].token_type if number + 1 < len(tokens) else None
        if token.token_type == TokenType.COMMA and (following is None or following in _AFTER_COMMA):
            offset = tokens[number + 1].start if following else len(text)
            raise SyntaxProblem(f"mismatched input '{tokens[number + 1].text if following else '<EOF>'}'", *place(text, offset))


def position(node, text):
    """(line, column) where a node starts in `text`, or None if the parser did not keep it."""
    starts = [child.meta["start"] for child in node.walk() if child.meta.get("start") is not None]
    return place(text, min(starts)) if starts else None
