"""What is written beside the table: audit records, and objects that go when they are of no use any more."""

import json
from collections.abc import Mapping


def write_record(s3: object, bucket: str, key: str, audit: Mapping) -> None:
    """Write an audit record."""
    body = json.dumps(audit, indent=1, ensure_ascii=False).encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")


def remove(s3: object, bucket: str, key: str) -> None:
    """Delete an object if it is there."""
    # Looked up first: in a versioned bucket each delete leaves a marker, even of a key that never was.
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    if found and found[0]["Key"] == key:
        s3.delete_object(Bucket=bucket, Key=key)
