"""Data catalogs, databases and tables as Athena's own API shows them."""

from botocore.exceptions import ClientError

from localcloud.athena.requests import invalid, paged
from localcloud.engine import ServiceError

CATALOG = "AwsDataCatalog"


def _check(name):
    if name.lower() != CATALOG.lower():
        raise invalid(f"DataCatalog {name} was not found; the local cloud has {CATALOG}")


def _glue(call):
    try:
        return call()
    except ClientError as error:
        raise ServiceError("MetadataException", error.response["Error"].get("Message", str(error))) from error


def catalogs():
    return {"DataCatalogsSummary": [{"CatalogName": CATALOG, "Type": "GLUE", "Status": "CREATE_COMPLETE"}]}


def catalog(name, account):
    _check(name)
    return {"DataCatalog": {"Name": CATALOG, "Type": "GLUE", "Parameters": {"catalog-id": account}, "Status": "CREATE_COMPLETE"}}


def _database(raw):
    return {
        "Name": raw["Name"],
        **({"Description": raw["Description"]} if raw.get("Description") else {}),
        "Parameters": raw.get("Parameters") or {},
    }


def databases(glue, body):
    _check(body["CatalogName"])
    found = _glue(lambda: [item for page in glue.get_paginator("get_databases").paginate() for item in page["DatabaseList"]])
    chosen, token = paged(sorted(found, key=lambda item: item["Name"]), body, 50, key=lambda item: item["Name"])
    return {"DatabaseList": [_database(item) for item in chosen], **({"NextToken": token} if token else {})}


def database(glue, body):
    _check(body["CatalogName"])
    return {"Database": _database(_glue(lambda: glue.get_database(Name=body["DatabaseName"]))["Database"])}


def _columns(columns):
    return [{key: column[key] for key in ("Name", "Type", "Comment") if column.get(key)} for column in columns or []]


def _table(raw):
    made = {
        "Name": raw["Name"],
        "TableType": raw.get("TableType") or "EXTERNAL_TABLE",
        "Columns": _columns((raw.get("StorageDescriptor") or {}).get("Columns")),
        "PartitionKeys": _columns(raw.get("PartitionKeys")),
    }
    descriptor = raw.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}
    shown = {
        "location": descriptor.get("Location"),
        "inputformat": descriptor.get("InputFormat"),
        "outputformat": descriptor.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
    }
    parameters = {**(raw.get("Parameters") or {}), **{key: value for key, value in shown.items() if value}}
    parameters.update({f"serde.param.{key}": value for key, value in (serde.get("Parameters") or {}).items()})
    times = {
        key: raw[name].timestamp() for key, name in (("CreateTime", "CreateTime"), ("LastAccessTime", "LastAccessTime")) if raw.get(name)
    }
    return {**made, "Parameters": parameters, **times}


def tables(glue, body):
    import re

    _check(body["CatalogName"])
    found = _glue(
        lambda: [
            item for page in glue.get_paginator("get_tables").paginate(DatabaseName=body["DatabaseName"]) for item in page["TableList"]
        ]
    )
    if body.get("Expression"):
        try:
            pattern = re.compile(body["Expression"])
        except re.error as error:
            raise invalid(f"Expression {body['Expression']!r} is no regular expression: {error}") from error
        found = [item for item in found if pattern.search(item["Name"])]
    chosen, token = paged(sorted(found, key=lambda item: item["Name"]), body, 50, key=lambda item: item["Name"])
    return {"TableMetadataList": [_table(item) for item in chosen], **({"NextToken": token} if token else {})}


def table(glue, body):
    _check(body["CatalogName"])
    return {"TableMetadata": _table(_glue(lambda: glue.get_table(DatabaseName=body["DatabaseName"], Name=body["TableName"]))["Table"])}
