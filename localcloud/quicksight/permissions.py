"""Who may do what with a resource: sets of actions as QuickSight takes them."""

from localcloud.engine import ServiceError

_SOURCE = ("DescribeDataSource", "DescribeDataSourcePermissions", "PassDataSource")
_SET = ("DescribeDataSet", "DescribeDataSetPermissions", "PassDataSet", "DescribeIngestion", "ListIngestions")
_BOARD = ("DescribeDashboard", "ListDashboardVersions", "QueryDashboard")
_REFRESH = (
    "PutDataSetRefreshProperties",
    "CreateRefreshSchedule",
    "UpdateRefreshSchedule",
    "DeleteRefreshSchedule",
    "ListRefreshSchedules",
    "DescribeDataSetRefreshProperties",
    "DescribeRefreshSchedule",
    "DeleteDataSetRefreshProperties",
)
_OWN_SET = (*_SET, "UpdateDataSet", "DeleteDataSet", "CreateIngestion", "CancelIngestion", "UpdateDataSetPermissions")
#: Kind of a resource → the sets of actions that it takes.
SETS = {
    "datasource": (_SOURCE, (*_SOURCE, "UpdateDataSource", "DeleteDataSource", "UpdateDataSourcePermissions")),
    "dataset": (_SET, _OWN_SET, (*_OWN_SET, *_REFRESH)),
    "dashboard": (
        _BOARD,
        (
            *_BOARD,
            "UpdateDashboard",
            "DeleteDashboard",
            "DescribeDashboardPermissions",
            "UpdateDashboardPermissions",
            "UpdateDashboardPublishedVersion",
        ),
    ),
    "analysis": (
        (
            "DescribeAnalysis",
            "QueryAnalysis",
            "UpdateAnalysis",
            "DeleteAnalysis",
            "RestoreAnalysis",
            "DescribeAnalysisPermissions",
            "UpdateAnalysisPermissions",
        ),
    ),
}
_ALLOWED = {kind: [frozenset(f"quicksight:{name}" for name in names) for names in sets] for kind, sets in SETS.items()}


def granted(kind, before, grants, revokes, known):
    """{principal: [actions]} after grants and revokes, lists of Principal and Actions; InvalidParameterValueException if one cannot be.

    `known`: ARNs of the users and groups that there are.
    """
    after = {principal: set(actions) for principal, actions in before.items()}
    for each in revokes:
        left = after.pop(each["Principal"], set()) - set(each["Actions"])
        if left:
            after[each["Principal"]] = left
    for each in grants:
        if each["Principal"] not in known:
            raise ServiceError("InvalidParameterValueException", f"Principal ARN {each['Principal']} is not found")
        after.setdefault(each["Principal"], set()).update(each["Actions"])
    for principal, actions in after.items():
        if frozenset(actions) not in _ALLOWED[kind]:
            text = f"ResourcePermission list contains unsupported permission sets {sorted(actions)} of {principal} for this resource"
            raise ServiceError("InvalidParameterValueException", text)
    return {principal: sorted(actions) for principal, actions in after.items()}


def shown(permissions):
    """Permissions as the API lists them."""
    return [{"Principal": principal, "Actions": actions} for principal, actions in sorted(permissions.items())]
