"""Loads the clicks' rules and their transform for tests, and makes records."""

import base64
import json
import sys
from pathlib import Path
from types import ModuleType

from tests.unit.transactions.support import load

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "files/openapi/clickstream.json"
TRANSFORM = ROOT / "files/lambda/click_transform"

_rejects = load("headwater_click_rejects", TRANSFORM / "rejects.py")
core = load("headwater_click_core", TRANSFORM / "core.py", rejects=_rejects)
contracts = sys.modules["clicks.contract"]
dates = sys.modules["clicks.dates"]
problems = sys.modules["clicks.problem"]
quick = sys.modules["clicks.quick"]
rules = sys.modules["clicks.rules"]
CONTRACT = contracts.read(DOCUMENT)
ARRIVAL = 1_795_287_600_123
ARRIVED = "2026-11-21T19:00:00.123Z"


def load_handler() -> ModuleType:
    settings = load("headwater_click_settings", TRANSFORM / "settings.py")
    handler = load("headwater_click_handler", TRANSFORM / "handler.py", core=core, settings=settings)
    handler.DOCUMENT = DOCUMENT
    return handler


def click(**members: object) -> bytes:
    """A good click as a browser writes it, but for `members`; None takes one out."""
    good = {"element_clicked": "Pizza", "time_spent": 12, "source_menu": "Dinner", "created_at": "2026-11-21T18:59:58.5Z"}
    made = {name: value for name, value in (good | members).items() if value is not None}
    return json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()


def record(data: bytes, number: int = 0, arrival: int = ARRIVAL) -> dict:
    """A record of a request; its id has 62 digits, the most that was seen at AWS."""
    identity = f"4967216{number:049d}000000"
    return {"recordId": identity, "approximateArrivalTimestamp": arrival, "data": base64.b64encode(data).decode()}


def records(*datas: bytes) -> list[dict]:
    return [record(data, number) for number, data in enumerate(datas)]


def lines(outcome: object) -> list[bytes | None]:
    """What each answer delivers; None where it delivers nothing."""
    return [base64.b64decode(each["data"]) if each["result"] == "Ok" else None for each in outcome.answers]


def rejected(outcome: object) -> list[dict]:
    return [json.loads(line) for line in outcome.rejects.splitlines()]


def reason(data: bytes) -> str | None:
    """Why the exact rules refuse a record; None where they keep it."""
    try:
        rules.judge(data, CONTRACT)
    except problems.Problem as problem:
        return problem.code
    return None
