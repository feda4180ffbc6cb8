"""Write a large file of transactions for the benchmark: `python generate_transactions.py LINES FILE`.

JSON lines, the same for the same number (fixed seed), of three days, in the order of their times. About 1 % of them are
bad, in eight kinds of equal share: no transaction id, an unknown product, another product's name, no pieces, a negative
price, a price of three decimals, a total that is a cent off, an impossible date. Lines are about 260 bytes. No id is there
twice.
"""

import csv
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

SEED = 20261121
CHUNK = 50_000
BAD_SHARE = 0.01
BAD_KINDS = 8
CATALOGUE = Path(__file__).resolve().parents[2] / "files/lambda/product_catalogue/products.csv"


def lines(count: int) -> Iterator[str]:
    """Yield chunks of complete lines."""
    rng = random.Random(SEED)
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        products = [
            (row["product_id"], row["product_name"], row["category"], round(float(row["price"]) * 100)) for row in csv.DictReader(file)
        ]
    for start in range(0, count, CHUNK):
        yield "".join(line(rng, number, count, products) for number in range(start, min(start + CHUNK, count)))


def line(rng: random.Random, number: int, count: int, products: list[tuple]) -> str:
    """One record and its line end."""
    product_id, name, category, cents = rng.choice(products)
    quantity = rng.choice((1, 1, 1, 2, 2, 3, 4))
    second = number * 3 * 86_400 // count
    day = f"2026-11-{19 + second // 86_400:02d}"
    time = f"{second % 86_400 // 3600:02d}:{second % 3600 // 60:02d}:{second % 60:02d}.{rng.randrange(1000):03d}"
    price = f"{cents // 100}.{cents % 100:02d}"
    total = quantity * cents
    transaction = f"T-{number:09d}-{rng.getrandbits(64):016x}"
    draw = rng.random()
    if draw < BAD_SHARE:
        kind = int(draw / BAD_SHARE * BAD_KINDS)
        if kind == 0:
            transaction = None
        elif kind == 1:
            product_id = "P-0000"
        elif kind == 2:
            name = "Unobtainium"
        elif kind == 3:
            quantity = 0
        elif kind == 4:
            price = "-" + price
        elif kind == 5:
            price += "5"
        elif kind == 6:
            total += 1
        else:
            day = "2026-02-30"
    texts = {
        "transaction_id": transaction,
        "timestamp": f"{day}T{time}Z",
        "customer_id": f"C-{int(rng.random() ** 2 * 5000) + 1:05d}",
        "product_id": product_id,
        "product_name": name,
        "category": category,
    }
    return f'{json.dumps(texts)[:-1]}, "quantity": {quantity}, "price": {price}, "total_amount": {total // 100}.{total % 100:02d}}}\n'


def write(count: int, path: Path) -> Path:
    """Write the file of `count` lines at `path`, whole or not at all, and return the path."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="ascii", newline="") as out:
        out.writelines(lines(count))
    return partial.replace(path)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python generate_transactions.py LINES FILE")
    write(int(sys.argv[1]), Path(sys.argv[2]))
