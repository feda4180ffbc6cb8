"""Dashboards, whose versions stay, and analyses, which may be restored for a time after they were deleted."""

from localcloud.engine import ServiceError
from localcloud.quicksight import definition, permissions

_RECOVERY_DAYS = 30


class Assets:
    """Actions of dashboards and analyses."""

    # -- dashboards

    def create_dashboard(self, request):
        given, records = request.body, self.table(request, "dashboard")
        identity = given["DashboardId"]
        if identity in records:
            raise ServiceError("ResourceExistsException", f"Dashboard {identity} already exists", 409)
        shown = {"Arn": self.arn(request, "dashboard", identity), "DashboardId": identity, "CreatedTime": self.clock()}
        record = _new(shown, self._granted(request, "dashboard"), given) | {"versions": {}}
        version = self._version(request, record, "CREATION")
        self._publish(record, version)
        records[identity] = record
        return {**_told(record), "VersionArn": version["Arn"], "CreationStatus": "CREATION_IN_PROGRESS", "Status": 202}

    def update_dashboard(self, request):
        """A new version; it is not published by this."""
        record = self.found(request, "dashboard", request.body["DashboardId"])
        version = self._version(request, record, "CREATION")
        return {**_told(record), "VersionArn": version["Arn"], "CreationStatus": "CREATION_IN_PROGRESS", "Status": 202}

    def _version(self, request, record, step):
        given, now = request.body, self.clock()
        errors = self._errors(request)
        number = max((int(each) for each in record["versions"]), default=0) + 1
        version = {
            "Arn": f"{record['shown']['Arn']}/version/{number}",
            "VersionNumber": number,
            "CreatedTime": now,
            "Status": f"{step}_{'FAILED' if errors else 'SUCCESSFUL'}",
            "DataSetArns": [each["DataSetArn"] for each in given["Definition"]["DataSetIdentifierDeclarations"]],
            "Sheets": _sheets(given["Definition"]),
            **({"Errors": errors} if errors else {}),
            **({"Description": given["VersionDescription"]} if "VersionDescription" in given else {}),
        }
        record["versions"][str(number)] = {"shown": version, "definition": given["Definition"], "name": given["Name"]}
        record["shown"] |= {"Name": given["Name"], "LastUpdatedTime": now}
        return version

    def _publish(self, record, version):
        record["published"] = version["VersionNumber"]
        record["shown"]["LastPublishedTime"] = self.clock()

    def update_dashboard_published_version(self, request):
        record = self.found(request, "dashboard", request.body["DashboardId"])
        version = _numbered(record, request.body["VersionNumber"])["shown"]
        if not version["Status"].endswith("_SUCCESSFUL"):
            text = f"version {version['VersionNumber']} is {version['Status']} and cannot be published"
            raise ServiceError("ConflictException", text, 409)
        self._publish(record, version)
        return {"DashboardId": record["shown"]["DashboardId"], "DashboardArn": record["shown"]["Arn"]}

    def describe_dashboard(self, request):
        record = self.found(request, "dashboard", request.body["DashboardId"])
        version = _numbered(record, request.body.get("VersionNumber", record["published"]))
        return {"Dashboard": {**record["shown"], "Name": version["name"], "Version": version["shown"]}}

    def describe_dashboard_definition(self, request):
        record = self.found(request, "dashboard", request.body["DashboardId"])
        version = _numbered(record, request.body.get("VersionNumber", record["published"]))
        shown = version["shown"]
        told = {"DashboardId": record["shown"]["DashboardId"], "Name": version["name"], "Definition": version["definition"]}
        return {**told, "ResourceStatus": shown["Status"], **({"Errors": shown["Errors"]} if "Errors" in shown else {})}

    def list_dashboards(self, request):
        return self.listed(request, "dashboard", "DashboardSummaryList")

    def list_dashboard_versions(self, request):
        record = self.found(request, "dashboard", request.body["DashboardId"])
        newest_first = sorted((each["shown"] for each in record["versions"].values()), key=lambda shown: -shown["VersionNumber"])
        return {"DashboardVersionSummaryList": newest_first}

    def delete_dashboard(self, request):
        record = self.found(request, "dashboard", request.body["DashboardId"])
        number = request.body.get("VersionNumber")
        if number is not None:
            _numbered(record, number)
            if number == record["published"]:
                raise ServiceError("ConflictException", f"version {number} is published", 409)
            del record["versions"][str(number)]
        else:
            del self.table(request, "dashboard")[record["shown"]["DashboardId"]]
        return _told(record)

    def describe_dashboard_permissions(self, request):
        return self._permissions(request, "dashboard", "Dashboard")

    def update_dashboard_permissions(self, request):
        return self._grant(request, "dashboard", "Dashboard")

    # -- analyses

    def create_analysis(self, request):
        given, records = request.body, self.table(request, "analysis")
        identity = given["AnalysisId"]
        if identity in records:  # a deleted one keeps its id until its recovery window has passed
            raise ServiceError("ResourceExistsException", f"Analysis {identity} already exists", 409)
        shown = {"Arn": self.arn(request, "analysis", identity), "AnalysisId": identity, "CreatedTime": self.clock()}
        record = _new(shown, self._granted(request, "analysis"), given)
        self._define(request, record, "CREATION")
        records[identity] = record
        return {**_told(record), "CreationStatus": "CREATION_IN_PROGRESS", "Status": 202}

    def update_analysis(self, request):
        record = self._alive(request)
        self._define(request, record, "UPDATE")
        return {**_told(record), "UpdateStatus": "UPDATE_IN_PROGRESS", "Status": 202}

    def _define(self, request, record, step):
        given, errors = request.body, self._errors(request)
        record["definition"] = given["Definition"]
        record["shown"].pop("Errors", None)
        record["shown"] |= {
            "Name": given["Name"],
            "LastUpdatedTime": self.clock(),
            "Status": f"{step}_{'FAILED' if errors else 'SUCCESSFUL'}",
            "DataSetArns": [each["DataSetArn"] for each in given["Definition"]["DataSetIdentifierDeclarations"]],
            "Sheets": _sheets(given["Definition"]),
            **({"Errors": errors} if errors else {}),
        }

    def _alive(self, request):
        record = self.found(request, "analysis", request.body["AnalysisId"])
        if record["shown"]["Status"] == "DELETED":
            raise ServiceError("ConflictException", f"Analysis {request.body['AnalysisId']} is deleted", 409)
        return record

    def describe_analysis(self, request):
        return {"Analysis": self.found(request, "analysis", request.body["AnalysisId"])["shown"]}

    def describe_analysis_definition(self, request):
        record = self._alive(request)
        shown = record["shown"]
        told = {"AnalysisId": shown["AnalysisId"], "Name": shown["Name"], "Definition": record["definition"]}
        return {**told, "ResourceStatus": shown["Status"], **({"Errors": shown["Errors"]} if "Errors" in shown else {})}

    def list_analyses(self, request):
        return self.listed(request, "analysis", "AnalysisSummaryList")

    def delete_analysis(self, request):
        """Gone at once by force; otherwise deleted, and there to be restored until the window's end."""
        record, given = self.found(request, "analysis", request.body["AnalysisId"]), request.body
        force = given.get("ForceDeleteWithoutRecovery", False)
        if force and "RecoveryWindowInDays" in given:
            raise ServiceError("InvalidParameterValueException", "RecoveryWindowInDays and ForceDeleteWithoutRecovery exclude each other")
        now = self.clock()
        if force:
            del self.table(request, "analysis")[record["shown"]["AnalysisId"]]
            return {**_told(record), "DeletionTime": now}
        record["shown"] |= {"Status": "DELETED", "LastUpdatedTime": now}
        return {**_told(record), "DeletionTime": now + 86400 * given.get("RecoveryWindowInDays", _RECOVERY_DAYS)}

    def restore_analysis(self, request):
        record = self.found(request, "analysis", request.body["AnalysisId"])
        if record["shown"]["Status"] != "DELETED":
            raise ServiceError("ConflictException", f"Analysis {request.body['AnalysisId']} is not deleted", 409)
        record["shown"]["Status"] = "UPDATE_SUCCESSFUL"
        return _told(record)

    def describe_analysis_permissions(self, request):
        return self._permissions(request, "analysis", "Analysis")

    def update_analysis_permissions(self, request):
        return self._grant(request, "analysis", "Analysis")

    # -- both

    def _granted(self, request, kind):
        return permissions.granted(kind, {}, request.body.get("Permissions", []), [], self.principals(kind))

    def _permissions(self, request, kind, title):
        record = self.found(request, kind, request.body[f"{title}Id"])
        told = {f"{title}Arn": record["shown"]["Arn"], f"{title}Id": request.body[f"{title}Id"]}
        return {**told, "Permissions": permissions.shown(record["permissions"])}

    def _grant(self, request, kind, title):
        record = self.found(request, kind, request.body[f"{title}Id"])
        grants, revokes = request.body.get("GrantPermissions", []), request.body.get("RevokePermissions", [])
        record["permissions"] = permissions.granted(kind, record["permissions"], grants, revokes, self.principals(kind))
        return self._permissions(request, kind, title)

    def _errors(self, request):
        """What is wrong with the request's definition."""
        if "Definition" not in request.body:
            raise ServiceError("InvalidParameterValueException", "the local cloud takes a Definition, and no SourceEntity")

        def columns(arn):
            identity = arn.rpartition("/")[2]
            record = self.table(request, "dataset").get(identity)
            if record is None or record["shown"]["Arn"] != arn:
                return None
            return {column["Name"]: column["Type"] for column in record["shown"]["OutputColumns"]}

        return definition.check(request.body["Definition"], columns)


def _new(shown, granted, given):
    return {"shown": shown, "permissions": granted, "tags": {tag["Key"]: tag["Value"] for tag in given.get("Tags", [])}}


def _told(record):
    shown = record["shown"]
    return {name: shown[name] for name in ("Arn", "DashboardId", "AnalysisId") if name in shown}


def _numbered(record, number):
    try:
        return record["versions"][str(number)]
    except KeyError:
        raise ServiceError("ResourceNotFoundException", f"version {number} of {record['shown']['Arn']} is not found", 404) from None


def _sheets(given):
    return [{"SheetId": sheet["SheetId"], "Name": sheet.get("Name", sheet["SheetId"])} for sheet in given.get("Sheets", [])]
