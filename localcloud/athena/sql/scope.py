"""What names mean at a place in a query, and which columns of which scan a result needs."""

from dataclasses import dataclass, field

from localcloud.athena.errors import QueryError
from localcloud.athena.sql.values import Value


@dataclass(eq=False)
class Column:
    """A column that can be named. `needs`: what must be read for it (Columns and Relations).

    `scan`: the table scan that it comes from unchanged, if so; `table`: names that may qualify it.
    """

    name: str | None
    value: Value
    table: tuple = ()
    needs: tuple = ()
    scan: object = None
    source: object = None  # the Column of a derived table's query that this one is, unchanged
    hidden: bool = False
    starred: bool = True  # one of those that * stands for


@dataclass(eq=False)
class Relation:
    """A compiled query or table: `sql` selects the columns c0, c1 … in order."""

    sql: str
    names: list
    types: list
    needs: list  # per column: what must be read for it
    always: set  # what must be read whatever is selected
    sources: list = field(default_factory=list)  # per column: the scan's Column it is, or None
    zones: list = field(default_factory=list)


@dataclass(eq=False)
class Scope:
    """The columns of a FROM clause, the enclosing scopes, and the variables of a lambda."""

    columns: list
    parent: object = None
    variables: dict = field(default_factory=dict)
    aliases: dict = field(default_factory=dict)  # output columns that ORDER BY may name
    pushable: list = field(default_factory=list)  # columns whose predicates may be used to skip files

    def variable(self, name):
        scope = self
        while scope:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.parent
        return None

    def find(self, parts, position):
        """The Column that `parts` (1–4 lower-case names) start with, and the field names left over."""
        scope = self
        while scope:
            for used in range(min(len(parts), 4), 0, -1):
                found = scope._named(parts[:used])
                if len(found) > 1:
                    raise QueryError("AMBIGUOUS_NAME", f"Column '{'.'.join(parts[:used])}' is ambiguous", position)
                if found:
                    return found[0], parts[used:]
            scope = scope.parent
        return None, parts

    def _named(self, parts):
        *qualifier, name = parts
        return [
            column
            for column in self.columns
            if column.name == name and not column.hidden and (not qualifier or column.table[-len(qualifier) :] == tuple(qualifier))
        ]


def mark(needs, seen=None):
    """Follow `needs` to the scans and note there which columns are read."""
    seen = set() if seen is None else seen
    for need in needs:
        if id(need) in seen:
            continue
        seen.add(id(need))
        if isinstance(need, Relation):
            mark(need.always, seen)
            for column in need.needs:
                mark(column, seen)
        else:
            if need.scan is not None:
                need.scan.used.add(need.name)
            mark(need.needs, seen)
