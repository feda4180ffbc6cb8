"""Query executions: their states, their worker pool, their result files."""

import hashlib
import json
import threading
import time
import traceback
import uuid
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from botocore.exceptions import ClientError

from localcloud.athena import catalog, query, results, storage
from localcloud.athena.ddl.run import Runner
from localcloud.athena.errors import CutoffExceeded, QueryError
from localcloud.athena.permissions import Permissions, output_denied
from localcloud.athena.sql import types as t
from localcloud.engine import ServiceError

_WORKERS = 20  # Athena's default quota of active DML queries in most regions
_KEPT_BYTES = 64 << 20  # of results held in memory, so that paging need not read the file each time


@dataclass
class Execution:
    """One query execution; `document` is what GetQueryExecution shows, `columns` the result's ColumnInfo."""

    document: dict
    statement: object
    parameters: list
    database: str
    cutoff: int | None = None
    access_key: str = ""  # the caller's, with whose rights it runs
    region: str = ""  # whose catalog it asks
    reuse: int | None = None  # minutes that an earlier result may be old
    token: str | None = None
    fingerprint: str | None = None
    columns: list = field(default_factory=list)
    header: bool = True
    rows: int = 0
    read_rows: int = 0
    output_bytes: int = 0
    cursor: object = None
    stopped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def id(self):
        return self.document["QueryExecutionId"]

    @property
    def status(self):
        return self.document["Status"]

    @property
    def done(self):
        return self.status["State"] in ("SUCCEEDED", "FAILED", "CANCELLED")


