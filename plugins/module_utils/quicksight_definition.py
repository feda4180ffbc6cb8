"""What QuickSight is told of the page's panels: a data set a query, and sheets with a visual a chart and a table beside it.

Everything follows from the SQL files: a query's columns and their types from its text and the CREATE TABLE statement, titles and
charts from its header. Pure; a query is one of the dashboard's `sql_files`. DefinitionError says what cannot be told.
"""

import re

try:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify
except ImportError:
    sqlglot = None  # DefinitionError reports it

DIALECT = "athena"
#: Types of columns as QuickSight knows them, by sqlglot's names; parameters such as (18, 2) are left out.
TYPES = {
    "STRING": ("VARCHAR", "TEXT", "CHAR"),
    "INTEGER": ("TINYINT", "SMALLINT", "INT", "BIGINT"),
    "DECIMAL": ("DECIMAL", "DOUBLE", "FLOAT"),
    "DATETIME": ("DATE", "TIMESTAMP", "TIMESTAMPTZ", "DATETIME"),
    "BOOLEAN": ("BOOLEAN",),
}
_KNOWN = {name: kind for kind, names in TYPES.items() for name in names}
_NOT_CODE = re.compile(r"'[^']*(?:'|\Z)|\"[^\"]*(?:\"|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)|\?", re.DOTALL)
_COMMENT = re.compile(r"(?i)\bCOMMENT\s+(?:'[^']*')+")
#: The grid of a sheet: columns of it, and how many of them and rows a visual takes.
GRID, SPAN, ROWS = 36, 18, 10
LONGEST_TITLE, LONGEST_SUBTITLE = 512, 1024


class DefinitionError(ValueError):
    """Something of a query or table that QuickSight cannot be told; the message says what to change."""


def tables(statements):
    """{table: {column: sqlglot's type}} of CREATE EXTERNAL TABLE statements, partition columns last."""
    if sqlglot is None:
        raise DefinitionError("sqlglot is not installed where Ansible runs; install requirements/run.txt")
    found = {}
    for statement in statements:
        # Comments double their quotes, as Athena has it; sqlglot's Hive does not read that.
        text = _COMMENT.sub("", statement.replace("${location}", "s3://location/"))
        try:
            parsed = sqlglot.parse_one(text, read=DIALECT)
        except SqlglotError as error:
            raise DefinitionError(f"the statement {statement[:60]!r} cannot be read: {error}") from error
        partitions = parsed.find(exp.PartitionedByProperty)
        columns = [*parsed.this.expressions, *(partitions.this.expressions if partitions else [])]
        found[parsed.this.this.name] = {each.name: each.args["kind"] for each in columns if isinstance(each, exp.ColumnDef)}
    return found


def table_columns(statement):
    """(table's name, [{"name", "type"}]) of one CREATE EXTERNAL TABLE statement."""
    ((name, columns),) = tables([statement]).items()
    return name, [{"name": column, "type": _type(kind, f"{name}.{column}")} for column, kind in columns.items()]


def query_columns(query, known):
    """[{"name", "type"}] of what a query selects. `known`: what `tables` gives."""
    try:
        parsed = sqlglot.parse_one(filled(query), read=DIALECT)
        schema = {table: {name: kind.sql(DIALECT) for name, kind in columns.items()} for table, columns in known.items()}
        selects = annotate_types(qualify(parsed, schema=schema, dialect=DIALECT), schema=schema, dialect=DIALECT).selects
    except SqlglotError as error:
        raise DefinitionError(f"{query.name}: the columns cannot be told from the query: {error}") from error
    return [{"name": each.alias_or_name, "type": _type(each.type, f"{query.name}: column {each.alias_or_name}")} for each in selects]


def _type(kind, what):
    name = kind.this.name if kind is not None and isinstance(kind.this, exp.DataType.Type) else "UNKNOWN"
    if name not in _KNOWN:
        raise DefinitionError(
            f"{what} is of the type {name}, which QuickSight does not know; CAST it to one of varchar, bigint, decimal, date"
        )
    return _KNOWN[name]


def filled(query):
    """A query's text with each `?` replaced by the default of its parameter, since a data set takes no parameters of Athena's."""
    literals = iter(query.literals())
    return _NOT_CODE.sub(lambda found: next(literals) if found[0] == "?" else found[0], query.sql)


def with_database(query, known, database):
    """A query's text, filled, whose tables name their database: QuickSight has no database of its own to look in."""
    text = filled(query)
    found = sqlglot.parse_one(text, read=DIALECT).find_all(exp.Table)
    places = [table.this.meta["start"] for table in found if not table.db and table.name in known]
    for start in sorted(places, reverse=True):
        text = f'{text[:start]}"{database}".{text[start:]}'
    return text


def data_set_name(data_source, query):
    """The id of a query's data set."""
    return f"{data_source}-{query.name.replace('_', '-')}"


def panels(queries):
    """The queries that are drawn: panels, without those that show the last minutes only."""
    return [query for query in queries if query.panel and not getattr(query, "live", False)]


