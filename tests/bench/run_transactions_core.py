"""Process one file with the transformer's core, on one thread: `python run_transactions_core.py JSON FOLDER REJECTS`.

Prints the counts as JSON.
"""

import json
import sys
from pathlib import Path

LAMBDA = Path(__file__).resolve().parents[2] / "files/lambda"
sys.path[:0] = [str(LAMBDA / "data_transformer"), str(LAMBDA)]
sys.modules["numpy"] = None  # the layer has none; where it is, pyarrow loads it

import core  # noqa: E402 - found by the path above
import pyarrow as pa  # noqa: E402


def main(source: str, folder: str, rejects: str) -> None:
    pa.set_cpu_count(1)
    Path(folder).mkdir(parents=True, exist_ok=True)
    with open(rejects, "wb") as bad:

        def emptied():
            bad.seek(0)
            bad.truncate()
            return bad

        summary = core.process(lambda: open(source, "rb"), Path(folder), emptied)  # noqa: SIM115 - the process ends soon
    print(json.dumps({"in": summary.rows_in, "kept": summary.kept, "rejected": dict(summary.rejected_by_reason), "form": summary.form}))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
