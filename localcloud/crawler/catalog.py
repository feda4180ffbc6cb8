"""Glue's catalog as one crawl sees it: the tables of its database, read and written through Glue's API."""

from collections import Counter

from localcloud.crawler.tables import BATCH

_DELETE_BATCH = 25  # Glue's limit for BatchDeletePartition


class Catalog:
    """`database` must exist. `changes` counts what was written: ("TABLE", "ADD") → names."""

    def __init__(self, glue, database):
        self.glue, self.database = glue, database
        self.changes = {}
        self.glue.get_database(Name=database)
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
        self.tables = {table["Name"]: table for page in pages for table in page["TableList"]}

    def create_table(self, wanted):
        self.glue.create_table(DatabaseName=self.database, TableInput=wanted)
        self._note("TABLE", "ADD", wanted["Name"])

    def update_table(self, wanted):
        self.glue.update_table(DatabaseName=self.database, TableInput=wanted)
        self._note("TABLE", "UPDATE", wanted["Name"])

    def delete_table(self, name):
        self.glue.delete_table(DatabaseName=self.database, Name=name)
        self._note("TABLE", "DELETE", name)

    def partitions(self, table):
        """The table's partitions by their values."""
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=self.database, TableName=table)
        return {tuple(partition["Values"]): partition for page in pages for partition in page["Partitions"]}

    def create_partitions(self, table, inputs):
        for some in _batches(inputs, BATCH):
            answer = self.glue.batch_create_partition(DatabaseName=self.database, TableName=table, PartitionInputList=some)
            _raise_for(answer, table)
        self._note("PARTITION", "ADD", *(tuple(each["Values"]) for each in inputs))

    def update_partitions(self, table, inputs):
        for some in _batches(inputs, BATCH):
            entries = [{"PartitionValueList": each["Values"], "PartitionInput": each} for each in some]
            answer = self.glue.batch_update_partition(DatabaseName=self.database, TableName=table, Entries=entries)
            _raise_for(answer, table)
        self._note("PARTITION", "UPDATE", *(tuple(each["Values"]) for each in inputs))

    def delete_partitions(self, table, values):
        for some in _batches(values, _DELETE_BATCH):
            answer = self.glue.batch_delete_partition(
                DatabaseName=self.database, TableName=table, PartitionsToDelete=[{"Values": list(each)} for each in some]
            )
            _raise_for(answer, table)
        self._note("PARTITION", "DELETE", *values)

    def counts(self, entity):
        """How many tables or partitions were added, updated and deleted."""
        return Counter({change: len(names) for (what, change), names in self.changes.items() if what == entity})

    def _note(self, entity, change, *names):
        self.changes.setdefault((entity, change), []).extend(names)


def table_input_of(table):
    """A table as GetTable shows it, as the input that would write it again."""
    members = ("Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
    return {member: table[member] for member in members if table.get(member) is not None}


def _batches(items, most):
    for at in range(0, len(items), most):
        yield items[at : at + most]


def _raise_for(answer, table):
    errors = answer.get("Errors", [])
    if errors:
        raise CatalogError(f"table {table}: {len(errors)} partitions were refused, the first with {errors[0]}")


class CatalogError(Exception):
    """The catalog refused what a crawl wrote."""
