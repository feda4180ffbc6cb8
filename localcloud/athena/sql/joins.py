"""Joins: their conditions, and which columns they may fill with NULL."""

from sqlglot import exp

from localcloud.athena.errors import QueryError, SyntaxProblem, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.expressions import Expressions
from localcloud.athena.sql.parser import position
from localcloud.athena.sql.pushdown import conjuncts
from localcloud.athena.sql.scope import Column
from localcloud.athena.sql.values import Value, coerce


class Joins:
    """Part of the Compiler: one JOIN after the other."""

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
        for conjunct in conjuncts(on):
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
