"""The orders function without AWS: a stream of CSV in, Parquet, rejects and counts out.

Pure: no boto3, no clock, no environment. `process` reads a file-like object block by block, so memory does not grow
with the file. A block of rows that are lines (nearly every block) goes through pyarrow as a whole; a block with
anything unusual in it (quoted newlines, blank lines, NULs, bytes that are not UTF-8, very long rows) is first cut
into rows. Both ways give the same rows, rejects and counts; only the speed differs. The work is done in orders_csv/.
"""

from collections.abc import Callable
from datetime import date

from orders_csv.cutting import MAX_ROW_BYTES
from orders_csv.judging import SCHEMA
from orders_csv.ledger import Ledger
from orders_csv.names import output_name
from orders_csv.run import Run
from orders_csv.stream import BLOCK_BYTES, blocks
from orders_csv.summary import DisagreementError, Summary
from s3_inputs.rejects import reject_whole
from s3_inputs.stream import Readable, UnreadableFileError, Writable

__all__ = [
    "BLOCK_BYTES",
    "MAX_ROW_BYTES",
    "SCHEMA",
    "DisagreementError",
    "Summary",
    "UnreadableFileError",
    "output_name",
    "process",
    "reject_file",
]


def process(
    source: Readable,
    event_date: date,
    open_kept: Callable[[], Writable],
    rejects: Writable,
    *,
    drop_after_days: int = 30,
    block_bytes: int = BLOCK_BYTES,
    max_row_bytes: int = MAX_ROW_BYTES,
) -> Summary:
    """Read an orders file to its end; write kept rows as Parquet (SCHEMA) and rejected ones as JSON lines.

    Rows keep the file's order. The same bytes and arguments give the same output, byte for byte.

    Args:
        source: the file's bytes, plain or gzip'd.
        event_date: the UTC date of the event that announced the file; "now" to the rule.
        open_kept: gives the place for the Parquet bytes; called once, and only if there is a row to keep.
        rejects: place for the JSON lines; gets nothing if nothing is rejected.
        drop_after_days: an open order (pending or cancelled) older than this many days is dropped.
        block_bytes: bytes parsed at once.
        max_row_bytes: a longer row is rejected in pieces of at most this size; at most MAX_ROW_BYTES.

    Raises:
        UnreadableFileError: no text, or damaged gzip: throw both outputs away and call `reject_file`.
        DisagreementError: a bug in this function; the outputs are worthless.
    """
    if not 1 <= max_row_bytes <= MAX_ROW_BYTES:
        raise ValueError(f"max_row_bytes is {max_row_bytes}; it must be between 1 and {MAX_ROW_BYTES}")
    oldest = date.fromordinal(max(event_date.toordinal() - drop_after_days, 1))
    ledger = Ledger(open_kept, rejects)
    run = Run(ledger, oldest, max_row_bytes)
    try:
        for block in blocks(source, block_bytes):
            run.feed(block)
        return run.finish()
    except BaseException:
        ledger.abandon()
        raise


def reject_file(source: Readable, rejects: Writable, error: UnreadableFileError) -> Summary:
    """Reject a file that cannot be read as rows: all its bytes go to the rejects, as base64 in pieces. It counts no rows."""
    reject_whole(source, rejects, error)
    return Summary(status="rejected", reason=str(error))
