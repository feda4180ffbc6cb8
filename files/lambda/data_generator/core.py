"""The shop without AWS: the transactions of a stretch of time, the same for the same arguments.

Pure: no boto3, no clock, no environment.
"""

import json
import random
from bisect import bisect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import accumulate
from typing import NamedTuple

from product_catalogue import Product, products

CUSTOMERS = 5_000
# Orders of an hour, in those of the average hour, UTC; the mean is 1. Quiet nights, a rise at noon, the peak in the evening.
HOURS = (0.35, 0.22, 0.15, 0.12, 0.13, 0.20, 0.42, 0.70, 0.95, 1.12, 1.22, 1.30)
HOURS += (1.38, 1.30, 1.22, 1.20, 1.26, 1.42, 1.66, 1.92, 2.00, 1.72, 1.25, 0.79)
# Monday first; the mean is 1.
WEEKDAYS = (0.92, 0.88, 0.90, 0.95, 1.05, 1.22, 1.08)
# How many pieces of one product somebody buys.
QUANTITIES, QUANTITY_WEIGHTS = (1, 2, 3, 4, 5, 10), (62, 22, 9, 4, 2, 1)


class Transaction(NamedTuple):
    """One sale. `time` is in UTC; its milliseconds count, not what is finer."""

    id: str
    time: datetime
    customer_id: str
    product: Product
    quantity: int

    def as_json(self) -> str:
        """A JSON object in one line. Amounts are numbers with two decimals, written digit by digit, never a float's."""
        text = {
            "transaction_id": self.id,
            "timestamp": iso(self.time),
            "customer_id": self.customer_id,
            "product_id": self.product.id,
            "product_name": self.product.name,
            "category": self.product.category,
        }
        numbers = (
            f'"quantity": {self.quantity}, "price": {_amount(self.product.cents)}, '
            f'"total_amount": {_amount(self.quantity * self.product.cents)}'
        )
        return f"{json.dumps(text)[:-1]}, {numbers}}}"


class Batch(NamedTuple):
    """The stretch of time before `end`, and what names it among others that end then, such as an event's id."""

    end: datetime
    id: str

    def key(self, prefix: str) -> str:
        """Where its object lies: by the UTC day of its end, under a name that no other batch has."""
        end = self.end.astimezone(UTC)
        return f"{prefix}date={end:%Y-%m-%d}/{end:%Y%m%dT%H%M%S}-{_digest(self.id, end.isoformat())[:16]}.json"


def transactions(batch: Batch, length: timedelta, size: int, seed: int) -> list[Transaction]:
    """The sales of the stretch `length` before the batch's end, in the order of their times.

    Args:
        size: how many they are on average over a week; hours and weekdays differ as in a shop. At least one.
        seed: another one gives another shop: other customers buy other things.
    """
    end = batch.end.astimezone(UTC)
    rng = random.Random(f"{seed}/{batch.id}/{end.isoformat()}")  # noqa: S311 - a shop, no secret
    count = _around(size * busyness(end - length / 2), rng)
    span = max(length // timedelta(milliseconds=1), 1)
    times = sorted(end - timedelta(milliseconds=rng.randint(1, span)) for _ in range(count))
    shelf, steps = _shelf(seed)
    made = []
    for number, time in enumerate(times):
        product = shelf[bisect(steps, rng.random() * steps[-1])]
        # The square: some customers come often, most now and then.
        customer = int(rng.random() ** 2 * CUSTOMERS) + 1
        (quantity,) = rng.choices(QUANTITIES, QUANTITY_WEIGHTS)
        name = f"T-{end:%Y%m%d}-{_digest(str(seed), batch.id, end.isoformat(), str(number))[:24]}"
        made.append(Transaction(name, time, f"C-{customer:05d}", product, quantity))
    return made


def busyness(time: datetime) -> float:
    """How much is sold at this time, in what is sold on average over a week."""
    return HOURS[time.hour] * WEEKDAYS[time.weekday()]


def as_lines(made: list[Transaction]) -> bytes:
    """JSON lines."""
    return "".join(f"{transaction.as_json()}\n" for transaction in made).encode("ascii")


def slots(until: datetime, stretch: timedelta, length: timedelta) -> Iterator[datetime]:
    """The ends of the batches that a schedule makes in the `stretch` before `until`: at whole multiples of `length`, UTC."""
    last = until.astimezone(UTC)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    end = epoch + (last - stretch - epoch) // length * length + length
    while end <= last:
        yield end
        end += length


def iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _around(mean: float, rng: random.Random) -> int:
    """A whole number whose expectation is `mean`, within a third of it; at least 1."""
    wanted = mean * rng.uniform(2 / 3, 4 / 3)
    return max(int(wanted) + (rng.random() < wanted % 1), 1)


def _shelf(seed: int) -> tuple[list[Product], list[float]]:
    """The products, and the running sums of how often each is bought: the n-th favourite as 1/n is to 1, cheap ones rather than dear."""
    shelf = list(products().values())
    random.Random(f"{seed}/shelf").shuffle(shelf)  # noqa: S311
    return shelf, list(accumulate(1 / rank * (2_000 / product.cents) ** 0.3 for rank, product in enumerate(shelf, 2)))


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()
