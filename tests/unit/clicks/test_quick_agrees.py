"""The quick look keeps nothing that the exact rules refuse or change: held against them with made-up records."""

import copy
import json

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.clicks.support import CONTRACT, DOCUMENT, click, contracts, problems, quick, rules

QUICK = quick.Quick(CONTRACT)
TEXTS = st.sampled_from(
    [
        *("a", "Crème", "🍮", "", " ", '"', "\\", "\x00", "\x1f", "\x7f", "\n", "\u2028", "\ud800", "a,b", "{}", "x" * 200, "x" * 201),
        *("é" * 100, "é" * 101, "é" * 200, "é" * 201, "a b", "\u00a0", '","time_spent":1,"x":"'),
    ]
)
DATES = st.sampled_from(
    [
        *("2026-11-21T19:08:09Z", "2026-11-21T19:08:09.123456789Z", "2026-02-29T19:08:09Z", "2024-02-29T19:08:09Z", "2026-04-31T00:00:00Z"),
        *(
            "2026-11-21T24:00:00Z",
            "2026-11-21T19:08:60Z",
            "2026-11-21T19:08:09.Z",
            "2026–11–21T19:08:09Z",
            "2026-11-21T19:08:09",
            "1795287600",
        ),
        *("1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "2026-11-21T19:08:09+00:00", "2026-11-21t19:08:09z", ""),
    ]
)
NUMBERS = st.sampled_from(
    ["0", "1", "9999", "10000", "86400", "86401", "-0", "-1", "01", "1.0", "1e2", '"1"', "true", "null", "NaN", "9" * 30]
)
BLANKS = st.sampled_from(["", "", "", " ", "  ", "\t", "\n"])


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """The bytes of a record: mostly good, odd in some member, in any order, maybe with one twice or too few."""
    odd = draw(st.sampled_from(["none", "none", "text", "date", "number", "order", "twice", "less", "more", "name", "bytes", "end"]))
    members = [
        ("element_clicked", json.dumps(draw(TEXTS) if odd == "text" else "a", ensure_ascii=draw(st.booleans()))),
        ("time_spent", draw(NUMBERS) if odd == "number" else "12"),
        ("source_menu", json.dumps(draw(TEXTS) if odd == "text" else "Menü", ensure_ascii=draw(st.booleans()))),
        ("created_at", json.dumps(draw(DATES) if odd == "date" else "2026-11-21T19:08:09Z", ensure_ascii=False)),
    ]
    if draw(st.booleans()):
        members.append(("click_id", json.dumps(draw(TEXTS) if odd == "text" else "x-1", ensure_ascii=False)))
    match odd:
        case "order":
            members = draw(st.permutations(members))
        case "twice":
            members.append(draw(st.sampled_from(members)))
        case "less":
            members.pop(draw(st.integers(0, len(members) - 1)))
        case "more":
            members.append(draw(st.sampled_from([("note", "1"), ("createdAt", '"2026-11-21T19:08:09Z"')])))
        case "name":
            members[3] = ("createdAt", members[3][1])
    blank = draw(BLANKS)
    text = "{" + blank + f"{blank},{draw(BLANKS)}".join(f'"{name}"{blank}:{draw(BLANKS)}{value}' for name, value in members) + blank + "}"
    data = text.encode("utf-8", "surrogatepass")
    if odd == "bytes":
        place = draw(st.integers(0, len(data) - 1))
        data = data[:place] + draw(st.sampled_from([b"\xff", b"\xc3", b"\x00", b'"', b"\\", b"\n", b""])) + data[place + 1 :]
    return draw(st.sampled_from([data + b"\n", data + data, data + b"\n" + data, b"\n" + data, b""])) if odd == "end" else data


def as_it_stands(data: bytes) -> bool:
    try:
        return rules.judge(data, CONTRACT) == rules.Click(data[:-1])
    except problems.Problem:
        return False


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(written(), min_size=1, max_size=10))
@example([click() + b"\n" + click(), b""])  # as many line ends as records, but not between them
@example([b"", click() + b"\n" + click()])
@example([click(), b"\n", b"x"])
@example([click(source_menu="é").replace("é".encode(), b"\xc3"), b"\xa9"])  # UTF-8 only when put together
def test_what_it_knows_is_kept_as_it_stands(records: list[bytes]) -> None:
    others = QUICK.others(records)
    assert others == sorted(set(others))
    for place, data in enumerate(records):
        assert place in others or as_it_stands(data), data


def test_what_programs_write_is_known() -> None:
    """Or the benchmark would measure another way than the one that is taken."""
    known = [
        click(),
        click(click_id="0b7e-1"),
        click(element_clicked="Crème 🍮"),
        json.dumps(json.loads(click())).encode(),
        click(time_spent=0),
    ]
    assert QUICK.others(known * 1000) == []
    assert QUICK.others([*known, b"x", *known, b"", click(created_at="now")]) == [5, 11, 12]
    assert QUICK.others([*known, click() + b"\n"]) == [5]


def test_with_another_contract_it_knows_less_never_more() -> None:
    document = json.loads(DOCUMENT.read_text())

    def knows(data: bytes, name: str, **keywords: object) -> bool:
        other = copy.deepcopy(document)
        other["components"]["schemas"]["Click"]["properties"][name].update(keywords)
        return not quick.Quick(contracts.contract(other)).others([data])

    assert not knows(click(), "element_clicked", pattern="^[a-z]+$")
    assert not knows(click(click_id="A"), "click_id", pattern="^[a-z]+$")
    assert knows(click(), "click_id", pattern="^[a-z]+$")
    assert not knows(click(element_clicked="éé"), "element_clicked", minLength=4)
    assert not knows(click(element_clicked="x" * 11), "element_clicked", maxLength=10)
    assert not knows(click(time_spent=3), "time_spent", minimum=5)
    assert not knows(click(time_spent=12), "time_spent", maximum=11)
    assert not knows(click(), "created_at", maxLength=22)
    assert not knows(click(), "element_clicked", maxLength=5000)
