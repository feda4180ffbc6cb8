"""QuickSight's actions, and what IAM is asked for them."""

import time

from localcloud import rest_json
from localcloud.athena.store import Documents
from localcloud.engine import Engine, Request, ServiceError, method_name
from localcloud.iam.questions import Question
from localcloud.paging import page
from localcloud.quicksight.account import Account
from localcloud.quicksight.assets import Assets
from localcloud.quicksight.data_sets import DataSets
from localcloud.quicksight.data_sources import DataSources
from localcloud.quicksight.ingestions import Ingestions
from localcloud.quicksight.refresh import RefreshSchedules
from localcloud.quicksight.tagging import Tagging

#: What is left where an account is not subscribed.
_WITHOUT_SUBSCRIPTION = frozenset(["CreateAccountSubscription", "DescribeAccountSubscription"])
#: Parameter that names a resource → its part of an ARN.
_NAMED = {
    "DataSetId": "dataset",
    "DataSourceId": "datasource",
    "DashboardId": "dashboard",
    "AnalysisId": "analysis",
}


class QuickSight(Account, DataSources, DataSets, RefreshSchedules, Ingestions, Assets, Tagging, Engine):
    """Data sources, data sets, dashboards, analyses, who may see them, and the account's users and groups, in `<state>/quicksight`."""

    service, owns_service, own_protocol = "quicksight", True, True
    NOT_ACTIONS = Engine.NOT_ACTIONS | {"respond", "documents", "clock", "arn", "table", "found", "listed", "summary", "principals"}

    def __init__(self, settings, clock=time.time):
        super().__init__(settings)
        self.documents, self.clock = Documents(settings.state_dir / "quicksight" / "quicksight.json"), clock

    def respond(self, scope, headers, query, body, region, access_key):
        """(status, headers, body) of a request."""
        try:
            action, given = rest_json.read(self.service, scope["method"], rest_json.raw_path(scope), query, headers, body)
        except rest_json.Unreadable as error:
            return rest_json.refused("InvalidParameterValueException", str(error))
        request = Request(action, given, region or self.settings.region, self.settings.account, access_key or "", headers)
        try:
            if not self.can(action):
                raise ServiceError("UnsupportedOperation", f"quicksight:{action} is not in the local cloud; see docs/local-cloud.md")
            with self.documents.lock:
                self._admit(request)
                output = getattr(self, method_name(action))(request)
                if not action.startswith(("Describe", "List", "Search")):
                    self.documents.save()
        except ServiceError as error:
            return rest_json.refused(error.code, error.message, error.status, error.members)
        return rest_json.written(
            self.service, action, {"Status": 200, "RequestId": headers.get("amz-sdk-invocation-id", "local"), **output}
        )

    def _admit(self, request):
        """The account must be the caller's own, and subscribed."""
        account = request.body.get("AwsAccountId", request.account)
        if account != request.account:
            raise ServiceError("AccessDeniedException", f"Account {request.account} may not act in account {account}", 401)
        if request.action not in _WITHOUT_SUBSCRIPTION and not self.subscription:
            namespace = request.body.get("Namespace")
            if namespace:
                text = f"Account {account} is not signed up with QuickSight with namespace {namespace}"
                raise ServiceError("ResourceNotFoundException", text, 404)
            raise ServiceError("UnsupportedUserEditionException", f"Account {account} is not subscribed for QuickSight", 403)

    # -- what the parts share

    def arn(self, request, kind, identity, region=None):
        return f"arn:aws:quicksight:{region or request.region}:{request.account}:{kind}/{identity}"

    def table(self, request, kind):
        """{id: record} of a kind of resource in the request's region."""
        return self.documents.items.setdefault("regions", {}).setdefault(request.region, {}).setdefault(kind, {})

    def found(self, request, kind, identity):
        """A record; ResourceNotFoundException if there is none."""
        try:
            return self.table(request, kind)[identity]
        except KeyError:
            raise ServiceError("ResourceNotFoundException", f"{_title(kind)} {identity} is not found", 404) from None

    def listed(self, request, kind, result):
        """({result: [what the API shows of each of a page]} with the token of the next one)."""
        known = self.table(request, kind)
        names, more = page(request.body, sorted(known), most=100, error="InvalidNextTokenException")
        return {result: [self.summary(kind, known[name]) for name in names], **more}

    def summary(self, kind, record):
        """What lists show of a record."""
        if kind == "dashboard":
            return {**record["shown"], "PublishedVersionNumber": record["published"]}
        kept = ("Arn", "DataSetId", "AnalysisId", "Name", "Status", "CreatedTime", "LastUpdatedTime", "ImportMode")
        return record["shown"] if kind == "datasource" else {name: record["shown"][name] for name in kept if name in record["shown"]}

    # -- IAM

    def asks(self, call):
        """The resource that a path names, what is passed with it, and tags at creation."""
        action, given = call.operation, call.params
        if not action and call.path.startswith("/resources/"):  # an ARN holds a slash
            action = {"GET": "ListTagsForResource", "POST": "TagResource", "DELETE": "UntagResource"}.get(call.method, "Unknown")
            return [Question(f"quicksight:{action}", call.path.removeprefix("/resources/").removesuffix("/tags"))]
        if not action:
            return None
        asked = [Question(f"quicksight:{action}", _resource(call, given))]
        if action in ("CreateDataSet", "UpdateDataSet"):
            tables = (table for each in (given.get("PhysicalTableMap") or {}).values() for table in each.values())
            asked += [Question("quicksight:PassDataSource", arn) for arn in sorted({table.get("DataSourceArn", "*") for table in tables})]
        if action in ("CreateDashboard", "UpdateDashboard", "CreateAnalysis", "UpdateAnalysis"):
            declared = (given.get("Definition") or {}).get("DataSetIdentifierDeclarations") or []
            asked += [Question("quicksight:PassDataSet", arn) for arn in sorted({each.get("DataSetArn", "*") for each in declared})]
        if action.startswith("Create") and given.get("Tags"):
            asked.append(Question("quicksight:TagResource", asked[0].resource))
        return asked


def _resource(call, given):
    if call.operation.startswith("List") and "DataSetId" not in given and "DashboardId" not in given:
        return "*"
    for name, kind in _NAMED.items():
        if given.get(name):
            below = f"/ingestion/{given['IngestionId']}" if given.get("IngestionId") else ""
            below = f"/refresh-schedule/{given['ScheduleId']}" if given.get("ScheduleId") else below
            return call.arn(f"{kind}/{given[name]}{below}")
    for name, kind in (("UserName", "user"), ("GroupName", "group")):
        if given.get(name):
            return call.arn(f"{kind}/{given.get('Namespace', 'default')}/{given[name]}")
    return "*"


def _title(kind):
    return {"dataset": "DataSet", "datasource": "DataSource"}.get(kind, kind.capitalize())
