"""Requests of Firehose's with made-up clicks: `python generate_clicks.py RECORDS FILE`. The same number makes the same file.

A line is a request, of some 0.75 MiB of clicks. Most are as a browser writes them. Of each two hundred one has another spacing, one
escapes, one a date with dashes, one its date under the other name, and one is no click, in one of four ways.
"""

import base64
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = 1_795_287_600_000  # 2026-11-21T19:00:00Z
REQUEST_BYTES = 786_432
MENUS = ("Dinner", "Lunch", "Wine list", "Desserts", "Kids")
DISHES = [
    f"{kind} {name}" for kind in ("Pizza", "Pasta", "Salad", "Soup") for name in ("Margherita", "of the day", "with basil", "for two")
]
DISHES += ["Crème brûlée", "Käsespätzle"]


def write(records: int, path: Path) -> None:
    """Requests with so many records in all."""
    draw = random.Random(records)
    arrival, number = START, 0
    partial = path.with_name(path.name + ".partial")
    with partial.open("w") as out:
        while number < records:
            request, size = [], 0
            while size < REQUEST_BYTES and number < records:
                arrival += draw.randrange(4)
                data = click(draw, number, arrival)
                request.append(
                    {
                        "recordId": f"4967216{number:049d}000000",
                        "approximateArrivalTimestamp": arrival,
                        "data": base64.b64encode(data).decode(),
                    }
                )
                size += len(data)
                number += 1
            out.write(json.dumps(request) + "\n")
    partial.replace(path)


def click(draw: random.Random, number: int, arrival: int) -> bytes:
    """The bytes of one record."""
    moment = datetime.fromtimestamp(arrival / 1000, UTC) - timedelta(milliseconds=draw.randrange(30_000))
    members = {
        "element_clicked": draw.choice(DISHES),
        "time_spent": draw.randrange(120),
        "source_menu": draw.choice(MENUS),
        "created_at": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
        "click_id": f"{draw.getrandbits(128):032x}",
    }
    match number % 200:
        case 7:
            return json.dumps(members).encode()  # another spacing, and escapes for what is not ASCII
        case 17:
            members["element_clicked"] = 'the "big" one'
        case 27:
            members["created_at"] = f"{moment:%Y–%m–%d %H:%M:%S}"
        case 37:
            members["createdAt"] = members.pop("created_at")
        case 47:
            bad = draw.randrange(4)
            if bad == 0:
                del members["source_menu"]
            elif bad == 1:
                members["time_spent"] = "12"
            elif bad == 2:
                members["created_at"] = "yesterday"
            else:
                return b'{"element_clicked": "cut o'
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(int(sys.argv[1]), Path(sys.argv[2]))
