"""What a click is, exactly: the reasons, and the bytes that stay."""

import json
import re

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clicks.support import CONTRACT, DOCUMENT, click, dates, problems, reason, rules

SCHEMA = json.loads(DOCUMENT.read_text())["components"]["schemas"]["Click"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\xff", "undecodable"),
        (click(element_clicked="x" * 4096), "record_too_long"),
        (b"\xef\xbb\xbf" + click(), "json_invalid"),
        (click()[:-1], "json_invalid"),
        (click() + b"x", "json_invalid"),
        (click() + click(), "several_clicks"),
        (click() + b"\n" + click() + b"\n", "several_clicks"),
        (b'{"element_clicked":"a\nb"}', "json_invalid"),
        (b'{"time_spent":NaN}', "json_invalid"),
        (b'{"time_spent":-Infinity}', "json_invalid"),
        (click().replace(b"Pizza", rb"\ud83c"), "json_invalid"),
        (b"[" * 4000, "json_too_deep"),
        (b"[]", "not_an_object"),
        (b'"click"', "not_an_object"),
        (b"[%b]" % click(), "not_an_object"),
        (click()[:-1] + b',"time_spent":3}', "member_repeated"),
        (click()[:-1] + rb',"time\u005fspent":3}', "member_repeated"),
        (click(note="x"), "member_unknown"),
        (click(arrived_at="2026-11-21T19:08:09Z"), "member_unknown"),
        (click(source_menu=None), "source_menu_missing"),
        (b"{}", "element_clicked_missing"),
        (click(element_clicked=["Pizza"]), "element_clicked_wrong_type"),
        (click(element_clicked=""), "element_clicked_too_short"),
        (click(element_clicked="é" * 201), "element_clicked_too_long"),
        (click(time_spent="12"), "time_spent_wrong_type"),
        (click(time_spent=True), "time_spent_wrong_type"),
        (click(time_spent=1.0), "time_spent_wrong_type"),
        (click().replace(b":12,", b":1e1,"), "time_spent_wrong_type"),
        (click().replace(b":12,", b":1e999,"), "time_spent_wrong_type"),
        (click(time_spent=-1), "time_spent_too_small"),
        (click(time_spent=86_401), "time_spent_too_large"),
        (click().replace(b":12,", b":%b," % (b"9" * 3900)), "time_spent_too_large"),
        (click().replace(b":12,", b":012,"), "json_invalid"),
        (click(created_at=None), "created_at_missing"),
        (click(createdAt="2026-11-21T19:08:09Z"), "created_at_repeated"),
        (click(created_at=1795287600), "created_at_wrong_type"),
        (click(created_at="x" * 65), "created_at_too_long"),
        (click(created_at="yesterday"), "created_at_invalid"),
        (click(created_at=None, createdAt="3026-11-21T19:08:09Z"), "created_at_out_of_range"),
        (click(click_id=""), "click_id_too_short"),
        (click(click_id="a b"), "click_id_invalid"),
        (click(click_id="a\u2003b"), "click_id_invalid"),
        (click(click_id=None).replace(b"}", b',"click_id":null}'), "click_id_wrong_type"),
    ],
)
def test_what_is_no_click_is_told_why(data: bytes, code: str) -> None:
    with pytest.raises(problems.Problem) as problem:
        rules.judge(data, CONTRACT)
    assert problem.value.code == code
    assert len(str(problem.value)) < 400


@pytest.mark.parametrize(
    "data",
    [
        click(),
        click(click_id="0b7e1a2c-77"),
        click(element_clicked="é" * 200, source_menu="🍮" * 200, time_spent=86_400),
        click(element_clicked='"quoted" \\ \n \t \x00 </b> \u2028 \x7f'),
        json.dumps(json.loads(click(element_clicked="Crème 🍮")), indent=1).replace("\n", " ").encode(),
        b"{ " + click()[1:-1] + b"\t}",
        click().replace(b"element_clicked", rb"element\u005fclicked"),
        click().replace(b":12,", b":-0,"),
    ],
)
def test_the_bytes_of_a_click_stay_as_they_were_sent(data: bytes) -> None:
    assert rules.judge(data, CONTRACT) == rules.Click(data[:-1])


