"""Predicates that say which files and row groups a scan needs not read."""

from dataclasses import dataclass, field

from sqlglot import exp

from localcloud.athena.sql import types as t
from localcloud.athena.sql.expressions import Expressions
from localcloud.athena.sql.scope import Column, Scope
from localcloud.athena.sql.values import Value, coerce


@dataclass(frozen=True)
class Predicate:
    """`sql` over a scan's columns `names`; `bounds`: (column, operator, constants' SQL) that say the same."""

    names: frozenset
    sql: str
    bounds: tuple = ()


#: The column that every table has besides its own: the s3:// location of the object that a row is in.
PATH = "$path"


@dataclass(eq=False)
class Scan:
    """One reference to a table. `columns`: (name, Type) in order; `used`: names that are read, perhaps PATH;
    `predicates`: each of them holds for every row that is wanted."""

    table: object
    alias: str
    token: str
    columns: list
    used: set = field(default_factory=set)
    predicates: list = field(default_factory=list)


class Pushdown:
    """Part of the Compiler: gives each condition to the scan that can use it."""

    def _offer(self, conjunct, needs, allowed):
        """Give a predicate over one scan's columns to that scan, through plain derived tables too."""
        columns = [need for need in needs if isinstance(need, Column)]
        if any(isinstance(part, exp.Anonymous) and not is_pure(part) for part in conjunct.walk()):
            return
        if not columns or len(columns) != len(needs) or any(id(column) not in allowed for column in columns):
            return
        origins = {}
        for column in columns:
            origin = column
            while origin.scan is None and origin.source is not None:
                origin = origin.source
            if origin.scan is None:
                return
            origins[column] = origin
        scans = {id(origin.scan) for origin in origins.values()}
        if len(scans) != 1:
            return
        scope = Scope([Column(c.name, Value(o.value.sql, c.value.type, zone=c.value.zone), c.table, source=o) for c, o in origins.items()])
        expressions = Expressions(self, scope)
        with self.needing():
            sql = expressions.boolean(conjunct, "WHERE clause").sql
            bounds = self._bounds(conjunct, expressions, scope)
        scan = next(iter(origins.values())).scan
        scan.predicates.append(Predicate(frozenset(origin.name for origin in origins.values()), sql, bounds))

    def _bounds(self, node, expressions, scope):
        """(column, operator, constants) of `column operator constant`, BETWEEN and IN, or of several of one column with =, IN and OR;
        () for anything else."""
        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, exp.Or):
            return _alternatives([self._bounds(part, expressions, scope) for part in node.flatten()])
        flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
        operators = {exp.EQ: "=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}

        def constant(side, column):
            if any(isinstance(part, exp.Column | exp.Query | exp.Anonymous | exp.Lambda) and not is_pure(part) for part in side.walk()):
                return None
            value = expressions(side)
            kind = column.value.type
            return coerce(value, kind).sql if t.common(value.type, kind) == kind else None

        def one(left, operator, right):
            if not isinstance(left, exp.Column):
                left, right, operator = right, left, flipped[operator]
            if not isinstance(left, exp.Column):
                return ()
            column, rest = scope.find([part.name.lower() for part in left.parts], None)
            sql = constant(right, column) if column is not None and not rest else None
            return ((column.source.name, operator, (sql,)),) if sql is not None else ()

        if type(node) in operators:
            return one(node.this, operators[type(node)], node.expression)
        if isinstance(node, exp.Between):
            return one(node.this, ">=", node.args["low"]) + one(node.this, "<=", node.args["high"])
        if isinstance(node, exp.In) and node.expressions and isinstance(node.this, exp.Column):
            column, rest = scope.find([part.name.lower() for part in node.this.parts], None)
            sqls = [constant(item, column) for item in node.expressions] if column is not None and not rest else [None]
            return () if None in sqls else ((column.source.name, "in", tuple(sqls)),)
        return ()


def _alternatives(choices):
    """`a = 1 OR a IN (2, 3)` as one bound `a in 1, 2, 3`; () where the choices are of another kind."""
    single = [choice[0] for choice in choices if len(choice) == 1 and choice[0][1] in ("=", "in")]
    if len(single) < len(choices) or len({name for name, _, _ in single}) > 1:
        return ()
    return ((single[0][0], "in", tuple(constant for _, _, constants in single for constant in constants)),)


def conjuncts(node):
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.And):
        for part in node.flatten():
            yield from conjuncts(part)
    else:
        yield node


def is_pure(node):
    """A call without columns gives one value for the whole query, unless it is random."""
    return isinstance(node, exp.Anonymous) and str(node.this).lower() not in ("random", "rand", "uuid", "shuffle")