class Executions:
    """Runs statements. `clients(service)` gives boto3 clients, `clients_as(service, access_key, region)` those of a caller;
    `journal` keeps finished executions."""

    def __init__(self, clients, clients_as, connection, settings, scratch, journal, prepared):
        self.clients_as = clients_as
        self.clients, self.connection, self.settings, self.scratch, self.journal = clients, connection, settings, scratch, journal
        self.pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="athena")
        self.prepared = prepared
        self.lock, self.live, self.tokens, self.kept = threading.Lock(), {}, {}, OrderedDict()
        self._kept_bytes = 0
        for item in journal.items.values():
            if item.get("token"):
                self.tokens[item["token"]] = (item["id"], item["fingerprint"])

    # --- starting and stopping

    def start(
        self, statement, document, database, parameters, cutoff, access_key, region, token=None, fingerprint=None, reuse_minutes=None
    ):
        """Queue a statement; returns its id. The same token and request give the same id again."""
        with self.lock:
            if token and token in self.tokens:
                known, before = self.tokens[token]
                return known if before == fingerprint else None
            identity = document["QueryExecutionId"] = str(uuid.uuid4())
            if token:
                self.tokens[token] = (identity, fingerprint)
            document["Status"] = {"State": "QUEUED", "SubmissionDateTime": time.time()}
            document["Statistics"] = {}
            execution = Execution(
                document,
                statement,
                parameters,
                database,
                cutoff,
                access_key,
                region,
                reuse_minutes,
                token,
                fingerprint,
                header=statement.kind == "query",
            )
            extension = "csv" if statement.type == "DML" else "txt"
            location = document["ResultConfiguration"]["OutputLocation"]
            document["ResultConfiguration"]["OutputLocation"] = f"{location.rstrip('/')}/{identity}.{extension}"
            self.live[identity] = execution
        self.pool.submit(self._run, execution)
        return identity

    def find(self, identity):
        """(document, Execution or None for one of an earlier process), or None."""
        live = self.live.get(identity)
        if live is not None:
            return live.document, live
        kept = self.journal.items.get(identity)
        return (kept["document"], None) if kept else None

    def ids(self, workgroup):
        """Ids of a workgroup, newest first."""
        known = {identity: item["document"] for identity, item in list(self.journal.items.items())}
        known.update({identity: execution.document for identity, execution in list(self.live.items())})
        mine = [document for document in known.values() if document.get("WorkGroup") == workgroup]
        mine.sort(key=lambda document: document["Status"]["SubmissionDateTime"], reverse=True)
        return [document["QueryExecutionId"] for document in mine]

    def stop(self, identity):
        execution = self.live.get(identity)
        if execution is None or execution.done:
            return
        execution.stopped = True
        threading.Thread(target=self._interrupt, args=(execution,), daemon=True).start()

    def _interrupt(self, execution):
        """Again and again, since an interrupt between two of a query's steps is lost."""
        while not execution.done:
            with execution.lock:
                if execution.cursor is not None:
                    execution.cursor.interrupt()
            time.sleep(0.02)

    def close(self):
        """Abandon what runs."""
        for identity in list(self.live):
            self.stop(identity)
        self.pool.shutdown(wait=True, cancel_futures=True)

    # --- running

    def _run(self, execution):
        started = time.time()
        status, statistics = execution.status, execution.document["Statistics"]
        statistics["QueryQueueTimeInMillis"] = _millis(started - status["SubmissionDateTime"])
        try:
            if execution.stopped:
                raise query.Stopped
            status["State"] = "RUNNING"
            self._work(execution)
            final = {"State": "SUCCEEDED"}
        except query.Stopped:
            final = {"State": "CANCELLED", "StateChangeReason": "Query cancelled by user"}
        except CutoffExceeded as error:
            final = {"State": "CANCELLED", "StateChangeReason": str(error)}
        except QueryError as error:
            final = {"State": "FAILED", "StateChangeReason": str(error), "AthenaError": error.athena_error}
        except Exception as error:  # the boundary of the worker: a bug of ours must show as a failed query, with its traceback in the log
            traceback.print_exc()
            failed = QueryError("GENERIC_INTERNAL_ERROR", f"{type(error).__name__}: {error}")
            final = {"State": "FAILED", "StateChangeReason": str(failed), "AthenaError": failed.athena_error}
        finished = time.time()
        statistics.setdefault("DataScannedInBytes", 0)
        statistics.setdefault("EngineExecutionTimeInMillis", _millis(finished - started))
        statistics["TotalExecutionTimeInMillis"] = _millis(finished - status["SubmissionDateTime"])
        known = (
            statistics["QueryQueueTimeInMillis"]
            + statistics["EngineExecutionTimeInMillis"]
            + statistics.get("ServicePreProcessingTimeInMillis", 0)
        )
        statistics["ServiceProcessingTimeInMillis"] = max(0, statistics["TotalExecutionTimeInMillis"] - known)
        statistics.setdefault("ResultReuseInformation", {"ReusedPreviousResult": False})
        completed = {"SubmissionDateTime": status["SubmissionDateTime"], "CompletionDateTime": finished, **final}
        # one assignment, so that nobody sees SUCCEEDED without its completion time
        execution.document["Status"] = completed
        self.journal.write(
            {
                "id": execution.id,
                "document": execution.document,
                "columns": execution.columns,
                "header": execution.header,
                "rows": execution.rows,
                "read_rows": execution.read_rows,
                "output_bytes": execution.output_bytes,
                "token": execution.token,
                "fingerprint": execution.fingerprint,
                "reuse_key": self._reuse_key(execution),
            }
        )

    def _work(self, execution):
        self._check_output(execution)
        if execution.statement.kind == "unsupported":
            raise QueryError("NOT_SUPPORTED", f"{execution.statement.parts['what']} is not in the local cloud; see docs/local-cloud.md")
        now = datetime.now(UTC)
        glue = self.clients_as("glue", execution.access_key, execution.region)
        names = catalog.Catalog(glue, self._permissions(execution))
        if execution.statement.kind == "query":
            if execution.reuse is not None and self._reuse(execution):
                return
            shown, columns = self._select(execution, names, now)
        elif execution.statement.kind in ("prepare", "deallocate"):
            self._prepare(execution)
            shown, columns = pa.table({}), []
        else:
            runner = Runner(glue, self.clients_as("s3", execution.access_key, execution.region), names, execution.database, now)
            lines = runner.run(execution.statement)
            shown, columns = _utility(execution.statement, lines)
        execution.rows = shown.num_rows
        self._write(execution, shown, columns)
        self._keep(execution.id, shown)

    def _prepare(self, execution):
        parts, workgroup = execution.statement.parts, execution.document["WorkGroup"]
        try:
            if execution.statement.kind == "prepare":
                self.prepared.put(workgroup, parts["name"], parts["query"])
            else:
                self.prepared.delete(workgroup, parts["name"])
        except ServiceError as error:
            raise QueryError("INVALID_PREPARED_STATEMENT", error.message) from error

    def _select(self, execution, names, now):
        cursor = self.connection.cursor()
        s3, root = self.clients_as("s3", execution.access_key, execution.region), self.settings.s3_dir / self.settings.account
        files = storage.Storage(s3, root, self.scratch, self._permissions(execution))
        with execution.lock:
            execution.cursor = cursor
        statistics, begun = execution.document["Statistics"], time.time()
        try:
            context = query.Context(cursor, names, files, execution.cutoff, lambda: execution.stopped)
            answer = query.run(execution.statement.parts["query"], context, execution.database, now, execution.parameters)
        finally:
            with execution.lock:
                execution.cursor = None
            cursor.close()
            files.close()
        statistics["EngineExecutionTimeInMillis"] = _millis(time.time() - begun)
        statistics["DataScannedInBytes"] = answer.scanned_bytes
        execution.read_rows = answer.scanned_rows
        if execution.stopped:
            raise query.Stopped
        return results.texts(answer.table, answer.columns), [results.column_info(name, kind) for name, kind, _ in answer.columns]

    # --- results

    def _check_output(self, execution):
        """Fail before the work where the result could not be written."""
        bucket, _ = storage.split(execution.document["ResultConfiguration"]["OutputLocation"])
        owner = execution.document["ResultConfiguration"].get("ExpectedBucketOwner")
        if owner and owner != self.settings.account:
            raise QueryError("ACCESS_DENIED", f"Access denied when writing output to url: s3://{bucket}/ (it is not owned by {owner})")
        self._permissions(execution).write_results(execution.document["ResultConfiguration"]["OutputLocation"])

    def _permissions(self, execution):
        return Permissions(execution.access_key, self.settings.account, execution.region)

    def _write(self, execution, shown, columns):
        names = [column["Name"] for column in columns]
        execution.columns = columns
        if execution.statement.type == "DML":
            body = results.to_csv(shown, names)
        else:
            body = "".join(line + "\n" for line in shown.column(0).to_pylist()).encode() if shown.num_columns else b""
        execution.output_bytes = len(body)
        configuration = execution.document["ResultConfiguration"]
        bucket, key = storage.split(configuration["OutputLocation"])
        options = {}
        encryption = configuration.get("EncryptionConfiguration") or {}
        if encryption.get("EncryptionOption") == "SSE_KMS":
            options = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": encryption["KmsKey"]}
        elif encryption.get("EncryptionOption") == "SSE_S3":
            options = {"ServerSideEncryption": "AES256"}
        if configuration.get("AclConfiguration"):
            options["ACL"] = "bucket-owner-full-control"
        s3 = self.clients_as("s3", execution.access_key, execution.region)
        try:
            s3.put_object(
                Bucket=bucket, Key=key, Body=body, ContentType="text/csv" if key.endswith(".csv") else "application/octet-stream", **options
            )
            s3.put_object(
                Bucket=bucket,
                Key=f"{key}.metadata",
                Body=json.dumps({"columns": columns}).encode(),
                ContentType="application/octet-stream",
                **options,
            )
        except ClientError as error:
            reason = error.response["Error"]
            if reason.get("Code") in ("AccessDenied", "AccessDeniedException"):
                raise output_denied(configuration["OutputLocation"], reason.get("Message", "")) from error
            raise QueryError(
                "GENERIC_USER_ERROR", f"Unable to verify/create output bucket {bucket}: {reason.get('Code')} {reason.get('Message', '')}"
            ) from error

    def _keep(self, identity, shown):
        with self.lock:
            self.kept[identity] = shown
            self._kept_bytes += shown.nbytes
            while self._kept_bytes > _KEPT_BYTES and len(self.kept) > 1:
                _, dropped = self.kept.popitem(last=False)
                self._kept_bytes -= dropped.nbytes

    def result(self, identity):
        """(texts, ColumnInfo, has a header row) of a succeeded execution."""
        live = self.live.get(identity)
        document, columns, header = (
            (live.document, live.columns, live.header)
            if live
            else (lambda item: (item["document"], item["columns"], item["header"]))(self.journal.items[identity])
        )
        with self.lock:
            shown = self.kept.get(identity)
        if shown is None:
            bucket, key = storage.split(document["ResultConfiguration"]["OutputLocation"])
            data = self.clients("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
            if key.endswith(".csv"):
                shown = results.from_csv(data, len(columns))
            else:
                shown = pa.table({"c0": pa.array(data.decode().splitlines(), pa.string())}) if columns else pa.table({})
            self._keep(identity, shown)
        return shown, columns, header

    # --- reuse

    def _reuse_key(self, execution):
        parts = [execution.document["Query"], execution.parameters, execution.database, execution.document["WorkGroup"]]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _reuse(self, execution):
        """Answer from the last result of the same query that is young enough; False if there is none."""
        key, oldest = self._reuse_key(execution), time.time() - execution.reuse * 60
        candidates = [
            item
            for item in list(self.journal.items.values())
            if item.get("reuse_key") == key and item["document"]["Status"]["State"] == "SUCCEEDED"
        ]
        candidates = [
            item
            for item in candidates
            if item["document"]["Status"]["CompletionDateTime"] >= oldest
            and not item["document"]["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
        ]
        for item in sorted(candidates, key=lambda item: item["document"]["Status"]["CompletionDateTime"], reverse=True):
            try:
                shown, columns, _ = self.result(item["id"])
            except ClientError:
                continue  # its file is gone: run the query
            location = item["document"]["ResultConfiguration"]["OutputLocation"]
            self._permissions(execution).read_objects([location])
            execution.document["ResultConfiguration"]["OutputLocation"] = location
            execution.document["Statistics"]["ResultReuseInformation"] = {"ReusedPreviousResult": True}
            execution.columns, execution.rows = columns, shown.num_rows
            self._keep(execution.id, shown)
            return True
        return False


def _utility(statement, lines):
    """(texts, ColumnInfo) of a statement's lines. DESCRIBE's three columns are tabs in one, as in Athena's file."""
    names = {
        "show_databases": "database_name",
        "show_tables": "tab_name",
        "show_views": "views",
        "show_columns": "field",
        "show_partitions": "partition",
        "show_create_table": "createtab_stmt",
        "show_create_view": "Create View",
        "describe": "col_name",
        "show_properties": "prpt_name",
        "explain": "Query Plan",
    }
    name = names.get(statement.kind)
    if name is None and not lines:
        return pa.table({}), []
    info = {**results.column_info(name or "result", t.VARCHAR), "Type": "string", "Precision": 0, "CaseSensitive": False}
    return pa.table({"c0": pa.array(lines, pa.string())}), [info]


def _millis(seconds):
    return max(0, int(seconds * 1000))
