"""UNION, INTERSECT, EXCEPT; VALUES; TABLE; parentheses."""

from sqlglot import exp

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.expressions import Expressions
from localcloud.athena.sql.parser import position
from localcloud.athena.sql.scope import Relation, Scope
from localcloud.athena.sql.values import Value, coerce


class Sets:
    """Part of the Compiler: queries that are no SELECT."""

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
            f"SELECT {cast} FROM (VALUES {listed}) AS {alias}({names})",  # noqa: S608 - of our own texts
            [None] * len(kinds),
            kinds,
            [()] * len(kinds),
            set(always),
        )
        relation.sources, relation.zones = [None] * len(kinds), [cell.zone for cell in values[0]]
        return self._ordered_outside(node, relation, outer)

    def _parenthesised(self, node, outer, ctes):
        if node.args.get("alias") or node.args.get("joins") or node.args.get("where"):
            raise not_supported("this form of parentheses", position(node, self.text))
        return self._ordered_outside(node, self.query(node.this, outer, ctes), outer)

    def _table_query(self, node, outer, ctes):
        return self._select(exp.select("*").from_(node.copy()), outer, ctes)


def _as(relation, kinds, alias):
    """A relation's SQL with its columns as the given types."""
    zones = relation.zones or ["UTC"] * len(kinds)
    listed = ", ".join(
        f"{coerce(Value(f'{alias}.c{i}', a, zone=zone), b).sql} AS c{i}"
        for i, (a, b, zone) in enumerate(zip(relation.types, kinds, zones, strict=True))
    )
    return f"SELECT {listed} FROM ({relation.sql}) AS {alias}"  # noqa: S608 - of our own texts
