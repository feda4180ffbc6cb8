"""The shop's products, for the function that makes transactions and the one that checks them.

A folder for zips of several functions: it goes along below its own name. Needs nothing but the standard library.
"""

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Product(NamedTuple):
    """What one id always means. `cents` is the list price; a transaction may have another price, never another name or category."""

    id: str
    name: str
    category: str
    cents: int


@cache
def products() -> dict[str, Product]:
    """All products by id, in the order of products.csv.

    Raises:
        ValueError: an id is there twice, or a price is not a positive number of cents.
    """
    found: dict[str, Product] = {}
    with Path(__file__).with_name("products.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cents = Decimal(row["price"]) * 100
            if row["product_id"] in found or cents <= 0 or cents != int(cents):
                raise ValueError(f"products.csv: {row}: each id stands there once, with a price above 0 of at most two decimals")
            found[row["product_id"]] = Product(row["product_id"], row["product_name"], row["category"], int(cents))
    return found