def data_sets(data_source, queries, known, database):
    """A data set for each panel: [{"name", "title", "data_source", "query", "columns"}]."""
    return [
        {
            "name": data_set_name(data_source, query),
            "title": query.title()[:128],
            "data_source": data_source,
            "query": with_database(query, known, database),
            "columns": query_columns(query, known),
        }
        for query in panels(queries)
    ]


def definition(title, data_source, queries, known, arn_prefix):
    """DashboardVersionDefinition, and AnalysisDefinition alike, of one sheet with all panels.

    `arn_prefix`: ARN of a data set up to its id.
    """
    shown = panels(queries)
    if not shown:
        raise DefinitionError(f"{title}: there is no panel to show")
    visuals = [visual for query in shown for visual in _visuals(query, query_columns(query, known))]
    identities = [next(iter(visual.values()))["VisualId"] for visual in visuals]
    declared = [{"Identifier": query.name, "DataSetArn": f"{arn_prefix}{data_set_name(data_source, query)}"} for query in shown]
    sheet = {"SheetId": "panels", "Name": title, "ContentType": "INTERACTIVE", "Visuals": visuals}
    return {
        "DataSetIdentifierDeclarations": declared,
        "Sheets": [{**sheet, "Layouts": [{"Configuration": {"GridLayout": {"Elements": list(_places(identities))}}}]}],
    }


def _places(identities):
    """Two visuals a row."""
    for at, identity in enumerate(identities):
        row, column = divmod(at, GRID // SPAN)
        yield {
            "ElementId": identity,
            "ElementType": "VISUAL",
            "ColumnIndex": column * SPAN,
            "ColumnSpan": SPAN,
            "RowIndex": row * ROWS,
            "RowSpan": ROWS,
        }


def _visuals(query, columns):
    """A visual for each chart of the header, then the table of all columns."""
    types = {column["name"]: column["type"] for column in columns}
    slug = query.name.replace("_", "-")
    for number, chart in enumerate(query.charts, 1):
        yield _chart(query, chart, types, f"{slug}-{chart.kind}-{number}")
    values = [{"FieldId": f"{slug}-table-{name}", "Column": _column(query, name)} for name in types]
    yield {
        "TableVisual": {
            **_head(query, f"{slug}-table"),
            "ChartConfiguration": {"FieldWells": {"TableUnaggregatedFieldWells": {"Values": values}}},
        }
    }


def _chart(query, chart, types, identity):
    for name in (chart.x, chart.y):
        if name not in types:
            raise DefinitionError(f"{query.name}: the chart's column {name!r} is none of the query's, {', '.join(types)}")
    if types[chart.y] not in ("INTEGER", "DECIMAL"):
        raise DefinitionError(f"{query.name}: the chart's y, {chart.y!r}, is {types[chart.y]} and no number")
    x, y = f"{identity}-x", f"{identity}-y"
    wells = {"Category": [_dimension(query, chart.x, types[chart.x], x)], "Values": [_sum(query, chart.y, y)]}
    # Names have no order of their own, so the largest comes first; times and numbers do.
    field, direction = (y, "DESC") if types[chart.x] in ("STRING", "BOOLEAN") else (x, "ASC")
    sorting = {"SortConfiguration": {"CategorySort": [{"FieldSort": {"FieldId": field, "Direction": direction}}]}}
    if chart.kind == "line":
        told = {"FieldWells": {"LineChartAggregatedFieldWells": wells}, "Type": "LINE", **sorting}
        return {"LineChartVisual": {**_head(query, identity), "ChartConfiguration": told}}
    told = {
        "FieldWells": {"BarChartAggregatedFieldWells": wells},
        "Orientation": "HORIZONTAL" if chart.kind == "bar" else "VERTICAL",
        **sorting,
    }
    return {"BarChartVisual": {**_head(query, identity), "ChartConfiguration": told}}


def _head(query, identity):
    """Id, title, and the description below it."""
    title = {"Visibility": "VISIBLE", "FormatText": {"PlainText": query.title()[:LONGEST_TITLE]}}
    text = query.description_of()[:LONGEST_SUBTITLE]
    subtitle = {"Subtitle": {"Visibility": "VISIBLE", "FormatText": {"PlainText": text}}} if text else {}
    return {"VisualId": identity, "Title": title, **subtitle}


def _column(query, name):
    return {"DataSetIdentifier": query.name, "ColumnName": name}


def _dimension(query, name, kind, identity):
    field = {"FieldId": identity, "Column": _column(query, name)}
    if kind == "DATETIME":
        return {"DateDimensionField": {**field, "DateGranularity": "DAY"}}
    return {"NumericalDimensionField" if kind in ("INTEGER", "DECIMAL") else "CategoricalDimensionField": field}


def _sum(query, name, identity):
    """A query has one row for each x, so the sum is the value."""
    field = {"FieldId": identity, "Column": _column(query, name)}
    return {"NumericalMeasureField": {**field, "AggregationFunction": {"SimpleNumericalAggregation": "SUM"}}}
