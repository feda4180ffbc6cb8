"""Scalar expressions: one method per kind of syntax node, returning DuckDB SQL with its Trino type."""

from datetime import UTC
from decimal import Decimal

from sqlglot import exp

from localcloud.athena.errors import QueryError, SyntaxProblem, not_supported
from localcloud.athena.sql import aggregates, functions, functions_collections, functions_dates, functions_json, functions_text, operators
from localcloud.athena.sql import types as t
from localcloud.athena.sql.casts import cast
from localcloud.athena.sql.parser import position
from localcloud.athena.sql.scope import Column, Scope
from localcloud.athena.sql.values import Value, coerce, failure, unify

_UNITS = {"SECOND": 1000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000, "WEEK": 7 * 86_400_000}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_COMPARISONS = {
    "EQ": "=",
    "NEQ": "<>",
    "LT": "<",
    "LTE": "<=",
    "GT": ">",
    "GTE": ">=",
    "NullSafeNEQ": "IS DISTINCT FROM",
    "NullSafeEQ": "IS NOT DISTINCT FROM",
}
_ARITHMETIC = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Mod": "%"}


class Expressions:
    """Compiles expressions in one scope. `query` is the Compiler: text, clock, subqueries, needs."""

    def __init__(self, query, scope):
        self.query, self.scope = query, scope
        self.aggregated = False  # set when an aggregate (not a window function) was met

    def within(self, scope):
        return Expressions(self.query, scope)

    def at(self, node):
        return position(node, self.query.text)

    def __call__(self, node):
        """The Value of a node; not_supported for syntax that has no method here."""
        if node.args.get("alias") and not isinstance(node, exp.Alias | exp.Subquery | exp.Window):
            raise not_supported(f"{type(node).__name__} with an alias", self.at(node))
        kind = type(node).__name__
        if kind in _COMPARISONS:
            if isinstance(node.expression, exp.Any | exp.All):
                return self._quantified(node, _COMPARISONS[kind])
            return operators.compare(_COMPARISONS[kind], self(node.this), self(node.expression), self.at(node))
        if kind in _ARITHMETIC:
            return operators.arithmetic(_ARITHMETIC[kind], self(node.this), self(node.expression), self.at(node))
        method = getattr(self, f"_{kind.lower()}", None)
        if method is None:
            raise not_supported(f"{kind} ({node.sql('trino')[:60]})", self.at(node))
        return method(node)

    def boolean(self, node, clause):
        value = self(node)
        if value.type.name not in ("boolean", "unknown"):
            raise QueryError("TYPE_MISMATCH", f"{clause} must evaluate to a boolean: actual type {value.type}", self.at(node))
        return coerce(value, t.BOOLEAN)

    # --- literals and names

    def _literal(self, node):
        if node.is_string:
            return Value(t.text(node.this), t.Type("varchar", (len(node.this),)), node.this)
        text = node.this
        if "e" in text.lower():
            return Value(f"CAST({text} AS DOUBLE)", t.DOUBLE, float(text))
        if "." in text:
            whole, _, fraction = text.partition(".")
            scale = len(fraction)
            kind = t.decimal(max(len(whole.lstrip("0")) + scale, 1, scale), scale)
            return Value(f"CAST({t.text(text)} AS {t.duck(kind)})", kind, float(Decimal(text)))
        number = int(text)
        if number > 2**63 - 1:
            raise QueryError("INVALID_LITERAL", f"Invalid numeric literal: {text}", self.at(node))
        kind = t.INTEGER if number < 2**31 else t.BIGINT
        return Value(f"CAST({number} AS {t.duck(kind)})", kind, number)

    def _boolean(self, node):
        return Value("TRUE" if node.this else "FALSE", t.BOOLEAN, bool(node.this))

    def _null(self, node):
        return Value("NULL", t.UNKNOWN)

    def _hexstring(self, node):
        return Value(f"from_hex({t.text(node.this)})", t.VARBINARY)

    def _identifier(self, node):
        found = self.scope.variable(_fold(node))
        return found if found is not None else self._named([_fold(node)], node)

    def _column(self, node):
        if isinstance(node.this, exp.Star):
            raise not_supported("a star here", self.at(node))
        if node.args.get("join_mark"):
            raise not_supported("(+)", self.at(node))
        return self._named([_fold(part) for part in node.parts], node)

    def _named(self, parts, node):
        variable = self.scope.variable(parts[0])
        if variable is not None:
            return self._fields(variable, parts[1:], node)
        if len(parts) == 1 and parts[0] in self.scope.aliases:
            column = self.scope.aliases[parts[0]]
            self.query.need(*column.needs)
            return column.value
        column, rest = self.scope.find(parts, self.at(node))
        if column is None:
            where = node.parts if isinstance(node, exp.Column) else [node]
            shown = ".".join(part.name for part in where)
            message = f"Column '{shown}' cannot be resolved or requester is not authorized to access requested resources"
            raise QueryError("COLUMN_NOT_FOUND", message, self.at(node))
        self.query.need(column)
        return self._fields(column.value, rest, node)

    def _fields(self, value, names, node):
        for name in names:
            value = self._field(value, name, node)
        return value

    def _field(self, value, name, node):
        if value.type.name != "row":
            raise QueryError("TYPE_MISMATCH", f"Expression is not of type ROW: {value.type}", self.at(node))
        for number, (field, kind) in enumerate(value.type.args):
            if field and field.lower() == name:
                return Value(f"({value.sql}).f{number}", kind)
        raise QueryError("COLUMN_NOT_FOUND", f"Column '{name}' cannot be resolved", self.at(node))

    def _dot(self, node):
        return self._field(self(node.this), _fold(node.expression), node)

    def _paren(self, node):
        value = self(node.this)
        return Value(f"({value.sql})", value.type, value.literal, value.zone)

    def _placeholder(self, node):
        raise QueryError("INVALID_PARAMETER_USAGE", "Incorrect number of parameters: a value for '?' is missing", self.at(node))

    # --- operators

    def _neg(self, node):
        return operators.negate(self(node.this), self.at(node))

    def _and(self, node):
        # flattened: a chain of thousands (from a generated IN, say) must not be as many parentheses
        parts = [self.boolean(part, "Logical expression term").sql for part in node.flatten()]
        return Value("(" + " AND ".join(parts) + ")", t.BOOLEAN)

    def _or(self, node):
        parts = [self.boolean(part, "Logical expression term").sql for part in node.flatten()]
        return Value("(" + " OR ".join(parts) + ")", t.BOOLEAN)

    def _not(self, node):
        return Value(f"(NOT {self.boolean(node.this, 'Value of logical NOT expression').sql})", t.BOOLEAN)

    def _is(self, node):
        if isinstance(node.expression, exp.Null):
            return Value(f"({self(node.this).sql} IS NULL)", t.BOOLEAN)
        raise QueryError("SYNTAX_ERROR", f"IS {node.expression.sql('trino')} is not in Trino's grammar", self.at(node))

    def _between(self, node):
        value, low, high = self(node.this), self(node.args["low"]), self(node.args["high"])
        at = self.at(node)
        return Value(f"({operators.compare('>=', value, low, at).sql} AND {operators.compare('<=', value, high, at).sql})", t.BOOLEAN)

    def _in(self, node):
        if node.args.get("unnest") or node.args.get("field"):
            raise not_supported("this form of IN", self.at(node))
        if node.args.get("query"):
            return self._in_query(node)
        value = self(node.this)
        items = [self(item) for item in node.expressions]
        kind = value.type
        for item in items:
            wider = t.common(kind, item.type)
            if wider is None:
                raise QueryError("TYPE_MISMATCH", f"IN value and list items must be the same type: {value.type}", self.at(node))
            kind = wider
        listed = ", ".join(coerce(item, kind).sql for item in items)
        return Value(f"({coerce(value, kind).sql} IN ({listed}))", t.BOOLEAN)

    def _in_query(self, node):
        relation = self.query.subquery(node.args["query"], self.scope)
        value = self(node.this)
        if len(relation.types) != 1:
            message = f"Multiple columns returned by subquery are not yet supported. Found {len(relation.types)}"
            raise QueryError("NOT_SUPPORTED", message, self.at(node))
        kind = t.common(value.type, relation.types[0])
        if kind is None:
            message = f"value and result of subquery must be of the same type for IN expression: {value.type} vs {relation.types[0]}"
            raise QueryError("TYPE_MISMATCH", message, self.at(node))
        inner = coerce(Value("hw_in.c0", relation.types[0]), kind).sql
        return Value(f"({coerce(value, kind).sql} IN (SELECT {inner} FROM ({relation.sql}) AS hw_in))", t.BOOLEAN)  # noqa: S608 - of our own texts

    def _quantified(self, node, operator):
        relation = self.query.subquery(node.expression.this, self.scope)
        if len(relation.types) != 1:
            raise QueryError("NOT_SUPPORTED", "a quantified comparison needs a subquery of one column", self.at(node))
        value = self(node.this)
        kind = t.common(value.type, relation.types[0])
        if kind is None or operator.startswith("IS"):
            raise operators.mismatch(operator, value.type, relation.types[0], self.at(node))
        word = "ANY" if isinstance(node.expression, exp.Any) else "ALL"
        inner = coerce(Value("hw_any.c0", relation.types[0]), kind).sql
        return Value(f"({coerce(value, kind).sql} {operator} {word} (SELECT {inner} FROM ({relation.sql}) AS hw_any))", t.BOOLEAN)  # noqa: S608 - of our own texts

    def _like(self, node):
        return self._matched(node, None)

    def _escape(self, node):
        if not isinstance(node.this, exp.Like):
            raise not_supported("ESCAPE here", self.at(node))
        return self._matched(node.this, node.expression)

    def _matched(self, node, escape):
        value, pattern = self(node.this), self(node.expression)
        for side in (value, pattern):
            if not t.is_text(side.type) and side.type.name != "unknown":
                message = f"Left side of LIKE expression must evaluate to a varchar (actual: {side.type})"
                raise QueryError("TYPE_MISMATCH", message, self.at(node))
        tail = f" ESCAPE {self(escape).sql}" if escape is not None else ""
        word = "NOT LIKE" if node.args.get("negate") else "LIKE"
        return Value(f"({coerce(value, t.VARCHAR).sql} {word} {coerce(pattern, t.VARCHAR).sql}{tail})", t.BOOLEAN)

    def _dpipe(self, node):
        return functions_text.concatenate([self(part) for part in node.flatten()], self.at(node))

    def _exists(self, node):
        return Value(f"EXISTS ({self.query.subquery(node.this, self.scope).sql})", t.BOOLEAN)

    def _subquery(self, node):
        relation = self.query.subquery(node.this, self.scope)
        if len(relation.types) != 1:
            message = f"Multiple columns returned by subquery are not yet supported. Found {len(relation.types)}"
            raise QueryError("NOT_SUPPORTED", message, self.at(node))
        return Value(f"({relation.sql})", relation.types[0], zone=relation.zones[0] if relation.zones else "UTC")

    _select = _union = _except = _intersect = lambda self, node: self._subquery(exp.Subquery(this=node))

    # --- conditionals

    def _case(self, node):
        branches = node.args["ifs"]
        values = [self(branch.args["true"]) for branch in branches]
        if node.args.get("default") is not None:
            values.append(self(node.args["default"]))
        values, kind = unify(values, "All CASE results must be the same type", self.at(node))
        operand = self(node.this) if node.this else None
        parts = []
        for branch, value in zip(branches, values, strict=False):
            if operand is None:
                condition = self.boolean(branch.this, "CASE WHEN clause").sql
            else:
                condition = operators.compare("=", operand, self(branch.this), self.at(branch)).sql
            parts.append(f"WHEN {condition} THEN {value.sql}")
        default = f" ELSE {values[-1].sql}" if node.args.get("default") is not None else ""
        return Value(f"CASE {' '.join(parts)}{default} END", kind)

    def _if(self, node):
        values = [self(node.args["true"])] + ([self(node.args["false"])] if node.args.get("false") is not None else [])
        values, kind = unify(values, "Result types for IF must be the same", self.at(node))
        condition = self.boolean(node.this, "IF condition").sql
        other = values[1].sql if len(values) > 1 else "NULL"
        return Value(f"CASE WHEN {condition} THEN {values[0].sql} ELSE {other} END", kind)

    # --- casts and typed literals

    def _cast(self, node):
        target = self.type_of(node.args["to"])
        if isinstance(node.this, exp.Literal) and node.this.is_string and not self._written_as_cast(node):
            return self._typed_literal(node, target)
        return cast(self(node.this), target, self.at(node))

    def _trycast(self, node):
        value = cast(self(node.this), self.type_of(node.args["to"]), self.at(node))
        return Value(f"TRY({value.sql})", value.type, zone=value.zone)

    def _written_as_cast(self, node):
        """CAST('…' AS DATE) rather than DATE '…': the parser makes the same node of both."""
        literal = node.this.meta.get("start")
        before = self.query.text[: literal or 0].rstrip()
        return literal is None or before.endswith("(")

    def _typed_literal(self, node, target):
        text = node.this.this
        if target.name == "decimal":
            digits = text.lstrip("+-")
            whole, _, fraction = digits.partition(".")
            kind = t.decimal(max(len(whole) + len(fraction), 1), len(fraction))
            return Value(f"CAST({t.text(text)} AS {t.duck(kind)})", kind)
        if target.name in ("timestamp", "timestamp with time zone"):
            return self._timestamp_literal(node, text)
        if target.name in (
            "date",
            "time",
            "double",
            "real",
            "bigint",
            "integer",
            "smallint",
            "tinyint",
            "varchar",
            "char",
            "boolean",
            "json",
        ):
            if target.name == "json":
                return functions_json.json_parse(Value(t.text(text), t.VARCHAR))
            value = cast(self(node.this), target, self.at(node))
            return Value(value.sql, target)
        raise not_supported(f"a literal of type {target}", self.at(node))

    def _timestamp_literal(self, node, text):
        clock = text.strip()
        parts = clock.split(" ")
        zone = None
        if len(parts) > 2 or (len(parts) == 2 and ":" not in parts[1]):
            zone, clock = parts[-1], " ".join(parts[:-1])
        precision = len(clock.partition(".")[2]) if "." in clock else 0
        if precision > 6:
            raise not_supported(f"timestamp({precision}) (more than microseconds)", self.at(node))
        value = cast(Value(t.text(clock), t.VARCHAR), t.Type("timestamp", (precision,)), self.at(node))
        if zone is None:
            return value
        return Value(
            f"({value.sql} AT TIME ZONE {t.text(functions_dates.zone_name(zone))})",
            t.Type("timestamp with time zone", (precision,)),
            zone=functions_dates.zone_name(zone),
        )

    def type_of(self, node):
        """The type that a sqlglot DataType spells."""
        try:
            return t.parse(_type_text(node))
        except QueryError as error:
            raise QueryError(error.code, error.detail, self.at(node)) from error

    def _interval(self, node):
        unit = node.args.get("unit")
        if unit is None or not isinstance(node.this, exp.Literal) or not isinstance(unit, exp.Var):
            raise not_supported("this form of interval", self.at(node))
        name = unit.name.upper()
        text = str(node.this.this).strip()
        try:
            if name in _MONTHS:
                number = int(text) * _MONTHS[name]
                return Value(f"CAST({number} AS INTEGER)", t.YEAR_TO_MONTH, number)
            number = int(Decimal(text) * _UNITS[name]) if name == "SECOND" else int(text) * _UNITS[name]
        except (ArithmeticError, ValueError, KeyError) as error:
            raise QueryError("INVALID_LITERAL", f"'{text}' is not a valid interval literal", self.at(node)) from error
        return Value(f"CAST({number} AS BIGINT)", t.DAY_TO_SECOND, number)

    # --- the moment of the query

    def _currentdate(self, node):
        return Value(f"DATE '{self.query.now:%Y-%m-%d}'", t.DATE)

    def _currenttimestamp(self, node):
        millis = self.query.now.astimezone(UTC).isoformat(sep=" ", timespec="milliseconds")
        return Value(f"TIMESTAMPTZ '{millis}'", t.TIMESTAMP_TZ)

    def _localtimestamp(self, node):
        return Value(f"TIMESTAMP '{self.query.now.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"[:-4] + "'", t.TIMESTAMP)

    def _attimezone(self, node):
        value, zone = self(node.this), node.args["zone"]
        if not isinstance(zone, exp.Literal):
            raise not_supported("AT TIME ZONE with a zone that is not a literal", self.at(node))
        if value.type.name == "timestamp":
            value = coerce(value, t.Type("timestamp with time zone", value.type.args))
        if value.type.name != "timestamp with time zone":
            raise QueryError(
                "TYPE_MISMATCH", f"Type of value must be a time or timestamp with or without time zone (actual {value.type})", self.at(node)
            )
        return Value(value.sql, value.type, zone=functions_dates.zone_name(zone.this))

    def _extract(self, node):
        return functions.call(self, node.this.name.lower(), [self(node.expression)], self.at(node))

    # --- functions with syntax of their own

    def _substring(self, node):
        arguments = [node.this, node.args["start"], *([node.args["length"]] if node.args.get("length") is not None else [])]
        return functions.call(self, "substr", [self(argument) for argument in arguments], self.at(node))

    def _strposition(self, node):
        return functions.call(self, "strpos", [self(node.this), self(node.args["substr"])], self.at(node))

    def _trim(self, node):
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get((node.args.get("position") or "BOTH").upper(), "trim")
        arguments = [self(node.this)] + ([self(node.expression)] if node.expression else [])
        return functions.call(self, name, arguments, self.at(node))

    # --- collections

    def _array(self, node):
        if not node.expressions:
            return Value("CAST([] AS INTEGER[])", t.array(t.UNKNOWN))
        values, kind = unify([self(item) for item in node.expressions], "All ARRAY elements must be the same type", self.at(node))
        return Value(f"[{', '.join(value.sql for value in values)}]", t.array(kind))

    def _tuple(self, node):
        return self.row([self(item) for item in node.expressions])

    def row(self, values):
        parts = ", ".join(f"f{i} := {value.sql}" for i, value in enumerate(values))
        return Value(f"struct_pack({parts})", t.Type("row", tuple((None, value.type) for value in values)))

    def _bracket(self, node):
        value = self(node.this)
        if len(node.expressions) != 1:
            raise SyntaxProblem("mismatched input ','. Expecting: ']'", *(self.at(node) or (1, 1)))
        index = self(node.expressions[0])
        if value.type.name == "array":
            return functions_collections.subscript(value, index, self.at(node))
        if value.type.name == "map":
            return functions_collections.map_subscript(value, index, self.at(node))
        if value.type.name == "row" and isinstance(index.literal, int) and 1 <= index.literal <= len(value.type.args):
            return Value(f"({value.sql}).f{index.literal - 1}", value.type.args[index.literal - 1][1])
        raise QueryError("TYPE_MISMATCH", f"Subscript base type must be an array, map or row: {value.type}", self.at(node))

    def bind_lambda(self, node, types):
        """(parameter names in SQL, body Value) of `x -> …` with the given parameter types."""
        if not isinstance(node, exp.Lambda):
            raise QueryError("TYPE_MISMATCH", "a lambda expression is expected here", self.at(node))
        if len(node.expressions) != len(types):
            raise QueryError(
                "TYPE_MISMATCH", f"Expected a lambda that takes {len(types)} argument(s) but got {len(node.expressions)}", self.at(node)
            )
        names = [f"hw_l{self.query.number()}" for _ in types]
        variables = {_fold(item): Value(name, kind) for item, name, kind in zip(node.expressions, names, types, strict=True)}
        return names, self.within(Scope([], self.scope, variables))(node.this)

    # --- calls

    def _anonymous(self, node):
        name = node.this.lower() if isinstance(node.this, str) else _fold(node.this)
        if aggregates.known(name):
            return aggregates.call(self, name, node)
        return functions.call_node(self, name, node)

    def _filter(self, node):
        if not isinstance(node.this, exp.Anonymous):
            raise not_supported("FILTER here", self.at(node))
        return aggregates.call(self, node.this.this.lower(), node.this, condition=node.expression.this)

    def _withingroup(self, node):
        if not isinstance(node.this, exp.Anonymous) or node.this.this.lower() != "listagg":
            raise not_supported("WITHIN GROUP here", self.at(node))
        return aggregates.call(self, "listagg", node.this, order=node.expression)

    def _window(self, node):
        return aggregates.window(self, node)

    def ordered(self, nodes):
        """ORDER BY items as SQL; nulls are last unless said otherwise, for DESC too."""
        return ", ".join(self.order_item(self(item.this), item) for item in nodes)

    def order_item(self, value, item):
        if value.type.name in ("map", "json"):
            raise QueryError(
                "TYPE_MISMATCH", f"Type {value.type} is not orderable, and therefore cannot be used in ORDER BY", self.at(item)
            )
        direction = "DESC" if item.args.get("desc") else "ASC"
        return f"{value.sql} {direction} NULLS {'FIRST' if self.nulls_first(item) else 'LAST'}"

    def nulls_first(self, item):
        """Only what is written counts: sqlglot fills in a default of its own."""
        return bool(item.args.get("nulls_first"))

    def fail(self, code, message, kind):
        return failure(code, t.text(message), kind)

    def column(self, value, name, needs=()):
        return Column(name, value, needs=tuple(needs))