def test_a_click_becomes_one_line() -> None:
    """The table reads a line as a row; between members a line end means no more than a space."""
    data = json.dumps(json.loads(click(element_clicked="a\nb")), indent=2).replace("\n", "\r\n").encode() + b"\r\n"
    kept = rules.judge(data, CONTRACT)
    assert kept.before + b"}" == data.strip().replace(b"\r\n", b"  ")
    assert json.loads(kept.before + b"}") == json.loads(data)


class TestADateThatIsNotInForm:
    def test_is_replaced_where_it_stands_and_kept_as_it_was_sent(self) -> None:
        data = b'{"created_at" : "2026\xe2\x80\x9311-21 20:00+01" , "element_clicked":"a","time_spent":0,"source_menu":"b" }'
        kept = rules.judge(data, CONTRACT)
        assert kept.before == b'{"created_at" : "2026-11-21T19:00:00Z" , "element_clicked":"a","time_spent":0,"source_menu":"b" '
        assert kept.after == ',"created_at_sent":"2026–11-21 20:00+01"'.encode()
        assert kept.normalised

    def test_keeps_its_escapes(self) -> None:
        kept = rules.judge(click().replace(b"2026-11", rb"2026\u201311"), CONTRACT)
        assert kept.after == rb',"created_at_sent":"2026\u201311-21T18:59:58.5Z"'
        assert json.loads(kept.before + b"}")["created_at"] == "2026-11-21T18:59:58.5Z"

    def test_is_found_by_its_name_not_by_its_look(self) -> None:
        data = click(element_clicked='created_at":"2026-11-21 19:00",{"created_at', created_at=None, source_menu="created_at")
        data = data[:-1] + rb',"created\u005fat":"2026-11-21 19:00"}'
        made = json.loads((kept := rules.judge(data, CONTRACT)).before + kept.after + b"}")
        assert made == json.loads(data) | {"created_at": "2026-11-21T19:00:00Z", "created_at_sent": "2026-11-21 19:00"}

    def test_under_its_other_name_stays_and_is_added(self) -> None:
        data = click(created_at=None, createdAt="1795287600123")
        kept = rules.judge(data, CONTRACT)
        assert kept.before == data[:-1]
        assert kept.after == b',"created_at":"2026-11-21T19:00:00.123Z","created_at_sent":"1795287600123"'


def test_a_good_date_under_its_other_name_is_added_only() -> None:
    kept = rules.judge(click(created_at=None, createdAt="2026-11-21T19:00:00Z"), CONTRACT)
    assert kept.after == b',"created_at":"2026-11-21T19:00:00Z"'
    assert not kept.normalised


TEXTS = st.sampled_from(["", "a", " ", "é" * 200, "é" * 201, "a b", "🍮" * 65, "x" * 64, "\u2003", 3, None, True, {}, ["a"]])
MOMENTS = st.sampled_from(["2026-11-21T19:08:09Z", "", "x" * 65, 7, None])
MEMBERS = {
    "element_clicked": TEXTS,
    "time_spent": st.sampled_from([0, 1, 86_400, 86_401, -1, 1.5, "1", None, True, 10**30]),
    "source_menu": TEXTS,
    "created_at": MOMENTS,
    "createdAt": MOMENTS,
    "click_id": TEXTS,
    "note": st.just(1),
}
GOOD = {"element_clicked": "a", "time_spent": 1, "source_menu": "b", "created_at": "2026-11-21T19:08:09Z"}


@given(st.fixed_dictionaries({}, optional=MEMBERS), st.sets(st.sampled_from(sorted(MEMBERS)), max_size=2))
def test_the_rules_are_those_of_the_apis_schema_and_of_dates(drawn: dict, without: set[str]) -> None:
    """What the API's model lets through is kept, but for dates that nobody understands; what it refuses is refused here."""
    value = {name: each for name, each in (GOOD | dict(list(drawn.items())[:2])).items() if name not in without}
    by_schema = jsonschema.Draft4Validator(SCHEMA).is_valid(value)
    code = reason(json.dumps(value).encode())
    if by_schema:
        moment = value.get("created_at", value.get("createdAt"))
        assert code == (None if re.fullmatch(dates.SURE, moment) else "created_at_invalid")
    else:
        assert code is not None
