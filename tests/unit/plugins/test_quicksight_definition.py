"""What QuickSight is told of panels, from their SQL files."""

import botocore.session
import pytest
from ansible.errors import AnsibleFilterError
from botocore.validate import ParamValidator

from localcloud.botocore_plugin.strict_botocore import problems
from localcloud.quicksight import definition as taken
from tests.unit.plugins.plugin_files import filter_named, load

DERIVED = load("filter", "derived_data_sets")
BUILDER, PARSER = DERIVED.builder(), DERIVED.parser()
STATEMENT = """CREATE EXTERNAL TABLE IF NOT EXISTS clicks (
    element string COMMENT 'what''s clicked', spent int, price decimal(10, 2), at timestamp
) PARTITIONED BY (day date) STORED AS PARQUET LOCATION '${location}'"""
KNOWN = BUILDER.tables([STATEMENT])
PREFIX = "arn:aws:quicksight:us-east-1:000000000000:dataset/"


def query(sql, *header, name="clicks_by_element"):
    lines = ["-- title: Clicks", *(f"-- {line}" for line in header)]
    return PARSER.parse("\n".join([*lines, sql]), f"{name}.sql")


def columns(sql, *header):
    return {column["name"]: column["type"] for column in BUILDER.query_columns(query(sql, *header), KNOWN)}


def visuals(*queries):
    """{VisualId: (kind, body)} of a definition."""
    made = BUILDER.definition("Clicks", "source", list(queries), KNOWN, PREFIX)
    return {body["VisualId"]: (kind, body) for visual in made["Sheets"][0]["Visuals"] for kind, body in visual.items()}


CHARTED = query("SELECT element, sum(spent) AS spent, day FROM clicks GROUP BY element, day", "chart: bar x=element y=spent")


# -- columns


def test_a_tables_columns_come_with_their_types_and_partitions_last():
    name, found = BUILDER.table_columns(STATEMENT)
    assert name == "clicks"
    assert [(column["name"], column["type"]) for column in found] == [
        ("element", "STRING"),
        ("spent", "INTEGER"),
        ("price", "DECIMAL"),
        ("at", "DATETIME"),
        ("day", "DATETIME"),
    ]


def test_a_querys_columns_follow_from_its_text():
    sql = "SELECT element AS e, count(*) AS n, sum(spent) AS s, CAST(avg(price) AS decimal(5, 1)) AS p, max(at) AS last, day FROM clicks"
    expected = {"e": "STRING", "n": "INTEGER", "s": "INTEGER", "p": "DECIMAL", "last": "DATETIME", "day": "DATETIME"}
    assert columns(f"{sql} GROUP BY element, day") == expected


def test_a_column_whose_type_cannot_be_told_asks_for_a_cast():
    with pytest.raises(BUILDER.DefinitionError, match=r"clicks_by_element: column x is of the type UNKNOWN.*CAST"):
        columns("SELECT no_such_function(element) AS x FROM clicks")


def test_a_column_that_the_table_lacks_is_an_error_that_names_the_query():
    with pytest.raises(BUILDER.DefinitionError, match="clicks_by_element: the columns cannot be told"):
        columns("SELECT missing FROM clicks")


# -- queries


def test_parameters_have_their_defaults_and_other_question_marks_stay():
    sql = "SELECT '?' AS a, element -- ?\nFROM clicks WHERE day >= date(?) AND element = ?"
    header = ("parameter: since type=date default=2025-02-01", "parameter: what type=text default=it's", "placeholders: since what")
    filled = BUILDER.filled(query(sql, *header))
    assert filled == "SELECT '?' AS a, element -- ?\nFROM clicks WHERE day >= date('2025-02-01') AND element = 'it''s'"


def test_tables_name_their_database_and_nothing_else_of_the_text_changes():
    sql = "SELECT clicks.element AS clicks\nFROM  clicks -- clicks\nJOIN (SELECT 'clicks' AS x FROM clicks) AS t ON true"
    expected = 'SELECT clicks.element AS clicks\nFROM  "db".clicks -- clicks\nJOIN (SELECT \'clicks\' AS x FROM "db".clicks) AS t ON true'
    assert BUILDER.with_database(query(sql), KNOWN, "db") == expected


