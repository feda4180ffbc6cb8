"""Athena's API: one method per action. The work is in the modules beside this one."""

import hashlib
import json

from localcloud.athena import duck, metadata, permissions, requests, results
from localcloud.athena.ddl import statements
from localcloud.athena.errors import QueryError, SyntaxProblem
from localcloud.athena.executions import Executions
from localcloud.athena.requests import invalid, paged
from localcloud.athena.saved import NamedQueries, PreparedStatements
from localcloud.athena.store import Documents, Journal
from localcloud.athena.workgroups import WorkGroups, check_result_configuration, effective
from localcloud.engine import Engine, ServiceError, method_name


class Athena(Engine):
    """Athena of one account over the local cloud's S3 and Glue."""

    service, target_prefix, owns_service = "athena", "AmazonAthena", True

    def __init__(self, settings):
        super().__init__(settings)
        folder = settings.state_dir / "athena"
        scratch = folder / "scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        for left in scratch.iterdir():
            if left.is_file():
                left.unlink()  # copies of a process that was killed
        settings.s3_dir.mkdir(parents=True, exist_ok=True)
        self.workgroups = WorkGroups(Documents(folder / "workgroups.json"))
        self.named = NamedQueries(Documents(folder / "named_queries.json"))
        self.prepared = PreparedStatements(Documents(folder / "prepared_statements.json"))
        self.connection = duck.connect([settings.s3_dir], scratch)
        self.executions = Executions(
            self.client, self.client_as, self.connection, settings, scratch, Journal(folder / "executions.jsonl"), self.prepared
        )

    def stop(self):
        self.executions.close()
        self.connection.close()

    def can(self, action):
        return action in _ACTIONS and super().can(action)

    def asks(self, call):
        return permissions.asks(call, self)

    def handle(self, request):
        if self.can(request.action):
            try:
                requests.check(request.action, request.body)
            except requests.ServiceError as error:
                return error.status, {"__type": error.code, "message": error.message, "Message": error.message, **error.members}
        return super().handle(request)

    # --- workgroups

    def create_work_group(self, request):
        self.workgroups.create(request.body)

    def get_work_group(self, request):
        group = self.workgroups.get(request.body["WorkGroup"])
        return {"WorkGroup": {key: value for key, value in group.items() if key != "Tags"}}

    def list_work_groups(self, request):
        return self.workgroups.list(request.body)

    def update_work_group(self, request):
        self.workgroups.update(request.body)

    def delete_work_group(self, request):
        name, recursive = request.body["WorkGroup"], request.body.get("RecursiveDeleteOption", False)
        held = [*self.named.of(name), *self.prepared.of(name)]
        self.workgroups.delete(name, held, recursive)
        self.named.forget(name)
        self.prepared.forget(name)

    def list_engine_versions(self, request):
        version = {"SelectedEngineVersion": "Athena engine version 3", "EffectiveEngineVersion": "Athena engine version 3"}
        return {"EngineVersions": [{"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}, version]}

    def tag_resource(self, request):
        self.workgroups.tag(request.body["ResourceARN"], request.body["Tags"])

    def untag_resource(self, request):
        self.workgroups.untag(request.body["ResourceARN"], request.body["TagKeys"])

    def list_tags_for_resource(self, request):
        chosen, token = paged(self.workgroups.tags(request.body["ResourceARN"]), request.body, 75, key=lambda tag: tag["Key"])
        return {"Tags": chosen, **({"NextToken": token} if token else {})}

    # --- named queries and prepared statements

    def create_named_query(self, request):
        workgroup = request.body.get("WorkGroup") or "primary"
        self.workgroups.get(workgroup)
        return {"NamedQueryId": self.named.create(request.body, workgroup)}

    def get_named_query(self, request):
        return {"NamedQuery": self.named.get(request.body["NamedQueryId"])}

    def batch_get_named_query(self, request):
        return self.named.batch(request.body["NamedQueryIds"])

    def list_named_queries(self, request):
        workgroup = request.body.get("WorkGroup") or "primary"
        self.workgroups.get(workgroup)
        return self.named.list(request.body, workgroup)

    def update_named_query(self, request):
        self.named.update(request.body)

    def delete_named_query(self, request):
        self.named.delete(request.body["NamedQueryId"])

    def create_prepared_statement(self, request):
        body = request.body
        self.workgroups.get(body["WorkGroup"])
        self._parse(body["QueryStatement"])
        self.prepared.put(body["WorkGroup"], body["StatementName"], body["QueryStatement"], body.get("Description"))

    def get_prepared_statement(self, request):
        return {"PreparedStatement": self.prepared.get(request.body["WorkGroup"], request.body["StatementName"])}

    def list_prepared_statements(self, request):
        self.workgroups.get(request.body["WorkGroup"])
        return self.prepared.list(request.body)

    def update_prepared_statement(self, request):
        body = request.body
        self._parse(body["QueryStatement"])
        self.prepared.put(body["WorkGroup"], body["StatementName"], body["QueryStatement"], body.get("Description"), create=False)

    def delete_prepared_statement(self, request):
        self.prepared.delete(request.body["WorkGroup"], request.body["StatementName"])

    def batch_get_prepared_statement(self, request):
        return self.prepared.batch(request.body["WorkGroup"], request.body["PreparedStatementNames"])

    # --- data catalogs

    def list_data_catalogs(self, request):
        return metadata.catalogs()

    def get_data_catalog(self, request):
        return metadata.catalog(request.body["Name"], self.settings.account)

    def list_databases(self, request):
        return metadata.databases(self.client_as("glue", request.access_key, request.region), request.body)

    def get_database(self, request):
        return metadata.database(self.client_as("glue", request.access_key, request.region), request.body)

    def list_table_metadata(self, request):
        return metadata.tables(self.client_as("glue", request.access_key, request.region), request.body)

    def get_table_metadata(self, request):
        return metadata.table(self.client_as("glue", request.access_key, request.region), request.body)

    # --- queries

    def _parse(self, text):
        try:
            return statements.parse(text)
        except SyntaxProblem as problem:
            raise invalid(str(problem), "MALFORMED_QUERY") from problem
        except QueryError as problem:
            raise invalid(str(problem), "MALFORMED_QUERY") from problem

    def start_query_execution(self, request):
        body = request.body
        name = body.get("WorkGroup") or "primary"
        group = self.workgroups.get(name)
        if group["State"] != "ENABLED":
            raise invalid(f"WorkGroup {name} is disabled.")
        check_result_configuration(body.get("ResultConfiguration") or {})
        result = effective(group, body.get("ResultConfiguration"))
        if not result.get("OutputLocation"):
            raise invalid(
                "No output location provided. An output location is required either through the Workgroup "
                "result configuration setting or as an API input."
            )
        statement, parameters = self._bound(self._parse(body["QueryString"]), name, body.get("ExecutionParameters") or [])
        context = body.get("QueryExecutionContext") or {}
        self._check_catalog(context)
        document = {
            "Query": body["QueryString"],
            "StatementType": statement.type,
            "SubstatementType": statement.substatement,
            "ResultConfiguration": dict(result),
            "QueryExecutionContext": {key.capitalize(): value.lower() for key, value in context.items()},
            "WorkGroup": name,
            "EngineVersion": group["Configuration"]["EngineVersion"],
        }
        if body.get("ExecutionParameters"):
            document["ExecutionParameters"] = body["ExecutionParameters"]
        reuse = (body.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration") or {}
        if body.get("ResultReuseConfiguration"):
            document["ResultReuseConfiguration"] = body["ResultReuseConfiguration"]
        minutes = reuse.get("MaxAgeInMinutes", 60) if reuse.get("Enabled") else None
        database = (context.get("Database") or "default").lower()
        fingerprint = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        cutoff = group["Configuration"].get("BytesScannedCutoffPerQuery")
        identity = self.executions.start(
            statement,
            document,
            database,
            parameters,
            cutoff,
            request.access_key,
            request.region,
            body.get("ClientRequestToken"),
            fingerprint,
            minutes,
        )
        if identity is None:
            raise invalid("Idempotent parameters do not match")
        return {"QueryExecutionId": identity}

    def _check_catalog(self, context):
        catalog = context.get("Catalog") or metadata.CATALOG
        if catalog.lower() != metadata.CATALOG.lower():
            raise invalid(f"DataCatalog {catalog} was not found; the local cloud has {metadata.CATALOG}")

    def _bound(self, statement, workgroup, parameters):
        """(Statement to run, its parameters): EXECUTE becomes the statement it names."""
        if statement.kind != "execute":
            return statement, parameters
        held = self.prepared.find(workgroup, statement.parts["name"])
        if held is None:
            raise invalid(f"PreparedStatement {statement.parts['name']} was not found in workGroup {workgroup}")
        return self._parse(held["QueryStatement"]), statement.parts["parameters"] or parameters

    def _known(self, identity):
        found = self.executions.find(identity)
        if found is None:
            raise invalid(f"QueryExecution {identity} was not found", "INVALID_QUERY_EXECUTION_ID")
        return found

    def get_query_execution(self, request):
        document, _ = self._known(request.body["QueryExecutionId"])
        return {"QueryExecution": document}

    def batch_get_query_execution(self, request):
        found, missing = [], []
        for identity in request.body["QueryExecutionIds"]:
            known = self.executions.find(identity)
            if known:
                found.append(known[0])
            else:
                missing.append(
                    {
                        "QueryExecutionId": identity,
                        "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                        "ErrorMessage": f"QueryExecution {identity} was not found",
                    }
                )
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def list_query_executions(self, request):
        workgroup = request.body.get("WorkGroup") or "primary"
        self.workgroups.get(workgroup)
        chosen, token = paged(self.executions.ids(workgroup), request.body, 50)
        return {"QueryExecutionIds": chosen, **({"NextToken": token} if token else {})}

    def stop_query_execution(self, request):
        self._known(request.body["QueryExecutionId"])
        self.executions.stop(request.body["QueryExecutionId"])

    def get_query_results(self, request):
        body = request.body
        document, _ = self._known(body["QueryExecutionId"])
        state = document["Status"]["State"]
        if state in ("QUEUED", "RUNNING"):
            raise invalid(f"Query has not yet finished. Current state: {state}", "INVALID_QUERY_EXECUTION_STATE")
        if state != "SUCCEEDED":
            raise invalid(f"Query did not finish successfully. Final query state: {state}", "INVALID_QUERY_EXECUTION_STATE")
        self._check_result(request, document["ResultConfiguration"]["OutputLocation"])
        shown, columns, header = self.executions.result(body["QueryExecutionId"])
        start = self._offset(body)
        rows, following = results.page(shown, [column["Name"] for column in columns], header, start, body.get("MaxResults") or 1000)
        answer = {"ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": columns}}, "UpdateCount": 0}
        if following is not None:
            answer["NextToken"] = f"{body['QueryExecutionId']}:{following}"
        return answer

    def _check_result(self, request, location):
        """Who reads results needs the right to read their file."""
        try:
            permissions.Permissions(request.access_key, request.account, request.region).read_objects([location])
        except QueryError as refused:
            raise ServiceError("AccessDeniedException", refused.detail) from refused

    def _offset(self, body):
        token = body.get("NextToken")
        if not token:
            return 0
        identity, _, offset = token.partition(":")
        if identity != body["QueryExecutionId"] or not offset.isdigit():
            raise invalid(f"Invalid nextToken: {token}")
        return int(offset)

    def get_query_runtime_statistics(self, request):
        identity = request.body["QueryExecutionId"]
        document, live = self._known(identity)
        statistics = document["Statistics"]
        item = (
            {"rows": live.rows, "read_rows": live.read_rows, "output_bytes": live.output_bytes}
            if live
            else self.executions.journal.items[identity]
        )
        timeline = {key: value for key, value in statistics.items() if key.endswith("InMillis")}
        rows = {
            "InputRows": item["read_rows"],
            "InputBytes": statistics.get("DataScannedInBytes", 0),
            "OutputBytes": item["output_bytes"],
            "OutputRows": item["rows"],
        }
        return {"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows}}


_ACTIONS = frozenset(
    """
    CreateWorkGroup GetWorkGroup ListWorkGroups UpdateWorkGroup DeleteWorkGroup ListEngineVersions TagResource UntagResource
    ListTagsForResource CreateNamedQuery GetNamedQuery BatchGetNamedQuery ListNamedQueries UpdateNamedQuery DeleteNamedQuery
    CreatePreparedStatement GetPreparedStatement ListPreparedStatements UpdatePreparedStatement DeletePreparedStatement
    BatchGetPreparedStatement ListDataCatalogs GetDataCatalog ListDatabases GetDatabase ListTableMetadata GetTableMetadata
    StartQueryExecution GetQueryExecution BatchGetQueryExecution ListQueryExecutions StopQueryExecution GetQueryResults
    GetQueryRuntimeStatistics
    """.split()  # noqa: SIM905 - lines of words are easier to read and to keep
)
assert all(method_name(action) in vars(Athena) for action in _ACTIONS)  # noqa: S101 - a wrong name here is a bug of ours, found at import
