"""Parquet: the schema is in the file's footer."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from localcloud.crawler.schema import Schema

MAGIC = b"PAR1"

_SIMPLE = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int8, "tinyint"),
    (pa.types.is_int16, "smallint"),
    (pa.types.is_uint8, "smallint"),
    (pa.types.is_int32, "int"),
    (pa.types.is_uint16, "int"),
    (pa.types.is_int64, "bigint"),
    (pa.types.is_uint32, "bigint"),
    (pa.types.is_float16, "float"),
    (pa.types.is_float32, "float"),
    (pa.types.is_float64, "double"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_time32, "int"),
    (pa.types.is_time64, "bigint"),
    (pa.types.is_string, "string"),
    (pa.types.is_large_string, "string"),
    (pa.types.is_binary, "binary"),
    (pa.types.is_large_binary, "binary"),
    (pa.types.is_fixed_size_binary, "binary"),
)


def footer_length(tail):
    """Bytes at the file's end that hold the footer, its length and the magic; `tail` is at least 8 bytes."""
    return int.from_bytes(tail[-8:-4], "little") + 8


def classify(tail):
    """The Schema from the file's last `footer_length` bytes or more. ValueError if they are no footer."""
    try:
        # A reader needs only the footer to lie at the end; the column chunks may be missing.
        metadata = pq.read_metadata(io.BytesIO(MAGIC + tail[-footer_length(tail) :]))
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"a damaged Parquet footer: {error}") from error
    columns = tuple((field.name.lower(), hive_type(field.type)) for field in metadata.schema.to_arrow_schema())
    return Schema("parquet", columns, rows=metadata.num_rows)


def hive_type(arrow):
    """The catalog's type for an Arrow type; an unsigned 64-bit integer needs decimal(20,0)."""
    if pa.types.is_dictionary(arrow):
        return hive_type(arrow.value_type)
    if pa.types.is_decimal(arrow):
        return ("decimal", arrow.precision, arrow.scale)
    if pa.types.is_uint64(arrow):
        return ("decimal", 20, 0)
    if pa.types.is_list(arrow) or pa.types.is_large_list(arrow) or pa.types.is_fixed_size_list(arrow):
        return ("array", hive_type(arrow.value_type))
    if pa.types.is_map(arrow):
        return ("map", hive_type(arrow.key_type), hive_type(arrow.item_type))
    if pa.types.is_struct(arrow):
        return ("struct", tuple((field.name, hive_type(field.type)) for field in arrow))
    return next((name for matches, name in _SIMPLE if matches(arrow)), "string")
