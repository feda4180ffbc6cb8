"""Queries: FROM, WHERE, GROUP BY …, set operations and CTEs → one DuckDB statement.

Every relation's columns are named c0, c1 … inside, so no name of the user's reaches DuckDB. Tables are
left as placeholders (`Scan.token`): which files they are is found afterwards, knowing the predicates.
"""

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlglot import exp

from localcloud.athena.errors import QueryError, SyntaxProblem, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.expressions import Expressions
from localcloud.athena.sql.parser import parse, parse_expression, position
from localcloud.athena.sql.scope import Column, Relation, Scope, mark
from localcloud.athena.sql.values import Value, coerce

_SELECT_ARGS = {
    "with_", "with", "expressions", "from_", "from", "joins", "where", "group", "having", "windows", "order", "limit", "offset", "distinct", "laterals", "kind",
    "operation_modifiers", "hint",
}  # fmt: skip
_MAX_DEPTH = 60  # views within views; a view that names itself must not run for ever


@dataclass(frozen=True)
class Predicate:
    """`sql` over a scan's columns `names`; `bounds`: (column, operator, constants' SQL) that say the same."""

    names: frozenset
    sql: str
    bounds: tuple = ()


@dataclass(eq=False)
class Scan:
    """One reference to a table. `columns`: (name, Type) in order; `used`: names that are read;
    `predicates`: each of them holds for every row that is wanted."""

    table: object
    alias: str
    token: str
    columns: list
    used: set = field(default_factory=set)
    predicates: list = field(default_factory=list)


