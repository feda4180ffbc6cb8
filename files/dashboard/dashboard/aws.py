"""The one file that knows boto3: AWS's services as the dashboard needs them, in plain values."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from dashboard import values

NO_CREDENTIALS = {  # AWS's codes and botocore's classes for credentials that are missing, expired or unknown
    "CredentialRetrievalError",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "NoCredentialsError",
    "PartialCredentialsError",
    "RequestExpired",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
}
NO_QUEUE = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
NEW_SESSION_SECONDS = 5  # at least, between two looks for other credentials
PAGE = 1000  # what GetQueryResults and ListObjectsV2 give at once, at most


class AwsError(Exception):
    """A call that AWS refused or that did not reach it; `code` is AWS's error code or botocore's class."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True)
class Execution:
    """A query execution's state now; bytes and milliseconds as Athena counts them."""

    state: str
    reason: str
    scanned: int = 0
    engine_ms: int = 0
    reused: bool = False
    ddl: bool = False


@dataclass(frozen=True)
class Table:
    """A result: column names, their Athena types, typed rows, and whether rows were left out."""

    columns: tuple
    types: tuple
    rows: tuple
    cut: bool


@dataclass(frozen=True)
class StoredObject:
    """An object of a listing."""

    key: str
    modified: datetime
    size: int


@dataclass(frozen=True)
class Alarm:
    """An alarm that is in the state ALARM; `since` is when it came there."""

    name: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class Run:
    """The last run of a Glue job or crawler, in AWS's words; `at` is its end, or its start where it has none yet."""

    state: str
    reason: str
    at: datetime | None


