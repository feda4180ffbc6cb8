"""Bytes → Schema: custom classifiers first, then the built-in ones in Glue's order."""

import zlib
from dataclasses import replace

from localcloud.crawler import csv_text, json_text, parquet
from localcloud.crawler.schema import Schema

#: bytes of an object's beginning that are looked at, before and after decompression
HEAD_BYTES = 1 << 20
_DECODED_BYTES = 4 << 20
_GZIP_MAGIC = b"\x1f\x8b"


def classify_text(head, size, classifiers=()):
    """The Schema of a text object, gzip'd or not.

    `head`: its first bytes, at most HEAD_BYTES; `size`: its whole length in bytes.
    `classifiers`: custom ones in order, as GetClassifier shows them.
    What nothing recognises is classified `UNKNOWN`, without columns, as Glue does.
    """
    complete = len(head) >= size
    compression, content = "none", head
    if head[:2] == _GZIP_MAGIC:
        compression = "gzip"
        content, complete = _gunzip(head, complete)
    text = _decode(content, complete)
    schema = text and (_custom(text, complete, classifiers) or json_text.classify(text, complete) or csv_text.classify(text, complete))
    if not schema:
        return Schema("UNKNOWN", (), compression)
    return replace(schema, compression=compression, stored_bytes=len(head))


def classify_parquet(tail, size):
    """The Schema of a Parquet object from its last bytes; a damaged one is `UNKNOWN`."""
    try:
        return replace(parquet.classify(tail), stored_bytes=size)
    except ValueError:
        return Schema("UNKNOWN", ())


def _custom(text, complete, classifiers):
    for classifier in classifiers:
        (kind, details), *_ = classifier.items()
        if kind == "CsvClassifier":
            schema = csv_text.classify(text, complete, csv_text.rules_of(details))
        elif kind == "JsonClassifier":
            schema = json_text.classify(text, complete, details["JsonPath"])
        else:
            raise ValueError(f"classifier {details['Name']}: a {kind} is not in the local cloud; CsvClassifier and JsonClassifier are")
        if schema:
            return schema
    return None


def _gunzip(head, complete):
    """(decoded bytes, whether they are all); members one after another, as Hadoop and gzip read them."""
    out, rest = b"", head
    while rest and len(out) < _DECODED_BYTES:
        decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            out += decoder.decompress(rest, _DECODED_BYTES - len(out))
        except zlib.error:
            return out, False  # bytes after the last member, or damage: what came before still counts
        if not decoder.eof:
            return out, False
        rest = decoder.unused_data
    return out, complete and not rest


def _decode(content, complete):
    """Text of UTF-8 bytes without a byte-order mark, or None if they are something else."""
    if b"\x00" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A cut may fall within a letter.
        if not complete and error.start >= len(content) - 4:
            return content[: error.start].decode("utf-8-sig")
    return content.decode("latin-1") if _mostly_printable(content) else None


def _mostly_printable(content):
    control = sum(byte < 32 and byte not in b"\t\n\r\x01" for byte in content[:4096])
    return control == 0
