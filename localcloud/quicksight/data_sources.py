"""Data sources: a workgroup of Athena, and the role to query it with."""

from botocore.exceptions import ClientError

from localcloud.engine import ServiceError
from localcloud.iam import sessions
from localcloud.quicksight import permissions

KIND = "datasource"
PRINCIPAL = "quicksight.amazonaws.com"


class DataSources:
    """Actions of data sources."""

    def create_data_source(self, request):
        given, records = request.body, self.table(request, KIND)
        identity = given["DataSourceId"]
        if identity in records:
            raise ServiceError("ResourceExistsException", f"DataSource {identity} already exists", 409)
        if given["Type"] != "ATHENA" or "AthenaParameters" not in given.get("DataSourceParameters", {}):
            raise ServiceError("InvalidParameterValueException", f"the local cloud has data sources of Athena only, not {given['Type']}")
        arn, now = self.arn(request, KIND, identity), self.clock()
        shown = {"Arn": arn, "DataSourceId": identity, "Name": given["Name"], "Type": "ATHENA", "CreatedTime": now, "LastUpdatedTime": now}
        granted = permissions.granted(KIND, {}, given.get("Permissions", []), [], self.principals(KIND))
        records[identity] = record = {"shown": shown, "permissions": granted, "tags": _tags(given)}
        self._connect(request, record, "CREATION")
        return {"Arn": arn, "DataSourceId": identity, "CreationStatus": "CREATION_IN_PROGRESS", "Status": 202}

    def update_data_source(self, request):
        record = self.found(request, KIND, request.body["DataSourceId"])
        record["shown"] |= {"Name": request.body["Name"], "LastUpdatedTime": self.clock()}
        self._connect(request, record, "UPDATE")
        shown = record["shown"]
        return {"Arn": shown["Arn"], "DataSourceId": shown["DataSourceId"], "UpdateStatus": "UPDATE_IN_PROGRESS", "Status": 202}

    def _connect(self, request, record, step):
        """Take the parameters, and try whether the role can be had and the workgroup is there."""
        parameters = request.body["DataSourceParameters"]["AthenaParameters"]
        shown, group = record["shown"], parameters.get("WorkGroup", "primary")
        shown["DataSourceParameters"] = {"AthenaParameters": {**parameters, "WorkGroup": group}}
        shown.pop("ErrorInfo", None)
        problem = None
        role = parameters.get("RoleArn")
        if role and not sessions.trusts(role, PRINCIPAL):
            problem = {"Type": "ACCESS_DENIED", "Message": f"QuickSight is not able to assume role {role}"}
        else:
            try:
                self.client("athena", request.region).get_work_group(WorkGroup=group)
            except ClientError as error:
                problem = {"Type": "GENERIC_SQL_FAILURE", "Message": error.response["Error"]["Message"]}
        shown["Status"] = f"{step}_FAILED" if problem else f"{step}_SUCCESSFUL"
        if problem:
            shown["ErrorInfo"] = problem

    def describe_data_source(self, request):
        return {"DataSource": self.found(request, KIND, request.body["DataSourceId"])["shown"]}

    def list_data_sources(self, request):
        return self.listed(request, KIND, "DataSources")

    def delete_data_source(self, request):
        shown = self.found(request, KIND, request.body["DataSourceId"])["shown"]
        del self.table(request, KIND)[shown["DataSourceId"]]
        return {"Arn": shown["Arn"], "DataSourceId": shown["DataSourceId"]}

    def describe_data_source_permissions(self, request):
        record = self.found(request, KIND, request.body["DataSourceId"])
        return {**_named(record), "Permissions": permissions.shown(record["permissions"])}

    def update_data_source_permissions(self, request):
        record = self.found(request, KIND, request.body["DataSourceId"])
        grants, revokes = request.body.get("GrantPermissions", []), request.body.get("RevokePermissions", [])
        record["permissions"] = permissions.granted(KIND, record["permissions"], grants, revokes, self.principals(KIND))
        return _named(record)


def _named(record):
    return {"DataSourceArn": record["shown"]["Arn"], "DataSourceId": record["shown"]["DataSourceId"]}


def _tags(given):
    return {tag["Key"]: tag["Value"] for tag in given.get("Tags", [])}
