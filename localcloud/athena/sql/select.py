"""SELECT: its clauses, output columns and what each of them needs."""

from sqlglot import exp

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql.expressions import Expressions
from localcloud.athena.sql.parser import position
from localcloud.athena.sql.pushdown import conjuncts
from localcloud.athena.sql.scope import Column, Relation, Scope

_SELECT_ARGS = {
    "with_",
    "with",
    "expressions",
    "from_",
    "from",
    "joins",
    "where",
    "group",
    "having",
    "windows",
    "order",
    "limit",
    "offset",
    "distinct",
    "laterals",
    "kind",
    "operation_modifiers",
    "hint",
}


class Select:
    """Part of the Compiler: one SELECT."""

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
        pushable = list(columns)
        for join in [*(clause.this.args.get("joins") or []), *(node.args.get("joins") or [])]:
            sql = self._join(sql, join, scope, ctes, pushable)
        scope.pushable = pushable
        return f" FROM {sql}", scope

    def _where(self, node, scope):
        clause = node.args.get("where")
        if not clause:
            return ""
        parts = []
        for conjunct in conjuncts(clause.this):
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
        distinct = node.args.get("distinct")
        if distinct and distinct.args.get("on"):
            raise not_supported("DISTINCT ON", position(node, self.text))
        order = self._order(node, scope, outputs, aggregated, keys, bool(distinct))
        limit = self._limit(node)
        listed = ", ".join(f"{value.sql} AS c{i}" for i, (_, value, *_) in enumerate(outputs))
        sql = f"SELECT {'DISTINCT ' if distinct else ''}{listed}{source}{where}{group_sql}{having}{order}{limit}"
        relation = Relation(sql, names, [value.type for _, value, *_ in outputs], [], set(always))
        relation.zones = [value.zone for _, value, *_ in outputs]
        for _, _, needs, _ in outputs:
            relation.needs.append(tuple(needs))
            if distinct:
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
            # a column that an outer join may fill with NULL is not the scan's own any more
            own = isinstance(only, Column) and only.value.sql == value.sql and only in scope.pushable
            column = only if own else None
        return [(name.lower() if name else None, value, needs, column)]

    def _star(self, item, scope):
        if any(item.args.get(part) for part in ("except_", "except", "replace", "rename")):
            raise not_supported("* EXCEPT or REPLACE", position(item, self.text))
        qualifier = [part.name.lower() for part in item.parts[:-1]] if isinstance(item, exp.Column) else []
        chosen = [
            column
            for column in scope.columns
            if not column.hidden and column.starred and (not qualifier or column.table[-len(qualifier) :] == tuple(qualifier))
        ]
        if not chosen:
            if qualifier:
                raise QueryError("TABLE_NOT_FOUND", f"Unable to resolve reference {'.'.join(qualifier)}", position(item, self.text))
            raise QueryError("COLUMN_NOT_FOUND", "SELECT * not allowed in queries without FROM clause", position(item, self.text) or (1, 8))
        return [(column.name, column.value, {column}, column if column in scope.pushable else None) for column in chosen]
