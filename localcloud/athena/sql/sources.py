"""What stands in FROM: tables, views, derived tables, UNNEST."""

from sqlglot import exp

from localcloud.athena.errors import QueryError, SyntaxProblem, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.expressions import Expressions
from localcloud.athena.sql.parser import parse, position
from localcloud.athena.sql.pushdown import PATH, Scan
from localcloud.athena.sql.scope import Column, Scope
from localcloud.athena.sql.values import Value


class Sources:
    """Part of the Compiler: relations and their columns."""

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
        path = Value(f"{scan.alias}.{t.quote(PATH)}", t.VARCHAR)
        columns.append(Column(PATH, path, qualifier, scan=scan, starred=False))
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
        sql = f"LATERAL (SELECT {listed} FROM (SELECT {', '.join(outer_parts)}) AS {inner}) AS {alias_sql}"  # noqa: S608 - of our own texts
        made = [
            Column(names[i] if names else field_name, Value(f"{alias_sql}.c{i}", kind), (name,) if name else ())
            for i, (_, kind, field_name) in enumerate(columns)
        ]
        return sql, made
