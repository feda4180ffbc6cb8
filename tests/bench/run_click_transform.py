"""Transform the requests of a file of generate_clicks', again and again: `python run_click_transform.py WAY FILE TIMES`.

Ways: `core` is the function's, `loads` the same by json.loads and json.dumps, `base64` decodes, adds a line end and encodes,
`binascii` does that without the module base64 around it, `nothing` only reads the file. With TIMES 0 it prints as JSON what the
requests come to: answers (None where dropped) and the reasons of rejects.
"""

import base64
import binascii
import json
import re
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = {"element_clicked": 200, "source_menu": 200}
KNOWN = {"element_clicked", "time_spent", "source_menu", "created_at", "createdAt", "click_id"}


def core():
    """The function's way; the contract is read once, as in the function."""
    sys.path[:0] = [str(ROOT / "files/lambda/click_transform"), str(ROOT / "files/lambda")]
    import core
    from clicks import contract

    transform = core.Transform(contract.read(ROOT / "files/openapi/clickstream.json"))

    def way(request):
        outcome = transform(request)
        return outcome.answers, outcome.rejects, outcome.summary.rejected_by_reason

    return way


def loads(request):
    """The usual way."""
    answers, rejects, reasons = [], [], Counter()
    for record in request:
        data = base64.b64decode(record["data"])
        arrived = datetime.fromtimestamp(record["approximateArrivalTimestamp"] / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
        try:
            click = checked(json.loads(data))
        except ValueError as error:
            code = error.args[0] if len(error.args) == 2 else "json_invalid"
            reasons[code] += 1
            reject = {"record": record["recordId"], "arrived_at": arrived, "reason": code, "message": str(error), "text": data.decode()}
            rejects.append(json.dumps(reject) + "\n")
            answers.append({"recordId": record["recordId"], "result": "Dropped", "data": ""})
            continue
        click["arrived_at"] = arrived
        line = json.dumps(click) + "\n"
        answers.append({"recordId": record["recordId"], "result": "Ok", "data": base64.b64encode(line.encode()).decode()})
    return answers, "".join(rejects).encode(), reasons


def checked(click):
    """A click with its date normalised; ValueError(code, message) if it is none."""
    if not isinstance(click, dict):
        raise ValueError("not_an_object", "no object")
    if not click.keys() <= KNOWN:
        raise ValueError("member_unknown", "a member too many")
    for name in ("element_clicked", "time_spent", "source_menu"):
        if name not in click:
            raise ValueError(f"{name}_missing", "missing")
    for name, most in REQUIRED.items():
        if not isinstance(click[name], str) or not 1 <= len(click[name]) <= most:
            raise ValueError(f"{name}_wrong_type", "no text, or too long")
    if not isinstance(click["time_spent"], int) or not 0 <= click["time_spent"] <= 86400:
        raise ValueError("time_spent_wrong_type", "no number, or too large")
    identity = click.get("click_id", "x")
    if not isinstance(identity, str) or not 1 <= len(identity) <= 64 or re.search(r"\s", identity):
        raise ValueError("click_id_invalid", "no name")
    sent = click.get("created_at", click.get("createdAt"))
    if not isinstance(sent, str):
        raise ValueError("created_at_wrong_type", "no text")
    try:
        moment = datetime.fromisoformat(sent.replace("–", "-"))
    except ValueError:
        raise ValueError("created_at_invalid", "no date") from None
    if not sent.endswith("Z"):
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        click["created_at"] = f"{moment:%Y-%m-%dT%H:%M:%S}Z"
        click["created_at_sent"] = sent
    elif "createdAt" in click:
        click["created_at"] = sent
    return click


def floor(request):
    """What any transform has to do: by the module base64."""
    answers = []
    for record in request:
        line = base64.b64decode(record["data"]) + b"\n"
        answers.append({"recordId": record["recordId"], "result": "Ok", "data": base64.b64encode(line).decode()})
    return answers, b"", Counter()


def low_floor(request):
    """The same by what that module calls."""
    answers = []
    for record in request:
        line = binascii.a2b_base64(record["data"]) + b"\n"
        answers.append({"recordId": record["recordId"], "result": "Ok", "data": binascii.b2a_base64(line, newline=False).decode()})
    return answers, b"", Counter()


def main(name, path, times):
    ways = {"loads": loads, "base64": floor, "binascii": low_floor, "nothing": lambda request: None}
    way = core() if name == "core" else ways[name]
    requests = [json.loads(line) for line in Path(path).read_text().splitlines()]
    if not times:
        told = [], Counter()
        for request in requests:
            answers, _, reasons = way(request)
            told[0].extend(json.loads(base64.b64decode(each["data"])) if each["result"] == "Ok" else None for each in answers)
            told[1].update(reasons)
        print(json.dumps(told))
    for _ in range(times):
        for request in requests:
            way(request)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
