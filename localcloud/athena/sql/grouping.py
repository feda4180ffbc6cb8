"""GROUP BY, HAVING, and the rule that what is no aggregate is made of keys."""

from sqlglot import exp

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import aggregates
from localcloud.athena.sql.expressions import Expressions
from localcloud.athena.sql.parser import position


class Grouping:
    """Part of the Compiler: grouped queries."""

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
                    parts = (key(part) if isinstance(part, exp.Column) else element(part) for part in item.expressions)
                    return f"{word} ({', '.join(parts)})"
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