class Compiler:
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

    # --- SELECT

    def _select(self, node, outer, ctes):
        self._refuse_unknown(node)
        windows_before, self.windows = self.windows, {}
        for window in node.args.get("windows") or []:
            self.windows[window.this.name.lower() if window.this else window.alias.lower()] = window
        with self.needing() as always:
            source, scope = self._from(node, outer, ctes)
            where = self._where(node, scope)
            result = self._projected(node, scope, source, where, always)
        self.windows = windows_before
        return result

    def _refuse_unknown(self, node):
        for name, value in node.args.items():
            if value and name not in _SELECT_ARGS:
                raise not_supported(f"{name.upper()} in a SELECT", position(node, self.text))
        for name in ("kind", "hint", "operation_modifiers", "laterals"):
            if node.args.get(name):
                raise not_supported(f"{name} in a SELECT", position(node, self.text))

    def _from(self, node, outer, ctes):
        clause = node.args.get("from_") or node.args.get("from")
        scope = Scope([], outer)
        if not clause:
            return "", scope
        sql, columns = self._relation(clause.this, scope, ctes)
        scope.columns = columns
        pushable = [column for column in columns]
        for join in [*(clause.this.args.get("joins") or []), *(node.args.get("joins") or [])]:
            sql = self._join(sql, join, scope, ctes, pushable)
        scope.pushable = pushable
        return f" FROM {sql}", scope

    def _where(self, node, scope):
        clause = node.args.get("where")
        if not clause:
            return ""
        parts = []
        for conjunct in _conjuncts(clause.this):
            with self.needing() as needs:
                expression = Expressions(self, scope)
                condition = expression.boolean(conjunct, "WHERE clause")
            if expression.aggregated:
                raise QueryError(
                    "EXPRESSION_NOT_SCALAR",
                    "WHERE clause cannot contain aggregations, window functions or grouping operations",
                    expression.at(conjunct),
                )
            self.need(*needs)
            self._offer(conjunct, needs, set(map(id, scope.pushable)))
            parts.append(condition.sql)
        return f" WHERE {' AND '.join(parts)}"

    def _offer(self, conjunct, needs, allowed):
        """Give a predicate over one scan's columns to that scan, through plain derived tables too."""
        columns = [need for need in needs if isinstance(need, Column)]
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
        """(column, operator, constants) of `column operator constant`, BETWEEN and IN; () for anything else."""
        flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
        operators = {exp.EQ: "=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}

        def constant(side, column):
            if any(isinstance(part, exp.Column | exp.Query | exp.Anonymous | exp.Lambda) and not _is_pure(part) for part in side.walk()):
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

    def _projected(self, node, scope, source, where, always):
        group = node.args.get("group")
        expressions = Expressions(self, scope)
        outputs = []  # (name, Value, needs, source Column)
        for item in node.expressions:
            outputs += self._output(item, scope, expressions)
        names = [name for name, *_ in outputs]
        group_sql, keys = self._group(group, node, scope, outputs)
        aggregated = expressions.aggregated or group is not None or node.args.get("having") is not None
        having = self._having(node, scope)
        self._check_grouping(node, scope, keys, aggregated, outputs)
        for name in [name for name, value, *_ in outputs if value.type.name == "interval"]:
            raise not_supported(f"an interval named {name}")
        distinct = node.args.get("distinct")
        if distinct and distinct.args.get("on"):
            raise not_supported("DISTINCT ON", position(node, self.text))
        order, needs_all = self._order(node, scope, outputs, aggregated, keys, bool(distinct))
        limit = self._limit(node)
        listed = ", ".join(f"{value.sql} AS c{i}" for i, (_, value, *_) in enumerate(outputs))
        sql = f"SELECT {'DISTINCT ' if distinct else ''}{listed}{source}{where}{group_sql}{having}{order}{limit}"
        relation = Relation(sql, names, [value.type for _, value, *_ in outputs], [], set(always))
        relation.zones = [value.zone for _, value, *_ in outputs]
        for _, _, needs, _ in outputs:
            relation.needs.append(tuple(needs))
            if distinct or needs_all:
                relation.always.update(needs)
        if not (aggregated or distinct or limit or any(True for item in node.find_all(exp.Window))):
            relation.sources = [column for *_, column in outputs]
        else:
            relation.sources = [None] * len(outputs)
        return relation

    def _output(self, item, scope, expressions):
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            return self._star(item, scope)
        inner = item.this if isinstance(item, exp.Alias) else item
        with self.needing() as needs:
            value = expressions(inner)
        name = item.alias if isinstance(item, exp.Alias) else (inner.name if isinstance(inner, exp.Column | exp.Dot) else None)
        column = None
        if len(needs) == 1 and isinstance(inner, exp.Column):
            only = next(iter(needs))
            column = only if isinstance(only, Column) and only.value.sql == value.sql else None
        return [(name.lower() if name else None, value, needs, column)]

    def _star(self, item, scope):
        if any(item.args.get(part) for part in ("except_", "except", "replace", "rename")):
            raise not_supported("* EXCEPT or REPLACE", position(item, self.text))
        qualifier = [part.name.lower() for part in item.parts[:-1]] if isinstance(item, exp.Column) else []
        chosen = [
            column
            for column in scope.columns
            if (not column.hidden if not qualifier else column.table[-len(qualifier) :] == tuple(qualifier))
        ]
        if not chosen:
            if qualifier:
                raise QueryError("TABLE_NOT_FOUND", f"Unable to resolve reference {'.'.join(qualifier)}", position(item, self.text))
            raise QueryError("COLUMN_NOT_FOUND", "SELECT * not allowed in queries without FROM clause", position(item, self.text) or (1, 8))
        return [(column.name, column.value, {column}, column) for column in chosen]

    # --- GROUP BY

    def _group(self, group, node, scope, outputs):
        """(SQL, the keys' SQL texts)."""
        if group is None:
            return "", set()
        if group.args.get("all") or group.args.get("totals"):
            raise not_supported("GROUP BY ALL", position(group, self.text))
        keys = set()

        def key(item):
            value = self._group_key(item, scope, outputs)
            keys.add(value.sql)
            return value.sql

        def tuple_of(item):
            inner = item.this if isinstance(item, exp.Paren) else item
            items = inner.expressions if isinstance(inner, exp.Tuple) else [inner]
            return f"({', '.join(key(part) for part in items)})"

        def element(item):
            if isinstance(item, exp.Tuple | exp.Paren) and not isinstance(item, exp.Rollup):
                return tuple_of(item)
            for kind, word in ((exp.Rollup, "ROLLUP"), (exp.Cube, "CUBE"), (exp.GroupingSets, "GROUPING SETS")):
                if isinstance(item, kind):
                    return f"{word} ({', '.join(element(part) if not isinstance(part, exp.Column) else key(part) for part in item.expressions)})"
            return key(item)

        parts = [element(item) for item in group.expressions]
        for name in ("grouping_sets", "rollup", "cube"):
            parts += [element(item) for item in group.args.get(name) or []]
        return f" GROUP BY {', '.join(parts)}", keys

    def _group_key(self, item, scope, outputs):
        if isinstance(item, exp.Literal) and not item.is_string:
            index = int(item.this) if item.this.isdigit() else 0
            if not 1 <= index <= len(outputs):
                raise QueryError(
                    "INVALID_COLUMN_REFERENCE", f"GROUP BY position {item.this} is not in select list", position(item, self.text)
                )
            self.need(*outputs[index - 1][2])
            return outputs[index - 1][1]
        expression = Expressions(self, scope)
        value = expression(item)
        if expression.aggregated:
            raise QueryError(
                "EXPRESSION_NOT_SCALAR",
                "GROUP BY clause cannot contain aggregations, window functions or grouping operations",
                expression.at(item),
            )
        if value.type.name in ("map", "json"):
            raise not_supported(f"GROUP BY a {value.type}", expression.at(item))
        return value

    def _having(self, node, scope):
        clause = node.args.get("having")
        return f" HAVING {Expressions(self, scope).boolean(clause.this, 'HAVING clause').sql}" if clause else ""

    def _check_grouping(self, node, scope, keys, aggregated, outputs):
        """In a grouped query, what is no aggregate must be (made of) keys."""
        if not aggregated:
            return
        for item in node.expressions:
            if isinstance(item, exp.Star):
                loose = [value for _, value, *_ in outputs if value.sql not in keys]
                if loose:
                    raise QueryError(
                        "EXPRESSION_NOT_AGGREGATE",
                        "'*' must be an aggregate expression or appear in GROUP BY clause",
                        position(item, self.text),
                    )
                continue
            self._grouped(item.this if isinstance(item, exp.Alias) else item, scope, keys)
        if node.args.get("having"):
            self._grouped(node.args["having"].this, scope, keys)

    def _grouped(self, item, scope, keys):
        from localcloud.athena.sql import aggregates

        if isinstance(item, exp.Literal | exp.Null | exp.Boolean | exp.Subquery | exp.Select | exp.DataType | exp.Lambda | exp.Exists):
            return
        if isinstance(item, exp.Filter | exp.WithinGroup):
            return
        if isinstance(item, exp.Anonymous) and aggregates.known(str(item.this).lower()):
            return
        if isinstance(item, exp.Window):
            # an aggregate over the groups: its own arguments are seen after grouping
            inner = item.this
            parts = [*getattr(inner, "expressions", []), *(item.args.get("partition_by") or [])]
            parts += [ordered.this for ordered in (item.args.get("order").expressions if item.args.get("order") else [])]
            for part in parts:
                self._grouped(part, scope, keys)
            return
        with self.needing():
            try:
                compiled = (
                    Expressions(self, scope)(item).sql
                    if not isinstance(item, exp.Identifier | exp.Var | exp.Ordered | exp.Order | exp.Distinct | exp.Star | exp.If)
                    else None
                )
            except QueryError:
                compiled = None
        if compiled is not None and (compiled in keys or compiled.strip("()") in {key.strip("()") for key in keys}):
            return
        if isinstance(item, exp.Column | exp.Dot):
            column, _ = scope.find([part.name.lower() for part in item.parts], None)
            if column is not None and column not in scope.columns:
                return  # of an enclosing query: one value for all groups
            shown = item.sql("trino")
            raise QueryError(
                "EXPRESSION_NOT_AGGREGATE",
                f"'{shown}' must be an aggregate expression or appear in GROUP BY clause",
                position(item, self.text),
            )
        for child in item.iter_expressions():
            self._grouped(child, scope, keys)

    # --- ORDER BY, LIMIT

    def _order(self, node, scope, outputs, aggregated, keys, distinct):
        clause = node.args.get("order")
        if not clause:
            return "", False
        aliases = {}
        for item, (name, value, needs, _) in zip(self._plain_items(node, outputs), outputs, strict=False):
            if name and isinstance(item, exp.Alias):
                aliases[name] = Column(name, value, needs=tuple(needs))
        inner = Scope(scope.columns, scope.parent, scope.variables, aliases)
        expressions = Expressions(self, inner)
        parts = []
        for item in clause.expressions:
            if isinstance(item.this, exp.Literal) and not item.this.is_string:
                index = int(item.this.this) if item.this.this.isdigit() else 0
                if not 1 <= index <= len(outputs):
                    raise QueryError(
                        "INVALID_COLUMN_REFERENCE", f"ORDER BY position {item.this.this} is not in select list", position(item, self.text)
                    )
                value = outputs[index - 1][1]
                self.need(*outputs[index - 1][2])
            else:
                value = expressions(item.this)
                if distinct and value.sql not in {output.sql for _, output, *_ in outputs}:
                    raise QueryError(
                        "EXPRESSION_NOT_IN_DISTINCT",
                        "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
                        expressions.at(item),
                    )
                if aggregated and not (isinstance(item.this, exp.Column) and item.this.name.lower() in aliases and not item.this.table):
                    self._grouped(item.this, inner, keys)
            parts.append(expressions.order_item(value, item))
        return f" ORDER BY {', '.join(parts)}", False

    def _plain_items(self, node, outputs):
        items = node.expressions
        return items if len(items) == len(outputs) else [None] * len(outputs)

    def _limit(self, node):
        limit, offset = node.args.get("limit"), node.args.get("offset")
        parts = []
        if limit is not None:
            if isinstance(limit, exp.Fetch):
                options = limit.args.get("limit_options")
                if options is not None and (options.args.get("percent") or options.args.get("with_ties")):
                    raise not_supported("FETCH … PERCENT or WITH TIES", position(node, self.text))
                count = limit.args.get("count")
            else:
                count = limit.expression
            parts.append(f"LIMIT {self._count(count, 'LIMIT')}")
        if offset is not None:
            parts.append(f"OFFSET {self._count(offset.expression, 'OFFSET')}")
        return "".join(f" {part}" for part in parts)

    def _count(self, node, clause):
        while isinstance(node, exp.Paren):
            node = node.this
        if (isinstance(node, exp.Column) and node.name.upper() == "ALL") or (isinstance(node, exp.Var) and node.name.upper() == "ALL"):
            return "ALL"
        if node is None:
            return "1"
        if not isinstance(node, exp.Literal) or not str(node.this).isdigit():
            raise SyntaxProblem(
                f"mismatched input '{node.sql('trino')}'. Expecting: an integer behind {clause}", *(position(node, self.text) or (1, 1))
            )
        return str(int(node.this))

    # --- set operations, VALUES, parentheses

    def _set_operation(self, node, outer, ctes):
        if node.args.get("by_name") or node.args.get("on") or node.args.get("side"):
            raise not_supported("BY NAME in a set operation", position(node, self.text))
        left, right = self.query(node.this, outer, ctes), self.query(node.expression, outer, ctes)
        word = {"Union": "UNION", "Except": "EXCEPT", "Intersect": "INTERSECT"}[type(node).__name__]
        distinct = node.args.get("distinct") is not False
        if len(left.types) != len(right.types):
            raise QueryError(
                "TYPE_MISMATCH",
                f"{word} query has different number of fields: {len(left.types)}, {len(right.types)}",
                position(node, self.text),
            )
        kinds = []
        for number, (a, b) in enumerate(zip(left.types, right.types, strict=True)):
            kind = t.common(a, b)
            if kind is None:
                raise QueryError(
                    "TYPE_MISMATCH", f"column {number + 1} in {word} query has incompatible types: {a}, {b}", position(node, self.text)
                )
            kinds.append(kind)
        sides = [_as(relation, kinds, f"s{self.number()}") for relation in (left, right)]
        always = left.always | right.always
        needs = [(*a, *b) for a, b in zip(left.needs, right.needs, strict=True)]
        if distinct or word != "UNION":
            for column in needs:
                always.update(column)
        combined = Relation(f"({sides[0]}) {word}{'' if distinct else ' ALL'} ({sides[1]})", left.names, kinds, needs, always)
        combined.sources, combined.zones = [None] * len(kinds), left.zones
        return self._ordered_outside(node, combined, outer)

    def _ordered_outside(self, node, relation, outer):
        """ORDER BY and LIMIT that stand behind a whole query see its columns only."""
        if not any(node.args.get(name) for name in ("order", "limit", "offset")):
            return relation
        alias = f"o{self.number()}"
        columns = self._columns(relation, alias, ())
        outputs = [(column.name, column.value, {column}, column) for column in columns]
        order, _ = self._order_over(node, Scope(columns, outer), outputs)
        listed = ", ".join(f"{alias}.c{i} AS c{i}" for i in range(len(columns)))
        sql = f"SELECT {listed} FROM ({relation.sql}) AS {alias}{order}{self._limit(node)}"
        result = Relation(sql, relation.names, relation.types, relation.needs, relation.always, zones=relation.zones)
        result.always = relation.always | {need for column in relation.needs for need in column}
        result.sources = [None] * len(columns)
        return result

    def _order_over(self, node, scope, outputs):
        clause = node.args.get("order")
        if not clause:
            return "", False
        expressions = Expressions(self, scope)
        parts = []
        for item in clause.expressions:
            if isinstance(item.this, exp.Literal) and not item.this.is_string:
                index = int(item.this.this) if item.this.this.isdigit() else 0
                if not 1 <= index <= len(outputs):
                    raise QueryError(
                        "INVALID_COLUMN_REFERENCE", f"ORDER BY position {item.this.this} is not in select list", position(item, self.text)
                    )
                value = outputs[index - 1][1]
            else:
                value = expressions(item.this)
            parts.append(expressions.order_item(value, item))
        return f" ORDER BY {', '.join(parts)}", False

    def _values(self, node, outer):
        rows = [[*item.expressions] if isinstance(item, exp.Tuple) else [item] for item in node.expressions]
        scope = Scope([], outer)
        expressions = Expressions(self, scope)
        with self.needing() as always:
            values = [[expressions(cell) for cell in row] for row in rows]
        if len({len(row) for row in values}) != 1:
            raise QueryError("TYPE_MISMATCH", "Values rows have mismatched sizes", position(node, self.text))
        kinds = []
        for number in range(len(values[0])):
            kind = t.UNKNOWN
            for row in values:
                wider = t.common(kind, row[number].type)
                if wider is None:
                    raise QueryError(
                        "TYPE_MISMATCH", f"Values rows have mismatched types: {kind} vs {row[number].type}", position(node, self.text)
                    )
                kind = wider
            kinds.append(kind)
        listed = ", ".join(f"({', '.join(coerce(cell, kind).sql for cell, kind in zip(row, kinds, strict=True))})" for row in values)
        alias = f"v{self.number()}"
        names = ", ".join(f"c{i}" for i in range(len(kinds)))
        cast = ", ".join(f"CAST({alias}.c{i} AS {t.duck(kind)}) AS c{i}" for i, kind in enumerate(kinds))
        relation = Relation(
            f"SELECT {cast} FROM (VALUES {listed}) AS {alias}({names})", [None] * len(kinds), kinds, [()] * len(kinds), set(always)
        )
        relation.sources, relation.zones = [None] * len(kinds), [cell.zone for cell in values[0]]
        return self._ordered_outside(node, relation, outer)

    def _parenthesised(self, node, outer, ctes):
        if node.args.get("alias") or node.args.get("joins") or node.args.get("where"):
            raise not_supported("this form of parentheses", position(node, self.text))
        return self._ordered_outside(node, self.query(node.this, outer, ctes), outer)

    def _table_query(self, node, outer, ctes):
        return self._select(exp.select("*").from_(node.copy()), outer, ctes)

    # --- FROM

    def _relation(self, node, scope, ctes):
        """(SQL for a FROM clause, its Columns)."""
        if node.args.get("sample"):
            raise not_supported("TABLESAMPLE", position(node, self.text))
        if isinstance(node, exp.Table):
            return self._table(node, ctes)
        if isinstance(node, exp.Subquery):
            if isinstance(node.this, exp.Table):
                # parenthesised joins: (a JOIN b ON …)
                sql, columns = self._relation(node.this, scope, ctes)
                inner = Scope(columns, scope.parent)
                pushable = []
                for join in [*(node.this.args.get("joins") or []), *(node.args.get("joins") or [])]:
                    sql = self._join(sql, join, inner, ctes, pushable)
                return f"({sql})", inner.columns
            relation = self.query(node.this, scope.parent, ctes)
            return self._derived(relation, node.args.get("alias"), node)
        if isinstance(node, exp.Values):
            relation = self._values(node, scope.parent)
            return self._derived(relation, node.args.get("alias"), node)
        if isinstance(node, exp.Unnest):
            return self._unnest(node, scope)
        raise not_supported(f"{type(node).__name__} in FROM", position(node, self.text))

    def _derived(self, relation, alias, node, default=None):
        inner = f"q{self.number()}"
        name = alias.name.lower() if alias is not None and alias.name else default
        names = [column.name.lower() for column in alias.columns] if alias is not None else []
        if names and len(names) != len(relation.types):
            raise QueryError(
                "MISMATCHED_COLUMN_ALIASES",
                f"Column alias list has {len(names)} entries but '{name}' has {len(relation.types)} columns available",
                position(node, self.text),
            )
        self.need(*relation.always)
        columns = self._columns(relation, inner, (name,) if name else (), names)
        return f"({relation.sql}) AS {inner}", columns

    def _columns(self, relation, alias, table, names=()):
        columns = []
        zones = relation.zones or ["UTC"] * len(relation.types)
        sources = relation.sources or [None] * len(relation.types)
        for number, kind in enumerate(relation.types):
            name = names[number] if names else relation.names[number]
            value = Value(f"{alias}.c{number}", kind, zone=zones[number])
            columns.append(Column(name, value, table, relation.needs[number], source=sources[number]))
        return columns

    def _table(self, node, ctes):
        name, database = node.name.lower(), (node.db or "").lower()
        for argument in ("version", "when", "partition", "pivots", "hints", "changes", "rows_from", "only"):
            if node.args.get(argument):
                raise not_supported(f"{argument.upper()} of a table", position(node, self.text))
        if not isinstance(node.this, exp.Identifier):
            raise not_supported("a table function", position(node, self.text))
        alias = node.args.get("alias")
        if not database and name in ctes:
            tree, names, inner, text, default = ctes[name]
            relation = self._elsewhere(tree, inner, text, default)
            if names:
                if len(names) != len(relation.types):
                    raise QueryError(
                        "MISMATCHED_COLUMN_ALIASES",
                        f"Column alias list has {len(names)} entries but relation has {len(relation.types)} columns",
                        position(node, self.text),
                    )
                relation.names = names
            return self._derived(relation, alias, node, name)
        catalog = (node.catalog or "").lower()
        if catalog not in ("", "awsdatacatalog"):
            raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{catalog}' does not exist", position(node, self.text))
        database = database or self.database
        if not database:
            raise QueryError("MISSING_SCHEMA_NAME", "Schema must be specified when session schema is not set", position(node, self.text))
        table = self.catalog.table(database, name)
        if table is None:
            if not self.catalog.has_database(database):
                raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", position(node, self.text))
            raise QueryError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database}.{name}' does not exist", position(node, self.text))
        if table.view is not None:
            return self._view(table, alias, node, name)
        return self._scan(table, alias, node, name, database)

    def _elsewhere(self, tree, ctes, text, database):
        """Compiles a tree that was written in another text (a view's) or another database's context."""
        before = (self.text, self.database, self.windows, self.in_aggregate)
        self.text, self.database, self.in_aggregate = text, database, False
        try:
            return self.query(tree, None, ctes)
        finally:
            self.text, self.database, self.windows, self.in_aggregate = before

    def _view(self, table, alias, node, name):
        try:
            tree = parse(table.view.sql)
        except SyntaxProblem as error:
            raise QueryError(
                "INVALID_VIEW", f"Failed analyzing stored view 'awsdatacatalog.{table.database}.{name}': {error}", position(node, self.text)
            ) from error
        relation = self._elsewhere(tree, {}, table.view.sql, table.view.database or table.database)
        if len(relation.types) != len(table.columns):
            raise QueryError(
                "VIEW_IS_STALE",
                f"View 'awsdatacatalog.{table.database}.{name}' is stale or in invalid state: column count",
                position(node, self.text),
            )
        relation.names = [column for column, _ in table.columns]
        return self._derived(relation, alias, node, name)

    def _scan(self, table, alias, node, name, database):
        number = self.number()
        scan = Scan(table, f"t{number}", f"__hw_{self._nonce}_{number}__", list(table.columns))
        self.scans.append(scan)
        shown = alias.name.lower() if alias is not None and alias.name else None
        qualifier = (shown,) if shown else ("awsdatacatalog", database, name)
        names = [column.name.lower() for column in alias.columns] if alias is not None else []
        columns = []
        for place, (column, kind) in enumerate(scan.columns):
            made = Column(column, Value(f"{scan.alias}.{t.quote(column)}", kind), qualifier, scan=scan)
            if names:
                made = Column(names[place], made.value, qualifier, needs=(made,), source=made)
            columns.append(made)
        return f"{scan.token} AS {scan.alias}", columns

    def _unnest(self, node, scope):
        """Arrays side by side (shorter ones filled with NULL); maps give two columns, rows their fields."""
        expressions = Expressions(self, scope)
        inner, outer_parts, columns, lengths = f"u{self.number()}", [], [], []
        alias = node.args.get("alias")
        for number, item in enumerate(node.expressions):
            value = expressions(item)
            if value.type.name == "array":
                parts = [(f"{inner}.a{number}", value.type.element)]
                outer_parts.append(f"unnest({value.sql}) AS a{number}")
                lengths.append(f"len({value.sql})")
                if value.type.element.name == "row":
                    parts = [(f"({inner}.a{number}).f{i}", kind, name) for i, (name, kind) in enumerate(value.type.element.args)]
            elif value.type.name == "map":
                entries = f"map_entries({value.sql})"
                outer_parts.append(f"unnest({entries}) AS a{number}")
                lengths.append(f"len({entries})")
                parts = [(f"({inner}.a{number}).key", value.type.args[0]), (f"({inner}.a{number}).value", value.type.args[1])]
            else:
                raise QueryError("TYPE_MISMATCH", f"Cannot unnest type: {value.type}", expressions.at(item))
            columns += [(part[0], part[1], part[2] if len(part) > 2 else None) for part in parts]
        ordinality = node.args.get("offset")
        if ordinality:
            longest = f"greatest({', '.join(lengths)})" if len(lengths) > 1 else lengths[0]
            outer_parts.append(f"unnest(range(1, {longest} + 1)) AS n")
            columns.append((f"{inner}.n", t.BIGINT, None))
        names = [column.name.lower() for column in alias.columns] if alias is not None else []
        if ordinality is not None and isinstance(ordinality, exp.Identifier) and alias is not None:
            names = [*names, ordinality.name.lower()]  # sqlglot takes the last alias for the ordinality
        name = alias.name.lower() if alias is not None and alias.name else None
        if names and len(names) != len(columns):
            raise QueryError(
                "MISMATCHED_COLUMN_ALIASES",
                f"Column alias list has {len(names)} entries but '{name}' has {len(columns)} columns available",
                expressions.at(node),
            )
        listed = ", ".join(f"{sql} AS c{i}" for i, (sql, *_) in enumerate(columns))
        alias_sql = f"q{self.number()}"
        sql = f"LATERAL (SELECT {listed} FROM (SELECT {', '.join(outer_parts)}) AS {inner}) AS {alias_sql}"
        made = [
            Column(names[i] if names else field_name, Value(f"{alias_sql}.c{i}", kind), (name,) if name else ())
            for i, (_, kind, field_name) in enumerate(columns)
        ]
        return sql, made

    def _join(self, left_sql, join, scope, ctes, pushable):
        """One JOIN added to `scope`; returns the FROM text with it."""
        at = position(join, self.text)
        for argument in ("match_condition", "global_", "global", "hint", "pivots", "expressions"):
            if join.args.get(argument):
                raise not_supported(f"{argument} of a join", at)
        if (join.args.get("method") or "").upper():
            raise not_supported(f"{join.args['method']} join", at)
        side, kind = (join.args.get("side") or "").upper(), (join.args.get("kind") or "").upper()
        if kind not in ("", "INNER", "OUTER", "CROSS"):
            raise not_supported(f"{kind} JOIN", at)
        left_columns = list(scope.columns)
        right_sql, right_columns = self._relation(join.this, scope, ctes)
        scope.columns = left_columns + right_columns
        on, using = join.args.get("on"), join.args.get("using")
        nested = join.this.args.get("joins") if isinstance(join.this, exp.Table) else None
        if nested:
            raise not_supported("a join nested without parentheses", at)
        if side in ("", "LEFT") and right_sql.startswith("LATERAL") and on is not None and not (isinstance(on, exp.Boolean) and on.this):
            raise not_supported("UNNEST joined ON anything but TRUE", at)
        if side in ("RIGHT", "FULL"):
            pushable.clear()
        if side in ("", "RIGHT"):
            pushable += right_columns
        if (side == "" and kind == "CROSS") or (on is None and using is None):
            if side or kind == "INNER":
                raise SyntaxProblem("mismatched input '<EOF>'. Expecting: 'ON', 'USING'", *(at or (1, 1)))
            return f"{left_sql} CROSS JOIN {right_sql}"
        words = f"{side} JOIN" if side else "JOIN"
        if using is not None:
            return f"{left_sql} {words} {right_sql} ON {self._using(using, scope, left_columns, right_columns, side, at)}"
        parts = []
        own = set(map(id, right_columns if side == "LEFT" else left_columns if side == "RIGHT" else [*pushable] if not side else []))
        for conjunct in _conjuncts(on):
            with self.needing() as needs:
                condition = Expressions(self, scope).boolean(conjunct, "JOIN ON clause")
            self.need(*needs)
            self._offer(conjunct, needs, own)
            parts.append(condition.sql)
        return f"{left_sql} {words} {right_sql} ON {' AND '.join(parts)}"

    def _using(self, using, scope, left_columns, right_columns, side, at):
        conditions, merged = [], []
        for identifier in using:
            name = identifier.name.lower()
            pair = []
            for columns in (left_columns, right_columns):
                found = [column for column in columns if column.name == name and not column.hidden]
                if len(found) != 1:
                    raise QueryError("COLUMN_NOT_FOUND", f"Column '{name}' is missing from or ambiguous on one side of the join", at)
                pair.append(found[0])
            kind = t.common(pair[0].value.type, pair[1].value.type)
            if kind is None:
                raise QueryError(
                    "TYPE_MISMATCH", f"Column '{name}' has incompatible types in the join: {pair[0].value.type}, {pair[1].value.type}", at
                )
            self.need(*pair)
            a, b = (coerce(column.value, kind).sql for column in pair)
            conditions.append(f"{a} = {b}")
            value = Value({"RIGHT": b, "FULL": f"coalesce({a}, {b})"}.get(side, a), kind)
            merged.append(Column(name, value, (), needs=tuple(pair)))
            for column in pair:
                column.hidden = True
        scope.columns = merged + left_columns + right_columns
        return " AND ".join(conditions)


def _conjuncts(node):
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.And):
        for part in node.flatten():
            yield from _conjuncts(part)
    else:
        yield node


def _is_pure(node):
    """A call without columns gives one value for the whole query, unless it is random."""
    return isinstance(node, exp.Anonymous) and str(node.this).lower() not in ("random", "rand", "uuid", "shuffle")


def _as(relation, kinds, alias):
    """A relation's SQL with its columns as the given types."""
    zones = relation.zones or ["UTC"] * len(kinds)
    listed = ", ".join(
        f"{coerce(Value(f'{alias}.c{i}', a, zone=zone), b).sql} AS c{i}"
        for i, (a, b, zone) in enumerate(zip(relation.types, kinds, zones, strict=True))
    )
    return f"SELECT {listed} FROM ({relation.sql}) AS {alias}"


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
