"""What Athena asks of IAM: the workgroup for each of its own actions, and the caller's rights on what a query reads and writes."""

from localcloud.athena.errors import QueryError
from localcloud.iam import gate, objects
from localcloud.iam.questions import Question

_VIA = "athena.amazonaws.com"


def asks(call, engine):
    """The Questions of an action that names its workgroup, or something in one; None for all others."""
    params, action = call.params, f"athena:{call.operation}"
    groups = []
    if call.operation in _BY_EXECUTION:
        identities = params.get("QueryExecutionIds") or [params.get("QueryExecutionId")]
        found = [engine.executions.find(identity) for identity in identities]
        groups = [known[0]["WorkGroup"] if known else "*" for known in found]
    elif call.operation in _BY_NAMED_QUERY:
        identities = params.get("NamedQueryIds") or [params.get("NamedQueryId")]
        groups = [engine.named.documents.items.get(identity, {}).get("WorkGroup", "*") for identity in identities]
    elif call.operation in _BY_WORKGROUP:
        groups = [params.get("WorkGroup") or "primary"]
    return [Question(action, call.arn(f"workgroup/{group}")) for group in dict.fromkeys(groups)] or None


_BY_EXECUTION = frozenset(
    {
        "GetQueryExecution",
        "BatchGetQueryExecution",
        "StopQueryExecution",
        "GetQueryResults",
        "GetQueryRuntimeStatistics",
    }
)
_BY_NAMED_QUERY = frozenset({"GetNamedQuery", "BatchGetNamedQuery", "UpdateNamedQuery", "DeleteNamedQuery"})
_BY_WORKGROUP = frozenset(
    {
        "GetWorkGroup",
        "UpdateWorkGroup",
        "DeleteWorkGroup",
        "StartQueryExecution",
        "ListQueryExecutions",
        "CreateNamedQuery",
        "ListNamedQueries",
        "CreatePreparedStatement",
        "GetPreparedStatement",
        "ListPreparedStatements",
        "UpdatePreparedStatement",
        "DeletePreparedStatement",
        "BatchGetPreparedStatement",
    }
)


class Permissions:
    """What one caller may do, asked in this process: files are read from disk, after S3 would have allowed it."""

    def __init__(self, access_key, account, region):
        self.access_key, self.account, self.region = access_key, account, region

    def _refused(self, asked, service):
        return gate.refusals(self.access_key, asked, service, self.account, self.region, _VIA, stop=True)

    def read_objects(self, uris):
        """QueryError unless the caller may read all of these s3:// objects, and use the keys they are encrypted with."""
        from ministack.core.responses import request_scope

        asked = []
        with request_scope(self.account, self.region):
            for uri in uris:
                bucket, _, key = uri.removeprefix("s3://").partition("/")
                arn = f"arn:aws:s3:::{bucket}/{key}"
                asked += [Question("s3:GetObject", arn), *objects.using("kms:Decrypt", objects.stored_key(bucket, key), arn)]
        refused = self._refused(asked, "s3") if asked else []
        if refused:
            raise denied(refused[0])

    def use_database(self, database):
        """QueryError unless the caller may see the database that a table is in."""
        start = f"arn:aws:glue:{self.region}:{self.account}:"
        asked = [Question("glue:GetDatabase", start + rest) for rest in ("catalog", f"database/{database}")]
        refused = self._refused(asked, "glue")
        if refused:
            raise QueryError("PERMISSION_DENIED", f"Insufficient permissions to execute the query. {refused[0]}")

    def write_results(self, location):
        """QueryError unless the caller may ask where the bucket of the results is."""
        bucket = location.removeprefix("s3://").partition("/")[0]
        refused = self._refused([Question("s3:GetBucketLocation", f"arn:aws:s3:::{bucket}")], "s3")
        if refused:
            raise output_denied(location, refused[0])


def denied(why):
    return QueryError("PERMISSION_DENIED", f"Access denied when reading from S3: {why}")


def output_denied(location, why):
    return QueryError(
        "PERMISSION_DENIED",
        f"Access denied when writing output to url: {location} . Please ensure you are allowed to access the S3 bucket. "
        f"If you are encrypting query results with KMS key, please ensure you are allowed to access your KMS key. {why}",
    )
