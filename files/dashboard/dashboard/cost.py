"""What a query costs at Athena's list price."""

from decimal import Decimal

BYTES_PER_TB = 10**12
BYTES_PER_MB = 10**6


def list_price(scanned, price_per_tb, minimum_bytes, free=False):
    """Dollars (Decimal) for `scanned` bytes: rounded up to megabytes, at least `minimum_bytes`.

    `free`: DDL and reused results are not billed. Source: Athena's pricing page.
    """
    if free:
        return Decimal(0)
    billed = max(-(-scanned // BYTES_PER_MB) * BYTES_PER_MB, minimum_bytes)
    return Decimal(billed) * Decimal(str(price_per_tb)) / BYTES_PER_TB
