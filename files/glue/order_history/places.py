"""Folders and names in the bucket: where an arrival day lies, and where a version of a partition does.

raw/year=2026/month=11/day=21/…                                       an arrival day (UTC), as Firehose writes it
curated/country_partition=X/date_partition=D/version=R/arrived=A/…    run R's files of partition (X, D), of lines that arrived on A
rejected/arrived=A/run=R/…                                            what was rejected of the lines that arrived on A
audit/arrived=A.json                                                  their counts
"""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

COUNTRY, DATE, VERSION, ARRIVED, RUN = "country_partition", "date_partition", "version", "arrived", "run"

#: Arrival day of a raw file, by its address.
RAW_DAY = re.compile(r"/year=(\d{4})/month=(\d{2})/day=(\d{2})/")
_CURATED = re.compile(rf"{COUNTRY}=([^/]+)/{DATE}=([^/]+)/{VERSION}=([^/]+)/{ARRIVED}=([^/]+)/[^/]+")
_VERSION_FOLDER = re.compile(rf"{COUNTRY}=[^/]+/{DATE}=[^/]+/{VERSION}=([^/]+)/?")


@dataclass(frozen=True)
class Place:
    """A folder of a bucket; `prefix` ends with a slash."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, url):
        """The Place of s3://bucket/folder/; ValueError if it is none."""
        match = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]+)/([^/].*?)/*", url)
        if not match:
            raise ValueError("it must be the s3:// address of a folder in a bucket, such as s3://bucket/raw/")
        return cls(match[1], match[2] + "/")

    def url(self, below=""):
        return f"s3://{self.bucket}/{self.prefix}{below}"


@dataclass(frozen=True)
class CuratedFile:
    """One object of the table. `partition`: (country, ISO date) as values, not escaped. `modified`: aware datetime."""

    key: str
    partition: tuple
    version: str
    arrived: str
    modified: object


def day_of(address):
    """The arrival day (ISO date) of a raw file's address, or None where the address has none."""
    found = RAW_DAY.search(unquote(address))
    if not found:
        return None
    try:
        return date(*map(int, found.groups())).isoformat()
    except ValueError:
        return None


def day_folder(day):
    """The folder of an arrival day below raw/."""
    year, month, of_month = day.split("-")
    return f"year={year}/month={month}/day={of_month}/"


def curated_file(prefix, key, modified):
    """The CuratedFile of an object's key, or None for an object that is not of this layout, which is left alone."""
    found = _CURATED.fullmatch(key[len(prefix) :]) if key.startswith(prefix) else None
    if not found:
        return None
    country, day, version, arrived = (unescape(each) for each in found.groups())
    return CuratedFile(key, (country, day), version, arrived, modified)


def version_of(place, location):
    """The version that a partition's Location names, or None where it is no version folder of `place`."""
    start = place.url()
    found = _VERSION_FOLDER.fullmatch(location[len(start) :]) if location.startswith(start) else None
    return unescape(found[1]) if found else None


def version_folder(partition, version):
    """The folder below curated/ of a partition's version, names escaped as Hive and Spark do."""
    country, day = partition
    return f"{COUNTRY}={escape(country)}/{DATE}={escape(day)}/{VERSION}={escape(version)}/"


# Hive's list (org.apache.hadoop.hive.common.FileUtils), which Spark shares.
_ESCAPED = frozenset("\"#%'*/:=?\\{[]^\x7f") | {chr(code) for code in range(1, 32)}


def escape(value):
    """A partition's value as a folder's name."""
    return "".join(f"%{ord(char):02X}" if char in _ESCAPED else char for char in value)


def unescape(name):
    """The value of a folder's name; a % that begins no escape stays."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), name)
