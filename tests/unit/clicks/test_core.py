"""The transform of a request: an answer for each record, nothing lost, nothing remembered, never too long."""

import copy
import json
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.clicks.support import ARRIVAL, ARRIVED, CONTRACT, click, core, lines, quick, record, records, rejected, rules

BUFFER_MB = 1  # the processor's hint BufferSizeInMBs, in inventory/host_vars/clickstream.yml
transform = core.Transform(CONTRACT)
STAMP = f',"arrived_at":"{ARRIVED}"'.encode()


def test_a_click_gets_its_arrival_and_a_line_end_and_keeps_its_bytes() -> None:
    odd = click(element_clicked='a "quoted" \\ 🍮').replace(b":12,", b" : 12\t,")
    outcome = transform(records(click(), odd))
    assert lines(outcome) == [click()[:-1] + STAMP + b"}\n", odd[:-1] + STAMP + b"}\n"]
    assert (outcome.rejects, outcome.summary.rows_in, outcome.summary.kept) == (b"", 2, 2)
    assert outcome.summary.size == len(click()) + len(odd)


def test_arrivals_are_told_to_the_millisecond() -> None:
    arrivals = [0, 999, 1000, 4102444799999, ARRIVAL, ARRIVAL]
    made = [json.loads(line)["arrived_at"] for line in lines(transform([record(click(), n, each) for n, each in enumerate(arrivals)]))]
    assert made[:4] == ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.999Z", "1970-01-01T00:00:01.000Z", "2099-12-31T23:59:59.999Z"]
    assert made[4:] == [ARRIVED, ARRIVED]


def test_a_normalised_date_follows_the_arrival() -> None:
    (line,) = lines(outcome := transform(records(click(created_at="2026-11-21 19:00"))))
    assert list(json.loads(line).items())[-3:] == [
        ("created_at", "2026-11-21T19:00:00Z"),
        ("arrived_at", ARRIVED),
        ("created_at_sent", "2026-11-21 19:00"),
    ]
    assert outcome.summary.normalised == 1


def test_what_is_no_click_is_dropped_and_kept_in_the_rejects() -> None:
    outcome = transform(records(click(), b"\xffno", click(), click(time_spent=-1)))
    assert [each["result"] for each in outcome.answers] == ["Ok", "Dropped", "Ok", "Dropped"]
    assert [each["recordId"] for each in outcome.answers] == [each["recordId"] for each in records(b"", b"", b"", b"")]
    first, second = rejected(outcome)
    assert first["reason"] == "undecodable"
    assert (first["text"], first["text_base64"]) == ("\ufffdno", "/25v")
    assert second == {
        "record": record(b"", 3)["recordId"],
        "arrived_at": ARRIVED,
        "reason": "time_spent_too_small",
        "message": "time_spent is -1; it must be 0 or more",
        "text": click(time_spent=-1).decode(),
    }
    assert outcome.summary.rejected_by_reason == {"undecodable": 1, "time_spent_too_small": 1}


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([click(), click(created_at="2026-11-21 19:00"), b"", b"x", click() + b"\n", click(click_id=" ")]), min_size=1)
)
def test_every_record_is_answered_and_accounted_for(datas: list[bytes]) -> None:
    outcome = transform(given := records(*datas))
    assert [each["recordId"] for each in outcome.answers] == [each["recordId"] for each in given]
    assert outcome.summary.rows_in == outcome.summary.kept + outcome.summary.rejected == len(datas)
    assert [each["record"] for each in rejected(outcome)] == [each["recordId"] for each in outcome.answers if each["result"] == "Dropped"]
    kept = [line for line in lines(outcome) if line]
    assert len(kept) == outcome.summary.kept
    assert all(line.count(b"\n") == 1 and line.endswith(b"}\n") for line in kept)


class TestNothingIsRemembered:
    def test_the_same_request_comes_to_the_same_whatever_came_between(self) -> None:
        one = records(click(), b"x", click(created_at="2026-11-21 19:00"))
        first = transform(copy.deepcopy(one))
        transform(records(*[click(element_clicked=f"{n}") for n in range(50)], b"y"))
        assert transform(one) == first

    def test_nothing_in_the_modules_changes(self) -> None:
        def state() -> dict:
            found = {}
            for module in (core, quick, rules):
                values = {
                    name: value for name, value in vars(module).items() if not isinstance(value, types.ModuleType | types.FunctionType)
                }
                found[module.__name__] = {name: repr(value) for name, value in values.items() if name != "__builtins__"}
            return found | {"transform": repr(vars(transform)), "quick": repr(vars(transform._quick))}

        before = state()
        transform(records(click(), b"x", click(created_at="2026-11-21 19:00")))
        assert state() == before

    def test_the_records_are_left_as_they_are(self) -> None:
        given = records(click(), b"x")
        transform(given, most_response=400)
        assert given == records(click(), b"x")


