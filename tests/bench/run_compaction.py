"""Merges a folder of Parquet files as the compactor does, to be measured: `python run_compaction.py FOLDER`; prints rows and bytes."""

import sys
from pathlib import Path

LAMBDA = Path(__file__).resolve().parents[2] / "files" / "lambda"
sys.path[:0] = [str(LAMBDA), str(LAMBDA / "data_compactor")]

from compacting.merging import Merger, add_single  # noqa: E402 - after the path is set

LIMIT = 256 << 20


class Counted:
    """A place for bytes that only counts them."""

    written = 0

    def write(self, data):
        Counted.written += len(data)

    def close(self):
        pass


def main(folder):
    merger = Merger(lambda file: Counted(), LIMIT)
    for path in sorted(Path(folder).glob("*.parquet")):
        add_single(merger, path.stem, path.open("rb"), path.name)
    merger.finish()
    print(sum(merger.files.values()), Counted.written)


if __name__ == "__main__":
    main(sys.argv[1])
