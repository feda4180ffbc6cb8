"""Mends of MiniStack's Glue catalog: what it ignores or lacks, on top of what it stores."""

import re
import zlib

from localcloud import ministack_glue
from localcloud.engine import ServiceError
from localcloud.paging import page
from localcloud.partition_filter import FilterError, compile_filter


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
        found = {tuple(each["Values"]): each for each in ministack_glue.call(request)["Partitions"]}
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
        return ministack_glue.call(request)

    def batch_create_partition(self, request):
        inputs = request.body.get("PartitionInputList", [])
        _check_values(_table(request), [each.get("Values", []) for each in inputs])
        return ministack_glue.call(request)

    def update_partition(self, request):
        """MiniStack has only BatchUpdatePartition."""
        body = request.body
        entry = {"PartitionValueList": body.get("PartitionValueList", []), "PartitionInput": body.get("PartitionInput", {})}
        answer = ministack_glue.call(
            request, "BatchUpdatePartition", DatabaseName=body.get("DatabaseName"), TableName=body.get("TableName"), Entries=[entry]
        )
        for error in answer.get("Errors", []):
            raise ServiceError(error["ErrorDetail"]["ErrorCode"], error["ErrorDetail"]["ErrorMessage"])
        return {}

    def delete_partition(self, request):
        """MiniStack deletes what is not there without a word."""
        _require_partition(request, request.body.get("PartitionValues", []))
        return ministack_glue.call(request)

    def batch_delete_partition(self, request):
        """MiniStack has only DeletePartition."""
        errors = []
        for values in (each.get("Values", []) for each in request.body.get("PartitionsToDelete", [])):
            try:
                _require_partition(request, values)
            except ServiceError as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
                errors.append({"PartitionValues": values, "ErrorDetail": detail})
                continue
            ministack_glue.call(request, "DeletePartition", **_names(request), PartitionValues=values)
        return {"Errors": errors}


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
