"""Write a large orders CSV for the benchmark: `python generate_orders.py ROWS FILE`.

The rows are the same for the same number of rows (fixed seed). About 1 % of them are bad, in six kinds of equal
share: no order id, amount `N/A`, an impossible date, a negative amount, a row one field short, a row one field
long. About 2 % of the customers are quoted and hold a comma, and some statuses carry spaces, capitals or the
American spelling, as real exports do. Rows are about 55 bytes.
"""

import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

SEED = 20250422
CHUNK = 100_000
HEADER = "OrderID,Customer,Amount,Status,OrderDate\n"
BAD_SHARE = 0.01
BAD_KINDS = 6
QUOTED_SHARE = 0.02

_FIRST = ("Amara", "Bruno", "Chloe", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Imani", "Jonas", "Keiko", "Lucia")
_LAST = ("Adler", "Bianchi", "Castillo", "Dubois", "Eriksen", "Fontaine", "Guerrero", "Hansen", "Ivanov", "Jansen")
_STATUSES = ("confirmed", "shipped", "pending", "cancelled", "Confirmed", " shipped ", "Pending ", "Canceled")
_STATUS_WEIGHTS = (30, 22, 20, 20, 3, 2, 2, 1)
_FIRST_DAY = date(2023, 5, 1)
_DAYS = tuple((_FIRST_DAY + timedelta(days=n)).isoformat() for n in range(730))


def lines(rows: int) -> Iterator[str]:
    """Yield the header and then chunks of complete lines, `rows` data rows in all."""
    rng = random.Random(SEED)
    plain = [f"{first} {last}" for first in _FIRST for last in _LAST]
    quoted = [f'"{last}, {first}"' for first in _FIRST for last in _LAST]
    yield HEADER
    for start in range(0, rows, CHUNK):
        count = min(CHUNK, rows - start)
        people = rng.choices(range(len(plain)), k=count)
        statuses = rng.choices(_STATUSES, weights=_STATUS_WEIGHTS, k=count)
        days = rng.choices(_DAYS, k=count)
        chunk = []
        for i in range(count):
            draw = rng.random()
            cents = int(rng.random() ** 3 * 90_000) + 199
            order, name, amount, day = f"ORD{start + i:09d}", plain[people[i]], f"{cents // 100}.{cents % 100:02d}", days[i]
            tail = "\n"
            if draw < BAD_SHARE:
                kind = int(draw / BAD_SHARE * BAD_KINDS)
                if kind == 0:
                    order = ""
                elif kind == 1:
                    amount = "N/A"
                elif kind == 2:
                    day = "2023-02-30"
                elif kind == 3:
                    amount = "-" + amount
                elif kind == 4:
                    chunk.append(f"{order},{name},{amount},{statuses[i]}\n")
                    continue
                else:
                    name, tail = quoted[people[i]], ",EXTRA\n"
            elif draw < BAD_SHARE + QUOTED_SHARE:
                name = quoted[people[i]]
            chunk.append(f"{order},{name},{amount},{statuses[i]},{day}{tail}")
        yield "".join(chunk)


def write(rows: int, path: Path) -> Path:
    """Write the file of `rows` data rows at `path`, whole or not at all, and return the path."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="ascii", newline="") as out:
        out.writelines(lines(rows))
    return partial.replace(path)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python generate_orders.py ROWS FILE")
    write(int(sys.argv[1]), Path(sys.argv[2]))
