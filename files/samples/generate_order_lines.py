"""Prints a sample of invoice lines as CSV: those of the log generator's shop over the fourteen days before now, or before --until.

The same seed and moment give the same lines. See files/log_generator/README.md for what they are like.
"""

import argparse
import csv
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "log_generator"))

from log_generator.shop import CURRENCIES, Shop

LINES, DAYS = 5000, 14


def lines(until, count=LINES, days=DAYS, seed="sample"):
    """`count` lines as dictionaries, written in the `days` before `until` (naive UTC)."""
    span = timedelta(days=days)
    shop = Shop(seed, until - span, count / span.total_seconds(), CURRENCIES["INR"])
    return [json.loads(line, parse_float=str) for line in shop.lines(count)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--until", type=datetime.fromisoformat, default=datetime.now(UTC).replace(tzinfo=None, microsecond=0))
    parser.add_argument("--lines", type=int, default=LINES)
    found = lines(parser.parse_args().until, parser.parse_args().lines)
    writer = csv.DictWriter(sys.stdout, found[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)


if __name__ == "__main__":
    main()