class Aws:
    """Calls to one region; every method raises AwsError. Safe to share between threads.

    Throttling and faults of the network are tried again by botocore, with growing waits. botocore looks for credentials
    once, when a session's first client is made; that is done at the first call, so that the process starts whether there
    are any or not. After a failure for lack of good ones a later call gets a new session, and the dashboard heals when an
    instance's role or a file has them again.
    """

    def __init__(self, region, endpoint_url=None):
        self._region, self._endpoint_url = region, endpoint_url
        self._config = ClientConfig(
            connect_timeout=5,
            read_timeout=30,
            max_pool_connections=64,
            retries={"mode": "standard", "max_attempts": 3},
            s3={"addressing_style": "path"} if endpoint_url else None,
        )
        self._lock = threading.Lock()
        self._session, self._clients, self._failure = None, {}, None
        self._connected_at = float("-inf")

    @property
    def _athena(self):
        return self._client("athena")

    @property
    def _s3(self):
        return self._client("s3")

    def _client(self, service):
        """A client of the session that there is now; raises what botocore raised when there was none to be had."""
        found = self._clients.get(service)
        if found is not None:
            return found
        with self._lock:
            if not self._clients:
                self._connect()
            if service not in self._clients:
                self._clients[service] = self._made(service)
            return self._clients[service]

    def _made(self, service):
        """A new client; only under the lock, since clients are thread-safe and making them is not."""
        return self._session.client(service, endpoint_url=self._endpoint_url, config=self._config)

    def _connect(self):
        """Make a session with the clients that every page needs; the others are made when they are asked for.

        To look in vain may take seconds: who waited for that gets its failure, instead of looking once more.
        """
        if self._failure and time.monotonic() - self._connected_at < NEW_SESSION_SECONDS:
            raise self._failure
        try:
            self._session = boto3.session.Session(region_name=self._region)
            self._clients = {service: self._made(service) for service in ("athena", "s3")}
            self._failure = None
        except BotoCoreError as error:
            self._failure = error
            raise
        finally:
            self._connected_at = time.monotonic()

    @contextmanager
    def _errors(self):
        """Turn what botocore raises into AwsError, and look for other credentials where these are no good."""
        try:
            yield
        except ClientError as error:
            details = error.response.get("Error", {})
            raise self._told(details.get("Code", "Unknown"), details.get("Message", str(error))) from error
        except BotoCoreError as error:
            raise self._told(type(error).__name__, str(error)) from error
        except RuntimeError as error:
            if "refresh" not in str(error):  # how botocore says that refreshed credentials had already expired
                raise
            raise self._told("CredentialRetrievalError", str(error)) from error

    def _told(self, code, message):
        if code not in NO_CREDENTIALS:
            return AwsError(code, message)
        with self._lock:
            if time.monotonic() - self._connected_at > NEW_SESSION_SECONDS:
                self._clients = {}
        hint = "The dashboard has no good AWS credentials now; it looks again every few seconds."
        return AwsError(code, f"{message} — {hint}")

    def start_query(self, sql, literals, workgroup, database):
        """Start a query; returns its execution id. `literals`: one SQL literal for each `?`."""
        request = {"QueryString": sql, "WorkGroup": workgroup, "QueryExecutionContext": {"Database": database}}
        if literals:
            request["ExecutionParameters"] = list(literals)
        with self._errors():
            return self._athena.start_query_execution(**request)["QueryExecutionId"]

    def execution(self, execution_id):
        """The Execution as it stands."""
        with self._errors():
            found = self._athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
        status, statistics = found["Status"], found.get("Statistics", {})
        return Execution(
            state=status["State"],
            reason=status.get("StateChangeReason") or status.get("AthenaError", {}).get("ErrorMessage", ""),
            scanned=statistics.get("DataScannedInBytes", 0),
            engine_ms=statistics.get("EngineExecutionTimeInMillis", 0),
            reused=statistics.get("ResultReuseInformation", {}).get("ReusedPreviousResult", False),
            ddl=found.get("StatementType") == "DDL",
        )

    def stop_query(self, execution_id):
        """Ask Athena to cancel a query."""
        with self._errors():
            self._athena.stop_query_execution(QueryExecutionId=execution_id)

    def results(self, execution_id, limit):
        """The first `limit` rows of a finished query, as a Table."""
        raw, token, columns, types = [], None, (), ()
        while True:
            request = {"QueryExecutionId": execution_id, "MaxResults": min(PAGE, limit + 2 - len(raw))}
            with self._errors():
                page = self._athena.get_query_results(**request, **({"NextToken": token} if token else {}))
            rows = [[_text(cell.get("VarCharValue")) for cell in row.get("Data", [])] for row in page["ResultSet"].get("Rows", [])]
            if token is None:
                described = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
                columns, types = tuple(_text(column["Name"]) for column in described), tuple(map(_type, described))
                # The first row of a SELECT's first page is its header; other statements have none.
                rows = rows[1:] if rows and tuple(rows[0]) == columns else rows
            raw += rows
            token = page.get("NextToken")
            if not token or len(raw) > limit:
                break
        typed = tuple(tuple(values.typed(text, kind) for text, kind in zip(row, types, strict=True)) for row in raw[:limit])
        return Table(columns, types, typed, cut=len(raw) > limit)

    def workgroup_state(self, workgroup):
        """`ENABLED` or `DISABLED`."""
        with self._errors():
            return self._athena.get_work_group(WorkGroup=workgroup)["WorkGroup"].get("State", "ENABLED")

    def objects(self, bucket, prefix, limit, after=None):
        """(list of StoredObject in key order, whether there are more) below a prefix, at most `limit`; only keys after `after`."""
        found, token = [], None
        while True:
            request = {"Bucket": bucket, "Prefix": prefix, **({"StartAfter": after} if after else {})}
            request |= {"ContinuationToken": token} if token else {}
            with self._errors():
                page = self._s3.list_objects_v2(**request)
            found += [StoredObject(entry["Key"], entry["LastModified"], entry["Size"]) for entry in page.get("Contents", [])]
            token = page.get("NextContinuationToken")
            if not token or len(found) > limit:
                return found[:limit], len(found) > limit

    def folders(self, bucket, prefix):
        """Prefixes one level below a prefix, in key order, each with its `/`."""
        found, token = [], None
        while True:
            request = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/", **({"ContinuationToken": token} if token else {})}
            with self._errors():
                page = self._s3.list_objects_v2(**request)
            found += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
            token = page.get("NextContinuationToken")
            # Folders of objects without folders between them: a listing by pages would read all of those.
            if not token or not page.get("CommonPrefixes"):
                return found

    def read(self, bucket, key, limit):
        """The first `limit` bytes of an object."""
        with self._errors():
            body = self._s3.get_object(Bucket=bucket, Key=key)["Body"]
            try:
                return body.read(limit)
            finally:
                body.close()

    def open(self, bucket, key):
        """(size, iterator of bytes, function that closes it) of an object, read as it is iterated."""
        with self._errors():
            found = self._s3.get_object(Bucket=bucket, Key=key)
        return found["ContentLength"], found["Body"].iter_chunks(1 << 16), found["Body"].close

    def messages(self, queue):
        """How many messages a queue has, those that somebody is at work on included; None where there is no such queue."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        try:
            with self._errors():
                url = self._client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
                found = self._client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        except AwsError as error:
            if error.code in NO_QUEUE:
                return None
            raise
        return sum(int(found.get(name, 0)) for name in names)

    def alarms(self, prefix):
        """The Alarms in the state ALARM whose names begin with a prefix, by name."""
        found, token = [], None
        while True:
            request = {"AlarmNamePrefix": prefix, "StateValue": "ALARM", **({"NextToken": token} if token else {})}
            with self._errors():
                page = self._client("cloudwatch").describe_alarms(**request)
            for each in page.get("MetricAlarms", []):
                found.append(Alarm(each["AlarmName"], each.get("StateReason", ""), each["StateUpdatedTimestamp"]))
            token = page.get("NextToken")
            if not token:
                return sorted(found, key=lambda alarm: alarm.name)

    def last_crawl(self, crawler):
        """The last Run of a crawler; None where it never ran or is not there."""
        try:
            with self._errors():
                found = self._client("glue").get_crawler(Name=crawler)["Crawler"].get("LastCrawl")
        except AwsError as error:
            if error.code == "EntityNotFoundException":
                return None
            raise
        return found and Run(found.get("Status", ""), found.get("ErrorMessage", ""), found.get("StartTime"))

    def last_job_run(self, job):
        """The last Run of a Glue job; None where it never ran or is not there."""
        try:
            with self._errors():
                found = self._client("glue").get_job_runs(JobName=job, MaxResults=1)["JobRuns"]
        except AwsError as error:
            if error.code == "EntityNotFoundException":
                return None
            raise
        return (
            Run(found[0]["JobRunState"], found[0].get("ErrorMessage", ""), found[0].get("CompletedOn") or found[0].get("StartedOn"))
            if found
            else None
        )

    def put_metric(self, namespace, name, dimensions, value, at):
        """Give CloudWatch one number. `dimensions`: {name: value}; `at`: a datetime."""
        told = [{"Name": key, "Value": text} for key, text in dimensions.items()]
        data = {"MetricName": name, "Dimensions": told, "Timestamp": at, "Value": value}
        with self._errors():
            self._client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[data])


def _text(text):
    """Text that UTF-8 can write: JSON may carry lone surrogates, which it cannot."""
    return text if text is None else text.encode("utf-8", "replace").decode("utf-8")


def _type(column):
    """A column's Athena type: `decimal(12,2)`, `bigint`, `varchar` …"""
    if column["Type"] == "decimal":
        return f"decimal({column.get('Precision', 38)},{column.get('Scale', 0)})"
    return column["Type"]
