"""A table's projection as a whole: its columns, where the files of each partition are, and which objects lie in none."""

import itertools
import math
import re

from localcloud.athena.projection import columns

#: More partitions than these in one query are refused; Athena itself would take very long for them.
MOST = 1_000_000
_COLUMN = re.compile(r"\$\{([^}]*)\}")
#: What Hive writes as %XX in the name of a partition's folder, where no template says another name.
_AWKWARD = re.compile(r"[\x00-\x1f\"#%'*/:=?\\\x7f{\[\]^]")


def is_projected(parameters):
    """Do a table's properties turn projection on?"""
    return parameters.get("projection.enabled", "").strip().lower() == "true"


class Projection:
    """The partitions that a table's properties project.

    `columns`: {name: column} in the order of the partition keys; `template`: an s3:// location with `${name}`.
    """

    def __init__(self, table):
        """`table`: as Glue's GetTable has it. QueryError INVALID_TABLE_PROPERTY, in Athena's words where they are known, if its
        properties do not fit; ValueError where projection is off."""
        parameters = table.get("Parameters") or {}
        if not is_projected(parameters):
            seen = parameters.get("projection.enabled")
            raise ValueError(f"table {table['Name']} projects no partitions: its property projection.enabled is {seen!r}, not 'true'")
        keys = [key["Name"].lower() for key in table.get("PartitionKeys") or []]
        self.columns = {key: columns.read(parameters, key) for key in keys}
        missing = [key for key, column in self.columns.items() if column is None]
        if missing:
            raise columns.bad_property(
                f"Table {table['Name']} is configured for partition projection, but the following partition columns are missing "
                f"projection configuration: [{', '.join(missing)}]"
            )
        given = parameters.get("storage.location.template", "").strip()
        folders = "/".join(f"{key}=${{{key}}}" for key in keys)
        self.template = given or f"{table['StorageDescriptor']['Location'].rstrip('/')}/{folders}/"
        self._escaped = not given
        named = {name.strip().lower() for name in _COLUMN.findall(given)}
        if given and set(keys) - named:
            raise columns.bad_property("The 'storage.location.template' table property must contain templates for all partition columns!")
        if named - set(keys):
            raise columns.bad_property(
                f"The 'storage.location.template' table property names {', '.join(sorted(named - set(keys)))}; the partition columns "
                f"are {', '.join(keys)}"
            )

    def partitions(self, now, bounds=None, kinds=None):
        """[(values, location)] of the projected partitions at a moment (UTC), values as text in the order of the keys.

        `bounds`: {column: [(operator, [constants])]} that each wanted partition fulfils; others may be left in.
        `kinds`: {column: name of its type}, without which bounds are texts.
        """
        found = []
        for name, column in self.columns.items():
            key = columns.key_of(column, (kinds or {}).get(name, "varchar"))
            found.append(column.texts((bounds or {}).get(name, []), key, now, MOST))
        if math.prod(map(len, found)) > MOST:
            raise columns.too_many(MOST)
        return [(values, self.location(values)) for values in itertools.product(*found)]

    def location(self, values):
        """Where a partition's files are."""
        texts = dict(zip(self.columns, values, strict=True))
        if self._escaped:
            texts = {name: _AWKWARD.sub(lambda match: f"%{ord(match[0]):02X}", text) for name, text in texts.items()}
        return _COLUMN.sub(lambda match: texts[match[1].strip().lower()], self.template)

    def locations(self, now):
        """The s3:// folders of all partitions at a moment, each with a / at its end."""
        return {location.rstrip("/") + "/" for _, location in self.partitions(now)}


def outside(table, bucket, keys, now):
    """Those of a bucket's object keys that no partition of a table (as Glue has it) holds at a moment, in order.

    Rows in such objects exist, and no query will ever see them. Give the keys of the table's data only.
    """
    folders = Projection(table).locations(now)

    def parents(key):
        return (f"s3://{bucket}/{key[: at + 1]}" for at, letter in enumerate(key) if letter == "/")

    return sorted(key for key in keys if folders.isdisjoint(parents(key)))