def _fold(node):
    """Identifiers are without case in Athena, quoted ones too."""
    return node.name.lower()


def _type_text(node):
    """A sqlglot DataType in Trino's spelling, as our own type parser reads it."""
    kind = node.this.value if isinstance(node, exp.DataType) else None
    if isinstance(node, exp.DataTypeParam):
        return node.name
    if kind is None:
        return node.sql("trino")
    inner = node.expressions
    if kind in ("STRUCT",):
        parts = [
            f'"{item.name}" {_type_text(item.args["kind"])}' if isinstance(item, exp.ColumnDef) else _type_text(item) for item in inner
        ]
        return f"row({', '.join(parts)})"
    if kind in ("ARRAY", "MAP"):
        return f"{kind.lower()}({', '.join(_type_text(item) for item in inner)})"
    numbers = f"({', '.join(item.name for item in inner)})" if inner else ""
    if kind == "TIMESTAMPTZ":
        return f"timestamp{numbers} with time zone"
    if kind == "TIMETZ":
        return f"time{numbers} with time zone"
    names = {
        "TEXT": "varchar",
        "INT": "integer",
        "FLOAT": "real",
        "VARBINARY": "varbinary",
        "TIMESTAMPNTZ": "timestamp",
        "USERDEFINED": node.name,
    }
    return names.get(kind, kind.lower()) + numbers
