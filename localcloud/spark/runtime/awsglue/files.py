"""The files below S3 addresses, listed with the role's permissions."""

import fnmatch
import json
from functools import cache

import boto3


@cache
def s3():
    return boto3.client("s3")


def split(address):
    """(bucket, key) of s3://bucket/key; ValueError for another address."""
    scheme, found, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    if not found or scheme not in ("s3", "s3a", "s3n") or not bucket:
        raise ValueError(f"an address of S3 is s3://bucket/key, this is {address!r}")
    return bucket, key


def below(address, recurse, exclusions=()):
    """Files of an address as dicts with address, modified (ISO), etag and size, by address; hidden ones are left out.

    `address`: a file's or a folder's. `exclusions`: patterns of addresses, with * and ?, as a list or its JSON.
    """
    bucket, prefix = split(address)
    patterns = json.loads(exclusions) if isinstance(exclusions, str) else list(exclusions or ())
    out = []
    for page in s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            rest = _rest(entry["Key"], prefix)
            where = f"s3://{bucket}/{entry['Key']}"
            if rest is None or entry["Key"].endswith("/") or not entry["Size"] or any(_hidden(part) for part in rest.split("/")):
                continue
            if ("/" in rest and not recurse) or any(fnmatch.fnmatchcase(where, pattern) for pattern in patterns):
                continue
            found = {"address": where, "modified": entry["LastModified"].isoformat(), "etag": entry["ETag"], "size": entry["Size"]}
            out.append(found)
    return sorted(out, key=lambda each: each["address"])


def _rest(key, prefix):
    """The key's part below the folder, the file's name if the prefix is a file; None for a neighbour such as raw2/ of raw."""
    if key == prefix:
        return key.rpartition("/")[2]
    folder = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    return key[len(folder) :] if key.startswith(folder) else None


def _hidden(name):
    return (name.startswith("_") and "=" not in name) or name.startswith(".")
