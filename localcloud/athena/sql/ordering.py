"""ORDER BY, LIMIT and OFFSET, of a SELECT and of a whole query."""

from sqlglot import exp

from localcloud.athena.errors import QueryError, SyntaxProblem, not_supported
from localcloud.athena.sql.expressions import Expressions
from localcloud.athena.sql.parser import position
from localcloud.athena.sql.scope import Column, Relation, Scope


class Ordering:
    """Part of the Compiler: the order of rows and how many."""

    def _order(self, node, scope, outputs, aggregated, keys, distinct):
        clause = node.args.get("order")
        if not clause:
            return ""
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
        return f" ORDER BY {', '.join(parts)}"

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

    def _ordered_outside(self, node, relation, outer):
        """ORDER BY and LIMIT that stand behind a whole query see its columns only."""
        if not any(node.args.get(name) for name in ("order", "limit", "offset")):
            return relation
        alias = f"o{self.number()}"
        columns = self._columns(relation, alias, ())
        outputs = [(column.name, column.value, {column}, column) for column in columns]
        order = self._order_over(node, Scope(columns, outer), outputs)
        listed = ", ".join(f"{alias}.c{i} AS c{i}" for i in range(len(columns)))
        sql = f"SELECT {listed} FROM ({relation.sql}) AS {alias}{order}{self._limit(node)}"  # noqa: S608 - of our own texts
        result = Relation(sql, relation.names, relation.types, relation.needs, relation.always, zones=relation.zones)
        result.always = relation.always | {need for column in relation.needs for need in column}
        result.sources = [None] * len(columns)
        return result

    def _order_over(self, node, scope, outputs):
        clause = node.args.get("order")
        if not clause:
            return ""
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
        return f" ORDER BY {', '.join(parts)}"
