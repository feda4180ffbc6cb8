"""The transformer without AWS: a stream of JSON in; Parquet by day, rejects and counts out.

Pure: no boto3, no clock, no environment; files go to the folder that it is given. A file is read block by block, so
memory does not grow with it. The work is done in transactions_json/.
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from product_catalogue import products
from s3_inputs.rejects import reject_whole
from s3_inputs.stream import Readable, UnreadableFileError, Writable
from transactions_json.cutting import MAX_RECORD_BYTES
from transactions_json.names import output_name
from transactions_json.quick import SCHEMA
from transactions_json.records import Reader
from transactions_json.rules import Product
from transactions_json.run import Run
from transactions_json.stream import BLOCK_BYTES, blocks
from transactions_json.summary import DayFile, DisagreementError, Summary

__all__ = [
    "BLOCK_BYTES",
    "MAX_RECORD_BYTES",
    "MOST_DAYS",
    "SCHEMA",
    "DayFile",
    "DisagreementError",
    "Summary",
    "UnreadableFileError",
    "catalogue",
    "no_rows",
    "output_name",
    "process",
    "reject_file",
]

MOST_DAYS = 400  # of one file: each is a file of its own


def catalogue() -> dict[str, Product]:
    """What each product's id means."""
    return {product.id: Product(product.name, product.category) for product in products().values()}


def process(
    open_source: Callable[[], Readable],
    folder: Path,
    open_rejects: Callable[[], Writable],
    *,
    known: Mapping[str, Product] | None = None,
    most_days: int = MOST_DAYS,
    block_bytes: int = BLOCK_BYTES,
) -> Summary:
    """Read a file of transactions to its end; write the good ones as Parquet (SCHEMA), a file a day, rejected ones as JSON lines.

    Records keep the file's order. The same bytes give the same rows, rejects and counts.

    Args:
        open_source: gives the file's bytes from their beginning: one object, an array, or JSON lines, plain or gzip'd.
            Called a second time if an id is there twice.
        folder: an empty one, for the Parquet files and scratch: 16 bytes a record.
        open_rejects: gives an empty place for the JSON lines; what came from an earlier call is of no use then.
        known: the products; those of the catalogue by default.

    Raises:
        UnreadableFileError: damaged gzip: throw the outputs away and call `reject_file`.
        DisagreementError: a bug in this function; the outputs are worthless.
    """
    known = catalogue() if known is None else known
    first = Run(known, folder, open_rejects(), most_days, None)
    try:
        summary = first.run(blocks(open_source(), block_bytes), Reader())
        repeated = first.ids.repeated()
    finally:
        first.abandon()
    if not len(repeated):
        return summary
    second = Run(known, folder, open_rejects(), most_days, repeated)
    try:
        return second.run(blocks(open_source(), block_bytes), Reader())
    finally:
        second.abandon()


def reject_file(source: Readable, rejects: Writable, error: UnreadableFileError) -> Summary:
    """Reject a file that cannot be read as records: all its bytes go to the rejects, as base64 in pieces. It counts no rows."""
    reject_whole(source, rejects, error)
    return Summary(status="rejected", reason=str(error))


def no_rows() -> bytes:
    """A Parquet file of SCHEMA without rows."""
    sink = BytesIO()
    pq.write_table(pa.table({field.name: pa.array([], field.type) for field in SCHEMA}, schema=SCHEMA), sink, store_schema=False)
    return sink.getvalue()