def test_a_common_table_expression_is_no_table_of_the_database():
    sql = "WITH some AS (SELECT * FROM clicks) SELECT count(*) AS n FROM some"
    assert BUILDER.with_database(query(sql), KNOWN, "db") == 'WITH some AS (SELECT * FROM "db".clicks) SELECT count(*) AS n FROM some'


def test_only_panels_are_shown():
    saved, live = query("SELECT 1 AS one", "panel: no", name="saved"), query("SELECT 1 AS one", "live: yes", name="live")
    assert BUILDER.panels([CHARTED, saved, live]) == [CHARTED]


def test_each_panel_is_a_data_set():
    (made,) = BUILDER.data_sets("orders", [CHARTED], KNOWN, "db")
    assert (made["name"], made["title"], made["data_source"]) == ("orders-clicks-by-element", "Clicks", "orders")
    assert [column["name"] for column in made["columns"]] == ["element", "spent", "day"]


# -- visuals


@pytest.mark.parametrize(
    ("chart", "kind", "orientation"),
    [("bar", "BarChartVisual", "HORIZONTAL"), ("column", "BarChartVisual", "VERTICAL"), ("line", "LineChartVisual", None)],
)
def test_each_chart_of_the_header_is_a_visual(chart, kind, orientation):
    found = visuals(query(CHARTED.sql, f"chart: {chart} x=day y=spent"))
    assert list(found) == [f"clicks-by-element-{chart}-1", "clicks-by-element-table"]
    seen, body = found[f"clicks-by-element-{chart}-1"]
    assert seen == kind
    assert body["ChartConfiguration"].get("Orientation") == orientation


@pytest.mark.parametrize(
    ("x", "field", "first"),
    [
        ("element", "CategoricalDimensionField", ("y", "DESC")),
        ("spent", "NumericalDimensionField", ("x", "ASC")),
        ("day", "DateDimensionField", ("x", "ASC")),
    ],
)
def test_names_are_ordered_by_their_value_and_times_and_numbers_by_themselves(x, field, first):
    (_, (_, body)) = next(iter(visuals(query(CHARTED.sql, f"chart: bar x={x} y=spent")).items()))
    told = body["ChartConfiguration"]
    ((seen, _),) = told["FieldWells"]["BarChartAggregatedFieldWells"]["Category"][0].items()
    (sort,) = told["SortConfiguration"]["CategorySort"]
    assert seen == field
    assert (sort["FieldSort"]["FieldId"].rpartition("-")[2], sort["FieldSort"]["Direction"]) == first


def test_every_panel_has_a_table_of_all_its_columns():
    _, body = visuals(query(CHARTED.sql))["clicks-by-element-table"]
    values = body["ChartConfiguration"]["FieldWells"]["TableUnaggregatedFieldWells"]["Values"]
    assert [value["Column"]["ColumnName"] for value in values] == ["element", "spent", "day"]


@pytest.mark.parametrize(("chart", "reason"), [("x=missing y=spent", "'missing' is none"), ("x=spent y=element", "no number")])
def test_a_chart_that_cannot_be_drawn_is_an_error(chart, reason):
    with pytest.raises(BUILDER.DefinitionError, match=reason):
        visuals(query(CHARTED.sql, f"chart: bar {chart}"))


def test_titles_and_descriptions_are_those_of_the_page():
    header = "-- title: From {since}\n-- description: D\n-- parameter: since type=date default=2025-02-01\n"
    with_parameter = PARSER.parse(f"{header}SELECT 1 AS one WHERE ? <> ''", "a.sql")
    _, body = visuals(with_parameter)["a-table"]
    assert body["Title"]["FormatText"]["PlainText"] == "From 2025-02-01"
    assert body["Subtitle"]["FormatText"]["PlainText"] == "D"


