"""Filling SPICE: the data set's query is run by Athena, with the data source's role, and its rows are counted. None are kept."""

import uuid

from botocore.exceptions import ClientError

from localcloud.engine import ServiceError, make_client
from localcloud.iam import sessions
from localcloud.quicksight.data_sources import PRINCIPAL

_STATES = {"QUEUED": "QUEUED", "RUNNING": "RUNNING", "SUCCEEDED": "COMPLETED", "FAILED": "FAILED", "CANCELLED": "CANCELLED"}


class Ingestions:
    """Actions of a data set's ingestions."""

    def create_ingestion(self, request):
        record, identity = self.found(request, "dataset", request.body["DataSetId"]), request.body["IngestionId"]
        if record["shown"]["ImportMode"] != "SPICE":
            raise ServiceError("InvalidParameterValueException", "Ingestions are for data sets of the import mode SPICE")
        if identity in record["ingestions"]:
            raise ServiceError("ResourceExistsException", f"Ingestion {identity} already exists", 409)
        started = self._ingest(request, record, request.body.get("IngestionType", "FULL_REFRESH"), identity)
        return {"Arn": started["Arn"], "IngestionId": identity, "IngestionStatus": "INITIALIZED", "Status": 201}

    def _ingest(self, request, record, why, identity=None):
        """Start one; what Athena has against it is its error."""
        identity = identity or str(uuid.uuid4())
        arn = f"{record['shown']['Arn']}/ingestion/{identity}"
        shown = {"Arn": arn, "IngestionId": identity, "IngestionStatus": "QUEUED", "CreatedTime": self.clock()}
        record["ingestions"][identity] = found = {"shown": {**shown, "RequestSource": "MANUAL", "RequestType": why}}
        ((_, table),) = next(iter(record["shown"]["PhysicalTableMap"].values())).items()
        source = self.found(request, "datasource", table["DataSourceArn"].rpartition("/")[2])["shown"]
        parameters = source["DataSourceParameters"]["AthenaParameters"]
        try:
            found["query"] = self._athena(parameters, request.region).start_query_execution(
                QueryString=f"SELECT count(*) FROM ({_query(table)}) AS ingested",  # noqa: S608 - the data set's own query
                WorkGroup=parameters["WorkGroup"],
            )["QueryExecutionId"]
            found["parameters"] = parameters
        except (ClientError, ServiceError) as error:
            _fail(found, str(error))
        return found["shown"]

    def _athena(self, parameters, region):
        """Athena's client with the data source's role, or with the service's own rights where it has none."""
        role = parameters.get("RoleArn")
        if not role:
            return self.client("athena", region)
        made = sessions.service_session(role, PRINCIPAL, "QuickSight")
        keys = made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]
        return make_client("athena", self.settings.endpoint_url, region, self.service, keys)

    def describe_ingestion(self, request):
        record = self.found(request, "dataset", request.body["DataSetId"])
        try:
            found = record["ingestions"][request.body["IngestionId"]]
        except KeyError:
            raise ServiceError("ResourceNotFoundException", f"Ingestion {request.body['IngestionId']} is not found", 404) from None
        self._look(found, request.region)
        return {"Ingestion": found["shown"]}

    def list_ingestions(self, request):
        record = self.found(request, "dataset", request.body["DataSetId"])
        for found in record["ingestions"].values():
            self._look(found, request.region)
        newest = sorted(record["ingestions"].values(), key=lambda found: -found["shown"]["CreatedTime"])
        return {"Ingestions": [found["shown"] for found in newest]}

    def _look(self, found, region):
        """Bring an ingestion that runs up to date."""
        if found["shown"]["IngestionStatus"] not in ("QUEUED", "RUNNING"):
            return
        try:
            athena = self._athena(found["parameters"], region)
            execution = athena.get_query_execution(QueryExecutionId=found["query"])["QueryExecution"]
            found["shown"]["IngestionStatus"] = _STATES[execution["Status"]["State"]]
            if execution["Status"]["State"] == "SUCCEEDED":
                rows = athena.get_query_results(QueryExecutionId=found["query"])["ResultSet"]["Rows"]
                found["shown"]["RowInfo"] = {"RowsIngested": int(rows[1]["Data"][0]["VarCharValue"]), "RowsDropped": 0}
            if execution["Status"]["State"] == "FAILED":
                _fail(found, execution["Status"].get("StateChangeReason", "the query failed"))
        except (ClientError, ServiceError) as error:
            _fail(found, str(error))


def _fail(found, text):
    found["shown"] |= {"IngestionStatus": "FAILED", "ErrorInfo": {"Type": "SQL_EXCEPTION", "Message": text}}


def _query(table):
    if "SqlQuery" in table:
        return table["SqlQuery"]
    names = ", ".join(f'"{column["Name"]}"' for column in table["InputColumns"])
    place = ".".join(f'"{part}"' for part in (table.get("Schema"), table["Name"]) if part)
    return f"SELECT {names} FROM {place}"  # noqa: S608 - names of the data set's own
