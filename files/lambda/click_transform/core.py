"""The transform without AWS: a request's records in; an answer for each of them, the rejected ones and the counts out.

Pure: no boto3, no clock, no environment; a call leaves nothing behind for the next one.
"""

import json
from binascii import a2b_base64, b2a_base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from clicks.contract import Contract
from clicks.problem import Problem
from clicks.quick import Quick
from clicks.rules import judge
from rejects import line as reject_line

MOST_RESPONSE = 6 * 1024 * 1024  # bytes; Lambda gives back no more
OK, DROPPED, FAILED = "Ok", "Dropped", "ProcessingFailed"
RESPONSE_FULL = "response_full"
# What an answer has besides its ids and data, as the runtime writes it.
_FRAME = len(json.dumps({"records": []}))
_FRAMES = {result: len(json.dumps({"recordId": "", "result": result, "data": ""})) + len(", ") for result in (OK, DROPPED, FAILED)}
_STAMP = len(',"arrived_at":"2026-11-21T19:08:09.123Z"\n')
_VALUE = slice(len(',"arrived_at":"'), -len('"}\n'))  # of a stamp: the arrival itself
_ENDS = tuple(f'{millisecond:03d}Z"}}\n'.encode() for millisecond in range(1000))


class RequestError(ValueError):
    """The event is no request of Firehose's, or one that cannot be answered."""


@dataclass
class Summary:
    """What became of a request's records. rows_in = kept + rejected.

    Attributes:
        first, last: the earliest and the latest arrival, in milliseconds since 1970.
        size: of the records, in bytes.
        normalised: clicks among the kept whose date had to be brought into canonical form.
        rejected_by_reason: records by reason code. Those of RESPONSE_FULL are left to Firehose, the others are in `rejects`.
    """

    first: int
    last: int
    rows_in: int
    size: int = 0
    kept: int = 0
    normalised: int = 0
    rejected_by_reason: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        return self.rejected_by_reason.total()


@dataclass
class Outcome:
    """What a request comes to.

    Attributes:
        name: of its outputs, with the hour of its first arrival as folders; the same records have the same name.
        answers: one for each record, in their order, as Firehose wants them.
        rejects: JSON lines; empty where no record is rejected.
    """

    name: str
    answers: list[dict[str, str]]
    rejects: bytes
    summary: Summary


class Transform:
    """Judges records by a contract. It keeps nothing of them."""

    def __init__(self, contract: Contract) -> None:
        self._contract, self._quick = contract, Quick(contract)

    def __call__(self, records: Sequence[Mapping], most_response: int = MOST_RESPONSE) -> Outcome:
        """What the records of a request come to.

        Args:
            records: {recordId, approximateArrivalTimestamp in milliseconds, data in base64} each.
            most_response: bytes that the answer may have as JSON. What would make it longer is answered ProcessingFailed with
                the record as it came, so that Firehose keeps it.

        Raises:
            RequestError: there is no record, one of them lacks a member or is no base64, or not even failures fit the answer.
        """
        try:
            ids = [record["recordId"] for record in records]
            arrivals = [record["approximateArrivalTimestamp"] for record in records]
            datas = [a2b_base64(record["data"]) for record in records]
            summary = Summary(min(arrivals), max(arrivals), len(records), sum(map(len, datas)))
        except (KeyError, TypeError, ValueError) as error:
            raise RequestError(f"the event is no request of Firehose's with records in it: {error!r}") from error
        answers, rejects, normalised, growth = self._judged(ids, datas, _stamps(arrivals), summary.rejected_by_reason)
        names = "\n".join(ids)
        if _most_size(summary, len(names), growth) > most_response:
            for place in _left_out(records, answers, most_response):
                summary.rejected_by_reason[RESPONSE_FULL] += 1
                normalised.discard(place)
        summary.kept = summary.rows_in - summary.rejected
        summary.normalised = len(normalised)
        return Outcome(_name(summary.first, names), answers, "".join(rejects).encode("ascii"), summary)

    def _judged(
        self, ids: list[str], datas: list[bytes], stamps: list[bytes], reasons: Counter[str]
    ) -> tuple[list[dict[str, str]], list[str], set[int], int]:
        """Answers, lines of rejects, places of clicks whose date was normalised, and by how many bytes the exact rules made lines longer.

        All are answered as if they were kept as they stand, which nearly all are; then those of which that is not sure, exactly.
        """
        answers = [
            {"recordId": identity, "result": OK, "data": b2a_base64(data[:-1] + stamp, newline=False).decode()}
            for identity, data, stamp in zip(ids, datas, stamps, strict=True)
        ]
        rejects, normalised, growth = [], set(), 0
        for place in self._quick.others(datas):
            data, stamp = datas[place], stamps[place]
            try:
                click = judge(data, self._contract)
            except Problem as problem:
                reasons[problem.code] += 1
                rejects.append(reject_line(ids[place], stamp[_VALUE].decode(), problem.code, str(problem), data))
                answers[place] = {"recordId": ids[place], "result": DROPPED, "data": ""}
                continue
            if click.normalised:
                normalised.add(place)
            line = click.before + stamp[:-2] + click.after + stamp[-2:]
            growth += len(line) - len(data)
            answers[place]["data"] = b2a_base64(line, newline=False).decode()
        return answers, rejects, normalised, growth


def _stamps(arrivals: list[int]) -> list[bytes]:
    """What takes the place of a click's last brace: its arrival, the brace and the line end."""
    heads = {
        second: f',"arrived_at":"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.'.encode()
        for second in {arrival // 1000 for arrival in arrivals}
    }
    return [heads[arrival // 1000] + _ENDS[arrival % 1000] for arrival in arrivals]


def _most_size(summary: Summary, ids: int, growth: int) -> int:
    """How many bytes the answers have at most, without looking at each."""
    data = summary.size + summary.rows_in * (_STAMP + 2) + growth  # the last three bytes of a record may be filled up
    return _FRAME + summary.rows_in * max(_FRAMES[OK], _FRAMES[DROPPED]) + ids + data * 4 // 3 + 4


def _name(first: int, ids: str) -> str:
    begin = datetime.fromtimestamp(first // 1000, UTC)
    return f"{begin:%Y/%m/%d/%H/%Y%m%dT%H%M%S}{first % 1000:03d}Z-{sha256(ids.encode()).hexdigest()[:16]}"


def _left_out(records: Sequence[Mapping], answers: list[dict], most: int) -> list[int]:
    """Make the answers fit: places of the kept clicks, the last ones first, that became failures; none, nearly always."""
    sizes = [_size(answer) for answer in answers]
    size = _FRAME + sum(sizes)
    places = []
    for place in range(len(answers) - 1, -1, -1):
        if size <= most:
            break
        if answers[place]["result"] == OK:
            answers[place] |= {"result": FAILED, "data": records[place]["data"]}
            size += _size(answers[place]) - sizes[place]
            places.append(place)
    if size > most:
        raise RequestError(f"the answer would have {size:,} bytes with no record kept; {most:,} are allowed. Lower BufferSizeInMBs.")
    return places


def _size(answer: Mapping) -> int:
    return _FRAMES[answer["result"]] + len(answer["recordId"]) + len(answer["data"])