def test_visuals_lie_two_in_a_row_and_never_on_each_other():
    made = BUILDER.definition("Clicks", "source", [CHARTED, query(CHARTED.sql, name="other")], KNOWN, PREFIX)
    elements = made["Sheets"][0]["Layouts"][0]["Configuration"]["GridLayout"]["Elements"]
    assert [(each["RowIndex"], each["ColumnIndex"]) for each in elements] == [(0, 0), (0, 18), (10, 0)]
    assert all(each["ColumnIndex"] + each["ColumnSpan"] <= BUILDER.GRID for each in elements)


def test_a_folder_without_panels_cannot_be_shown():
    with pytest.raises(BUILDER.DefinitionError, match="no panel"):
        BUILDER.definition("Clicks", "source", [], KNOWN, PREFIX)


@pytest.mark.parametrize("folder", ["order_history", "transactions"])
@pytest.mark.parametrize("operation", ["CreateDashboard", "CreateAnalysis"])
def test_the_pipelines_definitions_fit_aws_model_and_hold_together(folder, operation):
    item = {"name": folder, "data_source": folder, "database": "db", "sql": folder}
    made = filter_named("quicksight_definition")(item, PREFIX)
    shape = botocore.session.get_session().get_service_model("quicksight").operation_model(operation).input_shape
    identity = {"DashboardId": "a"} if operation == "CreateDashboard" else {"AnalysisId": "a"}
    call = {"AwsAccountId": "0" * 12, "Name": "a", **identity, "Definition": made}
    assert list(problems(call, shape)) == []
    assert ParamValidator().validate(call, shape).generate_report() == ""

    sets = {f"{PREFIX}{each['name']}": each["columns"] for each in filter_named("derived_data_sets")({"quicksight_analyses": [item]})}
    assert taken.check(made, lambda arn: {column["name"]: column["type"] for column in sets[arn]}) == []


# -- filters


def test_what_a_dashboard_and_an_analysis_both_show_is_one_data_set():
    item = {"name": "a", "data_source": "orders", "database": "db", "sql": "order_history"}
    one = filter_named("derived_data_sets")({"quicksight_dashboards": [item]})
    assert filter_named("derived_data_sets")({"quicksight_dashboards": [item], "quicksight_analyses": [item]}) == one
    assert filter_named("derived_data_sets")({}) == []


def test_a_folder_that_cannot_be_shown_is_an_error_that_names_who_shows_it():
    item = {"name": "board", "data_source": "orders", "database": "db", "sql": "nowhere"}
    with pytest.raises(AnsibleFilterError, match=r"(?s)quicksight_dashboards: board:.*nowhere"):
        filter_named("derived_data_sets")({"quicksight_dashboards": [item]})


def test_short_names_are_those_of_the_default_namespace():
    arns = filter_named("quicksight_principals")(["group/a", "user/b/c", "namespace/default", "arn:x"], "aws-cn", "eu-west-1", "1" * 12)
    start = f"arn:aws-cn:quicksight:eu-west-1:{'1' * 12}"
    assert arns == [f"{start}:group/default/a", f"{start}:user/default/b/c", f"{start}:namespace/default", "arn:x"]


@pytest.mark.parametrize("name", ["analysts", "team/analysts", "group/", "namespace/a/b"])
def test_a_name_of_another_form_is_an_error(name):
    with pytest.raises(AnsibleFilterError, match="names nobody"):
        filter_named("quicksight_principals")([name], "aws", "us-east-1", "0" * 12)


def test_data_sets_that_follow_are_declared_too():
    item = {"name": "board", "data_source": "history", "database": "db", "sql": "order_history"}
    hostvars = {"one": {"quicksight_dashboards": [item], "quicksight_data_sets": [{"name": "whole"}]}}
    hostvars["one"] |= {"inventory_hostname": "one", "name_prefix": "", "alerts_topic": "t", "pipeline_slug": "one"}
    found = filter_named("declared_resources")(hostvars, ["one"])
    assert found["published dashboard"] == ["board"]
    assert {"whole", "history-regional-revenue", "history-peak-hours"} <= set(found["data set"])
    assert "history-peak-hours" in filter_named("declared_names")(hostvars, ["one"])
