"""Process one file with the orders function's core, on one thread: `python run_orders_core.py CSV EVENT_DATE PARQUET REJECTS`.

Prints the counts as JSON.
"""

import json
import sys
from datetime import date
from pathlib import Path

LAMBDA = Path(__file__).resolve().parents[2] / "files/lambda"
sys.path[:0] = [str(LAMBDA / "filter_and_process_orders"), str(LAMBDA)]

import core  # noqa: E402 - found by the path above
import pyarrow as pa  # noqa: E402


def main(source: str, event_date: str, parquet: str, rejects: str) -> None:
    pa.set_cpu_count(1)
    with open(source, "rb") as data, open(parquet, "wb") as kept, open(rejects, "wb") as bad:
        summary = core.process(data, date.fromisoformat(event_date), lambda: kept, bad)
    print(json.dumps({"in": summary.rows_in, "kept": summary.kept, "dropped": summary.dropped, "rejected": summary.rejected}))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
