"""Data sets: a table, or a query, of a data source."""

import re

from localcloud.engine import ServiceError
from localcloud.quicksight import permissions

KIND = "dataset"
_IDENTITY = re.compile(r"[\w\-]{1,512}")


class DataSets:
    """Actions of data sets."""

    def create_data_set(self, request):
        given, records = request.body, self.table(request, KIND)
        identity = given["DataSetId"]
        if not _IDENTITY.fullmatch(identity):
            raise ServiceError(
                "InvalidParameterValueException", f"DataSetId {identity!r} has other characters than letters, digits, _ and -"
            )
        if identity in records:
            raise ServiceError("ResourceExistsException", f"DataSet {identity} already exists", 409)
        columns = self._columns(request)
        granted = permissions.granted(KIND, {}, given.get("Permissions", []), [], self.principals(KIND))
        shown = {"Arn": self.arn(request, KIND, identity), "DataSetId": identity, "CreatedTime": self.clock()}
        tags = {tag["Key"]: tag["Value"] for tag in given.get("Tags", [])}
        records[identity] = record = {"shown": shown, "permissions": granted, "tags": tags, "schedules": {}, "ingestions": {}}
        return {"Status": 201, **self._take(request, record, columns, "INITIAL_INGESTION")}

    def update_data_set(self, request):
        record = self.found(request, KIND, request.body["DataSetId"])
        return self._take(request, record, self._columns(request), "EDIT")

    def _take(self, request, record, columns, why):
        """What creating and updating do alike; SPICE is filled anew."""
        given, shown = request.body, record["shown"]
        kept = ("Name", "PhysicalTableMap", "ImportMode")
        shown |= {**{name: given[name] for name in kept}, "OutputColumns": columns, "LastUpdatedTime": self.clock()}
        shown.pop("LogicalTableMap", None)
        if given.get("LogicalTableMap"):
            shown["LogicalTableMap"] = given["LogicalTableMap"]
        answer = {"Arn": shown["Arn"], "DataSetId": shown["DataSetId"]}
        if given["ImportMode"] == "SPICE":
            started = self._ingest(request, record, why)
            answer |= {"IngestionArn": started["Arn"], "IngestionId": started["IngestionId"]}
        return answer

    def _columns(self, request):
        """The columns that come out; the data source must be there, and each table must have columns, none twice."""
        found = []
        for name, table in request.body["PhysicalTableMap"].items():
            ((_, body),) = table.items()
            self._source(request, body["DataSourceArn"])
            columns = body.get("InputColumns") or body.get("Columns") or []
            names = [column["Name"] for column in columns]
            if not names or len({each.lower() for each in names}) < len(names):
                wrong = "has no columns" if not names else "has a column twice"
                raise ServiceError("InvalidParameterValueException", f"Physical table {name} {wrong}")
            found += [{"Name": column["Name"], "Type": _output(column["Type"])} for column in columns]
        if not found:
            raise ServiceError("InvalidParameterValueException", "PhysicalTableMap is empty")
        return found

    def _source(self, request, arn):
        identity = arn.rpartition("/")[2]
        if arn != self.arn(request, "datasource", identity) or identity not in self.table(request, "datasource"):
            raise ServiceError("ResourceNotFoundException", f"DataSource {arn} is not found", 404)
        return self.found(request, "datasource", identity)

    def describe_data_set(self, request):
        return {"DataSet": self.found(request, KIND, request.body["DataSetId"])["shown"]}

    def list_data_sets(self, request):
        return self.listed(request, KIND, "DataSetSummaries")

    def delete_data_set(self, request):
        shown = self.found(request, KIND, request.body["DataSetId"])["shown"]
        del self.table(request, KIND)[shown["DataSetId"]]
        return {"Arn": shown["Arn"], "DataSetId": shown["DataSetId"]}

    def describe_data_set_permissions(self, request):
        record = self.found(request, KIND, request.body["DataSetId"])
        return {**_named(record), "Permissions": permissions.shown(record["permissions"])}

    def update_data_set_permissions(self, request):
        record = self.found(request, KIND, request.body["DataSetId"])
        grants, revokes = request.body.get("GrantPermissions", []), request.body.get("RevokePermissions", [])
        record["permissions"] = permissions.granted(KIND, record["permissions"], grants, revokes, self.principals(KIND))
        return _named(record)


def _named(record):
    return {"DataSetArn": record["shown"]["Arn"], "DataSetId": record["shown"]["DataSetId"]}


def _output(kind):
    """The type that a column has in a data set."""
    return {"BIT": "INTEGER", "BOOLEAN": "INTEGER", "JSON": "STRING", "SEMISTRUCT": "STRING"}.get(kind, kind)