class TestNames:
    def test_they_are_of_the_first_arrival_and_the_same_for_the_same_records(self) -> None:
        given = [record(click(), 1, ARRIVAL + 5), record(click(), 2, ARRIVAL)]
        name = transform(given).name
        assert name.startswith("2026/11/21/19/20261121T190000123Z-")
        assert transform(given).name == name
        assert transform(given[1:]).name != name

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ([], "no request of Firehose's"),
            ([{"recordId": "1", "data": ""}], "approximateArrivalTimestamp"),
            ([{"recordId": "1", "approximateArrivalTimestamp": 0}], "KeyError\\('data'\\)"),
            ([{"recordId": "1", "approximateArrivalTimestamp": 0, "data": "a"}], "Error\\("),
            ([{"recordId": "1", "approximateArrivalTimestamp": "now", "data": ""}, record(click())], "TypeError"),
        ],
    )
    def test_what_is_no_request_is_an_error(self, given: list, told: str) -> None:
        with pytest.raises(core.RequestError, match=told):
            transform(given)


def as_aws_frames(request: list[dict]) -> int:
    """Bytes of the event that Lambda is given."""
    arn = "arn:aws:firehose:ap-southeast-2:123456789012:deliverystream/" + "x" * 64
    event = {"invocationId": "0" * 36, "deliveryStreamArn": arn, "region": "ap-southeast-2", "records": request}
    return len(json.dumps(event))


def as_the_runtime_frames(outcome: object) -> int:
    return len(json.dumps({"records": outcome.answers}))


SMALL = {"element_clicked": "a", "time_spent": 0, "source_menu": "b", "created_at": None, "createdAt": None}
SHORTEST = [
    click(**SMALL | {name: moment})
    for name in ("created_at", "createdAt")
    for moment in ("1795287600", "1795287600123", "2026-11-21 19:00", "2026-11-21T19:00:00Z", "2026-11-21T19:00:00.123456789+01")
]


class TestTheAnswerFits:
    def test_a_full_buffer_of_the_smallest_clicks_fits_request_and_answer(self) -> None:
        """The smaller a click, the more records frame it, and the more its stamp and its normalised date weigh."""
        worst = max(SHORTEST, key=lambda data: as_the_runtime_frames(transform(records(data))) / len(data))
        number = BUFFER_MB * 1024 * 1024 // len(worst)
        one = record(worst)
        request = [one | {"recordId": f"{number:062d}"} for number in range(number)]
        assert as_aws_frames(request) <= core.MOST_RESPONSE
        outcome = transform(request)
        assert outcome.summary.kept == outcome.summary.normalised == number
        assert as_the_runtime_frames(outcome) <= core.MOST_RESPONSE * 0.8, "and there is room for what a hint is exceeded by"

    def test_no_click_is_smaller(self) -> None:
        smallest = min(SHORTEST, key=len)
        assert transform(records(smallest)).summary.kept == 1
        assert transform(records(*[smallest[:n] + smallest[n + 1 :] for n in range(len(smallest))])).summary.kept == 0

    @pytest.mark.parametrize("room", [0, 1, 150, 1000])
    def test_what_does_not_fit_is_left_to_firehose_and_counted(self, room: int) -> None:
        given = records(*[click(created_at="2026-11-21 19:00"), b"x", click()] * 8)
        everything = transform(given)
        nothing = [
            each if each["result"] == "Dropped" else {"recordId": each["recordId"], "result": "ProcessingFailed", "data": sent["data"]}
            for each, sent in zip(everything.answers, given, strict=True)
        ]
        most = len(json.dumps({"records": nothing})) + 2 + room
        outcome = transform(given, most_response=most)
        assert as_the_runtime_frames(outcome) <= most
        failed = [n for n, each in enumerate(outcome.answers) if each["result"] == "ProcessingFailed"]
        assert failed
        assert all(outcome.answers[n]["data"] == given[n]["data"] for n in failed), "as it came"
        assert outcome.summary.rejected_by_reason[core.RESPONSE_FULL] == len(failed)
        assert outcome.summary.rows_in == outcome.summary.kept + outcome.summary.rejected
        assert outcome.rejects == everything.rejects, "what is no click stays in the rejects"
        kept = [n for n, each in enumerate(outcome.answers) if each["result"] == "Ok"]
        assert (room < 1000) or kept
        assert [outcome.answers[n] for n in kept] == [everything.answers[n] for n in kept]
        assert outcome.summary.normalised == sum(n % 3 == 0 for n in kept)

    def test_where_not_even_failures_fit_it_is_an_error(self) -> None:
        with pytest.raises(core.RequestError, match="Lower BufferSizeInMBs"):
            transform(records(*[click()] * 9), most_response=500)

    @settings(deadline=None, max_examples=50)
    @given(st.lists(st.sampled_from([*SHORTEST, b"", b"x", click(element_clicked="é" * 200)]), min_size=1, max_size=60))
    def test_an_answer_that_is_too_long_is_always_seen(self, datas: list[bytes]) -> None:
        whole = as_the_runtime_frames(transform(given := records(*datas)))
        try:
            seen = as_the_runtime_frames(transform(given, most_response=whole - 1)) < whole
        except core.RequestError:
            seen = True
        assert seen
