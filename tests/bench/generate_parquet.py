"""Large Parquet files of transactions: `python generate_parquet.py FOLDER FILES ROWS`. The same arguments give the same files."""

import random
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def texts(numbers, rows, letters):
    """Random texts of so many hexadecimal digits."""
    data = numbers.randbytes(rows * letters // 2).hex().encode()
    offsets = pa.array(range(0, rows * letters + 1, letters), pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), rows, [None, offsets, pa.py_buffer(data)])


def table(number, rows):
    """One file's rows: ids and customers at random, 40 products, amounts that hardly repeat."""
    numbers = random.Random(number)
    counts = pa.array(range(rows), pa.int64())
    amounts = counts.cast(pa.decimal128(21, 2))
    products = pa.array([f"P-{each}" for each in range(40)]).take(pa.array([row % 40 for row in range(rows)]))
    columns = {
        "transaction_id": texts(numbers, rows, 16),
        "timestamp": pa.array(range(rows), pa.int64()).cast(pa.timestamp("ms")),
        "customer_id": texts(numbers, rows, 6),
        "product_id": products,
        "product_name": products,
        "category": products,
        "quantity": counts.cast(pa.int32()),
        "price": amounts.cast(pa.decimal128(10, 2)),
        "total_amount": amounts.cast(pa.decimal128(12, 2)),
    }
    return pa.table(columns | {name: counts.cast(pa.int32()) for name in ("year", "month", "day", "hour", "day_of_week")})


def main(folder, files, rows):
    for number in range(files):
        pq.write_table(table(number, rows), Path(folder) / f"{number:03}.parquet", compression="zstd")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
