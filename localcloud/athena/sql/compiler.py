"""Queries → one DuckDB statement.

Every relation's columns are named c0, c1 … inside, so no name of the user's reaches DuckDB. Tables are
left as placeholders (`Scan.token`): which files they are is found afterwards, knowing the predicates.
The clauses have files of their own beside this one.
"""

import secrets
from contextlib import contextmanager

from sqlglot import exp

from localcloud.athena.errors import QueryError, SyntaxProblem, not_supported
from localcloud.athena.sql.grouping import Grouping
from localcloud.athena.sql.joins import Joins
from localcloud.athena.sql.ordering import Ordering
from localcloud.athena.sql.parser import parse, parse_expression, position
from localcloud.athena.sql.pushdown import Pushdown
from localcloud.athena.sql.scope import mark
from localcloud.athena.sql.select import Select
from localcloud.athena.sql.sets import Sets
from localcloud.athena.sql.sources import Sources

_MAX_DEPTH = 60  # views within views; a view that names itself must not run for ever


class Compiler(Select, Grouping, Ordering, Sets, Sources, Joins, Pushdown):
    """Compiles one query. `catalog.table(database, name)` gives a Table (columns as (name, Type)) or None."""

    def __init__(self, text, catalog, database, now, parameters=()):
        self.text, self.catalog, self.database, self.now = text, catalog, database, now
        self.parameters, self.scans = list(parameters), []
        self.in_aggregate, self.windows, self.depth = False, {}, 0
        self._numbers, self._needs, self._nonce = 0, [], secrets.token_hex(8)

    def number(self):
        self._numbers += 1
        return self._numbers

    # --- what is read

    def need(self, *columns):
        if self._needs:
            self._needs[-1].update(columns)

    @contextmanager
    def needing(self):
        """Collects what is needed inside; the caller decides whose need it is."""
        self._needs.append(set())
        try:
            yield self._needs[-1]
        finally:
            self._needs.pop()

    # --- entry points

    def compile(self):
        """The Relation of the whole text; `self.scans` says what it reads."""
        tree = parse(self.text)
        self._bind_parameters(tree)
        relation = self.query(tree, None, {})
        mark([relation])
        return relation

    def _bind_parameters(self, tree):
        holes = [node for node in tree.walk() if isinstance(node, exp.Placeholder)]
        if len(holes) != len(self.parameters):
            raise QueryError(
                "INVALID_PARAMETER_USAGE", f"Incorrect number of parameters: expected {len(holes)} but found {len(self.parameters)}", (1, 1)
            )
        holes.sort(key=lambda hole: hole.meta["start"])
        for hole, text in zip(holes, self.parameters, strict=True):
            hole.replace(exp.Paren(this=_constant(text)))

    def subquery(self, node, scope):
        """A query inside an expression: all of it is needed by whoever asks."""
        while isinstance(node, exp.Subquery) and not node.alias:
            node = node.this
        outer, self.in_aggregate = self.in_aggregate, False
        relation = self.query(node, scope, self._ctes)
        self.in_aggregate = outer
        self.need(relation)
        return relation

    _ctes: dict = {}  # noqa: RUF012 - replaced, never changed in place

    def query(self, node, outer, ctes):
        """Any query: SELECT, VALUES, set operation, parenthesised."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise QueryError("VIEW_IS_RECURSIVE", "the query or its views are nested too deeply")
        before = self._ctes
        self._ctes = ctes = self._with(node, ctes)
        try:
            if isinstance(node, exp.Select):
                return self._select(node, outer, ctes)
            if isinstance(node, exp.SetOperation):
                return self._set_operation(node, outer, ctes)
            if isinstance(node, exp.Values):
                return self._values(node, outer)
            if isinstance(node, exp.Subquery):
                return self._parenthesised(node, outer, ctes)
            if isinstance(node, exp.Table):
                return self._table_query(node, outer, ctes)
            raise not_supported(type(node).__name__, position(node, self.text))
        finally:
            self._ctes = before
            self.depth -= 1

    def _with(self, node, ctes):
        clause = node.args.get("with_") or node.args.get("with")
        if not clause:
            return ctes
        if clause.args.get("recursive"):
            raise not_supported("WITH RECURSIVE", position(node, self.text))
        ctes = dict(ctes)
        for item in clause.expressions:
            # compiled anew at each use, as Trino does; what it may name is what came before it
            columns = [column.name.lower() for column in item.args["alias"].columns]
            ctes[item.alias.lower()] = (item.this, columns, dict(ctes), self.text, self.database)
        return ctes


def _constant(text):
    """An execution parameter: a literal, perhaps signed, typed or cast; not a name."""
    try:
        tree = parse_expression(text)
    except SyntaxProblem as error:
        raise QueryError(
            "INVALID_PARAMETER_USAGE", f"the execution parameter {text} is no SQL literal; text needs its own single quotes, as in '{text}'"
        ) from error
    if any(isinstance(node, exp.Column | exp.Query | exp.Placeholder) for node in tree.walk()):
        raise QueryError(
            "INVALID_PARAMETER_USAGE", f"the execution parameter {text} is no SQL literal; text needs its own single quotes, as in '{text}'"
        )
    return tree
