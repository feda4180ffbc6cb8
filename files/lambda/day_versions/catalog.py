"""The days of a table in Glue's catalog."""

from botocore.exceptions import ClientError

from .names import FIRST, location, version_of
from .partition import NEXT, SUPERSEDED, Day

_FORMAT = ("Columns", "InputFormat", "OutputFormat", "Compressed", "SerdeInfo", "Parameters")
_INPUT = ("Values", "StorageDescriptor", "Parameters", "LastAccessTime", "LastAnalyzedTime")


class ForeignDayError(RuntimeError):
    """A day is registered at a place that is no version folder of it, so what is in it cannot be known."""


class Catalog:
    """`glue`: a client of Glue. The table has one partition key, the day."""

    def __init__(self, glue, bucket, prefix, database, table):
        self.glue, self.bucket, self.prefix = glue, bucket, prefix
        self._table = {"DatabaseName": database, "TableName": table}

    def day(self, day):
        """The Day, as the catalog has it now; None if it is not registered."""
        found = self._partition(day)
        return self._read(day, found) if found else None

    def locations(self):
        """{day: Location} of all days that are registered."""
        pages = self.glue.get_paginator("get_partitions").paginate(**self._table, ExcludeColumnSchema=True)
        return {each["Values"][0]: each["StorageDescriptor"]["Location"] for page in pages for each in page["Partitions"]}

    def register(self, day):
        """Register a day with its first version; somebody may have done so meanwhile."""
        table = self.glue.get_table(DatabaseName=self._table["DatabaseName"], Name=self._table["TableName"])["Table"]
        storage = {key: value for key, value in table["StorageDescriptor"].items() if key in _FORMAT}
        storage["Location"] = location(self.bucket, self.prefix, day, FIRST)
        try:
            self.glue.create_partition(**self._table, PartitionInput={"Values": [day], "StorageDescriptor": storage, "Parameters": {}})
        except ClientError as error:
            if error.response["Error"]["Code"] != "AlreadyExistsException":
                raise

    def update(self, day, state):
        """Make the catalog say `state` (a Day) of a registered day. Only who holds the table's lock may call this."""
        found = self._partition(day)
        if not found:
            raise ForeignDayError(f"the partition {day} was dropped while it was being compacted; nothing was switched")
        partition = {key: value for key, value in found.items() if key in _INPUT}
        partition["StorageDescriptor"] = found["StorageDescriptor"] | {"Location": location(self.bucket, self.prefix, day, state.current)}
        others = {key: value for key, value in found.get("Parameters", {}).items() if key not in (NEXT, SUPERSEDED)}
        partition["Parameters"] = others | state.parameters()
        self.glue.update_partition(**self._table, PartitionValueList=[day], PartitionInput=partition)

    def _partition(self, day):
        try:
            return self.glue.get_partition(**self._table, PartitionValues=[day])["Partition"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            return None

    def _read(self, day, partition):
        found = partition["StorageDescriptor"]["Location"]
        version = version_of(found, self.bucket, self.prefix, day)
        if version is None:
            raise ForeignDayError(
                f"the partition {day} of {self._table['DatabaseName']}.{self._table['TableName']} is registered at {found!r}, which is no "
                f"version folder of it; set its location to the newest folder with data below "
                f"{location(self.bucket, self.prefix, day, '')}, or drop the partition and replay the day's inputs"
            )
        return Day.read(version, partition.get("Parameters", {}))
