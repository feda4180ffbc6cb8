"""Live panels: asked anew every few seconds while somebody looks, once for all who look."""

import pytest
from dashboard import create_app, sql_files
from dashboard.board import Board
from dashboard.config import check
from dashboard.metrics import Metrics
from dashboard.sql_files import SqlFileError

from tests.unit.dashboard.clicks import ELEMENTS, LIVE, clicks_aws, clicks_config

PART = "/clicks/live/part"


@pytest.fixture
def aws():
    return clicks_aws()


@pytest.fixture
def client(aws, tmp_path):
    return create_app(clicks_config(tmp_path), aws).test_client()


def asked(aws, sql=LIVE):
    return sum(1 for started, *_ in aws.started if started == sql)


def test_a_live_panel_stands_above_the_others_and_is_none_of_them(client):
    response = client.get("/clicks")
    text = response.get_data(as_text=True)
    assert text.index("The Last Minutes") < text.index('class="panels"') < text.index("Clicks by Element")
    assert f'data-part="{PART}" data-seconds="10" data-minutes="10"' in text
    assert "at least $0.00005 on AWS" in text
    assert response.headers["Content-Security-Policy"].endswith("; script-src 'self'; connect-src 'self'")
    assert [panel["query"] for panel in client.get("/clicks.json").json["panels"]] == ["clicks_by_element"]


def test_the_overview_asks_no_live_panel(client, aws):
    assert "All 1 queries answer" in client.get("/").get_data(as_text=True)
    assert (asked(aws), asked(aws, ELEMENTS)) == (0, 1)


def test_the_part_is_the_panel_without_a_page_around_it(client):
    response = client.get(PART)
    text = response.get_data(as_text=True)
    assert response.status_code == 200
    assert "<svg" in text
    assert "<table" in text
    assert "<html" not in text
    assert "<script" not in text


@pytest.mark.parametrize("path", ["/clicks/clicks_by_element/part", "/clicks/nope/part", "/nope/live/part"])
def test_only_live_panels_have_a_part(client, path):
    assert client.get(path).status_code == 404


def test_whoever_looks_shares_one_answer(client, aws):
    for path in (PART, PART, "/clicks", "/clicks/live", "/clicks/live.json", "/clicks/live?refresh=1"):
        assert client.get(path).status_code == 200
    assert asked(aws) == 1


def test_it_is_asked_anew_after_its_seconds_and_others_are_not(aws, tmp_path):
    now = [0.0]
    config = check(clicks_config(tmp_path, live_seconds=7))
    board = Board(config, aws, Metrics(), clock=lambda: now[0])
    (pipeline,) = config.pipelines
    for at, times in ((0, 1), (6.9, 1), (7.1, 2), (14, 2), (14.2, 3)):
        now[0] = at
        board.gather([*board.ask_live(pipeline), *board.ask_all(pipeline)])
        assert (at, asked(aws)) == (at, times)
    assert asked(aws, ELEMENTS) == 1


def test_its_answers_are_not_kept_on_disk(client, aws, tmp_path):
    (tmp_path / "kept").mkdir()
    made = create_app(clicks_config(tmp_path, cache_dir=str(tmp_path / "kept")), aws).test_client()
    made.get("/clicks")
    assert len(list((tmp_path / "kept").glob("*.json"))) == 1


def test_a_failure_is_told_in_its_place(client, aws):
    aws.answers[LIVE] = "EXCEEDED_MEMORY_LIMIT: Query exhausted resources"
    assert "EXCEEDED_MEMORY_LIMIT" in client.get(PART).get_data(as_text=True)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("-- live: maybe", r"q.sql:2: live must be yes or no; it is 'maybe'"),
        ("-- live: yes\n-- panel: yes", r"q.sql:3: a live panel has no panel"),
        ("-- live: yes\n-- parameter: n type=integer default=1", r"q.sql:3: a live panel has no parameter"),
        ("-- severity: error\n-- remedy: r\n-- live: yes", r"q.sql:4: a check has no live"),
    ],
)
def test_a_header_that_cannot_be_is_refused(header, words):
    with pytest.raises(SqlFileError, match=words):
        sql_files.parse(f"-- title: T\n{header}\nSELECT 1", "q.sql")
