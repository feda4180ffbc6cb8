"""Mends of MiniStack's Glue catalog: what it ignores or lacks, on top of what it stores."""

import re
import threading
import time
import zlib
from dataclasses import replace

from localcloud import ministack_glue
from localcloud.engine import ServiceError
from localcloud.paging import page
from localcloud.partition_filter import FilterError, compile_filter

#: Held while a table's partitions are changed, since calls run side by side.
_changing = threading.Lock()


class GlueCatalog:
    """Actions on the catalog, for an Engine to mix in. MiniStack keeps the data."""

    def get_databases(self, request):
        """MaxResults and NextToken, which MiniStack ignores."""
        found = {each["Name"]: each for each in ministack_glue.call(request)["DatabaseList"]}
        shown, token = page(request.body, sorted(found))
        return {"DatabaseList": [found[name] for name in shown]} | token

    def get_tables(self, request):
        """As above, and Expression is a regular expression; a database that does not exist is an error."""
        body = request.body
        ministack_glue.call(request, "GetDatabase", Name=body.get("DatabaseName"))
        found = ministack_glue.call(request, "GetTables", DatabaseName=body.get("DatabaseName"))["TableList"]
        try:
            wanted = re.compile(body.get("Expression") or ".*")
        except re.error as error:
            raise ServiceError("InvalidInputException", f"Expression {body['Expression']!r} is no regular expression: {error}") from error
        tables = {each["Name"]: each for each in found if wanted.fullmatch(each["Name"])}
        shown, token = page(body, sorted(tables), most=100)
        return {"TableList": [tables[name] for name in shown]} | token

    def get_partitions(self, request):
        """Expression, Segment, MaxResults, NextToken and ExcludeColumnSchema, all of which MiniStack ignores."""
        body = request.body
        table = _table(request)
        found = {tuple(each["Values"]): each for each in list(ministack_glue.partitions(request))}
        if body.get("Expression"):
            matches = _compiled(body["Expression"], table.get("PartitionKeys", []))
            found = {values: each for values, each in found.items() if matches(values)}
        if body.get("Segment"):
            found = {values: each for values, each in found.items() if _in_segment(values, body["Segment"])}
        shown, token = page(body, sorted(found))
        partitions = [found[values] for values in shown]
        if body.get("ExcludeColumnSchema"):
            partitions = [_without_columns(each) for each in partitions]
        return {"Partitions": partitions} | token

    def create_partition(self, request):
        _check_values(_table(request), [request.body.get("PartitionInput", {}).get("Values", [])])
        with _changing:
            return ministack_glue.call(request)

    def batch_create_partition(self, request):
        """MiniStack looks for each partition through all of them: thousands took minutes."""
        inputs = request.body.get("PartitionInputList", [])
        _check_values(_table(request), [each.get("Values", []) for each in inputs])
        with _changing:
            kept = ministack_glue.partitions(request)
            known, errors = {tuple(each["Values"]) for each in kept}, []
            for each in inputs:
                values = tuple(each["Values"])
                if values in known:
                    errors.append(_problem("PartitionValues", values, "AlreadyExistsException", "Partition already exists"))
                    continue
                known.add(values)
                kept.append({**each, **_names(request), "CreationTime": int(time.time()), "CatalogId": request.account})
        return {"Errors": errors}

    def batch_update_partition(self, request):
        """MiniStack looks for each entry through all partitions."""
        entries = request.body.get("Entries", [])
        _check_values(_table(request), [each.get("PartitionInput", {}).get("Values", []) for each in entries])
        errors = []
        with _changing:
            kept = ministack_glue.partitions(request)
            places = {tuple(each["Values"]): at for at, each in enumerate(kept)}
            for entry in entries:
                values, given = tuple(entry.get("PartitionValueList", [])), entry.get("PartitionInput", {})
                at, new = places.get(values), tuple(given["Values"])
                if at is None:
                    errors.append(_problem("PartitionValueList", values, "EntityNotFoundException", "Partition not found"))
                    continue
                if new != values and new in places:
                    errors.append(_problem("PartitionValueList", values, "AlreadyExistsException", "Partition already exists"))
                    continue
                times = {"CreationTime": kept[at].get("CreationTime"), "LastAccessTime": int(time.time())}
                kept[at] = {**given, **_names(request), **times, "CatalogId": request.account}
                places[new] = places.pop(values)
        return {"Errors": errors}

    def update_partition(self, request):
        """MiniStack has only BatchUpdatePartition."""
        entry = {member: request.body.get(member) for member in ("PartitionValueList", "PartitionInput")}
        answer = self.batch_update_partition(replace(request, body={**_names(request), "Entries": [entry]}))
        for error in answer["Errors"]:
            raise ServiceError(error["ErrorDetail"]["ErrorCode"], error["ErrorDetail"]["ErrorMessage"])
        return {}

    def delete_partition(self, request):
        """MiniStack deletes what is not there without a word."""
        _require_partition(request, request.body.get("PartitionValues", []))
        with _changing:
            return ministack_glue.call(request)

    def batch_delete_partition(self, request):
        """MiniStack has only DeletePartition."""
        errors, gone = [], set()
        with _changing:
            kept = ministack_glue.partitions(request)
            known = {tuple(each["Values"]) for each in kept}
            for values in (tuple(each.get("Values", [])) for each in request.body.get("PartitionsToDelete", [])):
                if values in known:
                    gone.add(values)
                else:
                    errors.append(_problem("PartitionValues", values, "EntityNotFoundException", "Partition not found"))
            kept[:] = [each for each in kept if tuple(each["Values"]) not in gone]
        return {"Errors": errors}


def _problem(member, values, code, message):
    """An item of a batch's Errors."""
    return {member: list(values), "ErrorDetail": {"ErrorCode": code, "ErrorMessage": message}}


def _names(request):
    return {"DatabaseName": request.body.get("DatabaseName"), "TableName": request.body.get("TableName")}


def _table(request):
    names = _names(request)
    return ministack_glue.call(request, "GetTable", DatabaseName=names["DatabaseName"], Name=names["TableName"])["Table"]


def _require_partition(request, values):
    ministack_glue.call(request, "GetPartition", **_names(request), PartitionValues=values)


def _check_values(table, several):
    """Each partition needs a value for each key of its table."""
    keys = [key["Name"] for key in table.get("PartitionKeys", [])]
    for values in several:
        if len(values) != len(keys):
            raise ServiceError(
                "InvalidInputException",
                f"The number of partition keys do not match the number of partition values: keys {keys}, values {values}",
            )


def _compiled(expression, keys):
    try:
        return compile_filter(expression, [(key["Name"], key.get("Type", "string")) for key in keys])
    except FilterError as error:
        raise ServiceError("InvalidInputException", str(error)) from error


def _in_segment(values, segment):
    """Whether a partition falls into one of the disjoint segments that readers share out among themselves."""
    return zlib.crc32("\0".join(values).encode()) % segment["TotalSegments"] == segment["SegmentNumber"]


def _without_columns(partition):
    storage = {member: value for member, value in partition.get("StorageDescriptor", {}).items() if member != "Columns"}
    return {**partition, "StorageDescriptor": storage}
