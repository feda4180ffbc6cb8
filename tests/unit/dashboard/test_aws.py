"""The one file that knows boto3, held against botocore's own models by its Stubber."""

import io
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from boto3.session import Session
from botocore.response import StreamingBody
from botocore.stub import Stubber
from dashboard.aws import Alarm, Aws, AwsError, Run, StoredObject

QUERY = "SELECT customer, sum(amount) AS total FROM filtered_orders WHERE customer = ? GROUP BY customer"
ID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def aws(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return Aws("us-east-1", "http://127.0.0.1:9")


@pytest.fixture
def athena(aws):
    with Stubber(aws._athena) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def s3(aws):
    with Stubber(aws._s3) as stub:
        yield stub
        stub.assert_no_pending_responses()


def page(rows, token=None, columns=(("customer", "varchar", {}), ("total", "decimal", {"Precision": 38, "Scale": 2}))):
    data = [{"Data": [{} if text is None else {"VarCharValue": text} for text in row]} for row in rows]
    described = [{"Name": name, "Type": kind, **more} for name, kind, more in columns]
    answer = {"ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": described}}}
    return answer | ({"NextToken": token} if token else {})


def test_start_query_sends_parameters_workgroup_and_database(aws, athena):
    request = {"QueryString": QUERY, "WorkGroup": "orders", "QueryExecutionContext": {"Database": "orders_db"}}
    athena.add_response("start_query_execution", {"QueryExecutionId": ID}, request | {"ExecutionParameters": ["'O''Neil'"]})
    athena.add_response("start_query_execution", {"QueryExecutionId": ID}, request)
    assert aws.start_query(QUERY, ["'O''Neil'"], "orders", "orders_db") == ID
    assert aws.start_query(QUERY, [], "orders", "orders_db") == ID


def test_execution_reads_state_and_statistics(aws, athena):
    athena.add_response(
        "get_query_execution",
        {
            "QueryExecution": {
                "Status": {"State": "SUCCEEDED"},
                "StatementType": "DML",
                "Statistics": {
                    "DataScannedInBytes": 7,
                    "EngineExecutionTimeInMillis": 8,
                    "TotalExecutionTimeInMillis": 9,
                    "ResultReuseInformation": {"ReusedPreviousResult": True},
                },
            }
        },
        {"QueryExecutionId": ID},
    )
    found = aws.execution(ID)
    assert (found.state, found.scanned, found.engine_ms, found.reused, found.ddl) == ("SUCCEEDED", 7, 8, True, False)


@pytest.mark.parametrize("status", [{"StateChangeReason": "no such column"}, {"AthenaError": {"ErrorMessage": "no such column"}}])
def test_execution_has_the_reason_of_a_failure(aws, athena, status):
    athena.add_response("get_query_execution", {"QueryExecution": {"Status": {"State": "FAILED", **status}}})
    assert aws.execution(ID).reason == "no such column"


def test_results_drop_the_header_row_and_follow_pages(aws, athena):
    athena.add_response(
        "get_query_results", page([("customer", "total"), ("Ada", "1.50")], "more"), {"QueryExecutionId": ID, "MaxResults": 12}
    )
    athena.add_response("get_query_results", page([(None, "2.00")]), {"QueryExecutionId": ID, "MaxResults": 11, "NextToken": "more"})
    found = aws.results(ID, 10)
    assert (found.columns, found.types, found.cut) == (("customer", "total"), ("varchar", "decimal(38,2)"), False)
    assert found.rows == (("Ada", "1.50"), (None, "2.00"))


def test_results_stop_at_the_limit(aws, athena):
    athena.add_response("get_query_results", page([("customer", "total"), ("a", "1"), ("b", "2"), ("c", "3")], "more"))
    found = aws.results(ID, 2)
    assert (found.rows, found.cut) == ((("a", "1"), ("b", "2")), True)


def test_an_empty_result_has_its_columns(aws, athena):
    athena.add_response("get_query_results", page([("customer", "total")]))
    found = aws.results(ID, 10)
    assert (found.columns, found.rows) == (("customer", "total"), ())


def test_text_that_utf8_cannot_write_is_replaced(aws, athena):
    athena.add_response("get_query_results", page([("customer", "total"), ("a\ud800", "1")]))
    assert aws.results(ID, 10).rows[0][0] == "a?"


def test_errors_carry_code_and_message(aws, athena):
    athena.add_client_error("get_work_group", "InvalidRequestException", "WorkGroup orders is not found.", 400)
    with pytest.raises(AwsError, match=r"^InvalidRequestException: WorkGroup orders is not found\.$") as caught:
        aws.workgroup_state("orders")
    assert caught.value.code == "InvalidRequestException"


def test_an_endpoint_that_is_not_there_is_an_aws_error(aws):
    with pytest.raises(AwsError, match="EndpointConnectionError"):
        aws.stop_query(ID)


def test_objects_follow_pages_up_to_the_limit(aws, s3):
    when = datetime(2025, 4, 22, tzinfo=UTC)
    entry = {"Key": "audit/a.json", "LastModified": when, "Size": 3}
    s3.add_response("list_objects_v2", {"Contents": [entry], "NextContinuationToken": "t"}, {"Bucket": "bucket", "Prefix": "audit/"})
    s3.add_response(
        "list_objects_v2",
        {"Contents": [entry | {"Key": "audit/b.json"}]},
        {"Bucket": "bucket", "Prefix": "audit/", "ContinuationToken": "t"},
    )
    found, more = aws.objects("bucket", "audit/", 1)
    assert (found, more) == ([StoredObject("audit/a.json", when, 3)], True)


def test_read_takes_no_more_than_its_limit_and_closes(aws, s3):
    body = StreamingBody(io.BytesIO(b"0123456789"), 10)
    s3.add_response("get_object", {"Body": body}, {"Bucket": "bucket", "Key": "k"})
    assert aws.read("bucket", "k", 4) == b"0123"
    assert body._raw_stream.closed


def test_open_streams(aws, s3):
    body = StreamingBody(io.BytesIO(b"x" * 200_000), 200_000)
    s3.add_response("get_object", {"Body": body, "ContentLength": 200_000}, {"Bucket": "bucket", "Key": "k"})
    size, chunks, close = aws.open("bucket", "k")
    assert size == 200_000
    assert len(next(chunks)) == 65_536
    close()
    assert body._raw_stream.closed


@pytest.fixture
def no_credentials(monkeypatch, tmp_path):
    """A machine without any; the path where a file of them may appear."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr("dashboard.aws.NEW_SESSION_SECONDS", 0)
    return tmp_path / "credentials"


def test_missing_credentials_are_told_and_heal_by_themselves(no_credentials, endpoint):
    url, answers = endpoint
    answers.append((200, {}))
    aws = Aws("us-east-1", url)
    with pytest.raises(AwsError, match=r"NoCredentialsError: .* has no good AWS credentials now; it looks again every few seconds"):
        aws.stop_query(ID)
    no_credentials.write_text("[default]\naws_access_key_id = test\naws_secret_access_key = test\n")
    aws.stop_query(ID)
    assert answers == []


def test_it_starts_where_credentials_cannot_be_had_and_heals_when_they_can(no_credentials, endpoint, monkeypatch):
    """What gives a role's credentials is away at the start, and back later, under the same address."""
    url, answers = endpoint
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/role")
    monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0.01)
    aws = Aws("us-east-1", url)
    with pytest.raises(AwsError, match=r"CredentialRetrievalError: .* it looks again every few seconds"):
        aws.stop_query(ID)
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    no_credentials.write_text("[default]\naws_access_key_id = test\naws_secret_access_key = test\n")
    answers.append((200, {}))
    aws.stop_query(ID)
    assert answers == []


def test_many_who_wait_for_credentials_look_once(no_credentials, monkeypatch):
    monkeypatch.setattr("dashboard.aws.NEW_SESSION_SECONDS", 60)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/role")
    looks = []
    monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0.05)
    monkeypatch.setattr("dashboard.aws.boto3.session.Session", lambda made=Session, **options: looks.append(1) or made(**options))
    aws = Aws("us-east-1", "http://127.0.0.1:9")

    def ask():
        with pytest.raises(AwsError, match="CredentialRetrievalError"):
            aws.stop_query(ID)

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(looks) == 1


def test_expired_credentials_are_looked_for_anew(aws, athena):
    old = aws._athena
    aws._connected_at -= 60
    athena.add_client_error("get_work_group", "ExpiredTokenException", "The security token included in the request is expired", 400)
    with pytest.raises(AwsError, match="is expired — The dashboard has no good AWS credentials now"):
        aws.workgroup_state("orders")
    assert aws._athena is not old


def test_other_errors_keep_the_session_and_looks_are_not_too_many(aws, athena):
    old = aws._athena
    for code in ("AccessDeniedException", "ThrottlingException", "ExpiredTokenException"):
        athena.add_client_error("get_work_group", code, "no", 400)
        with pytest.raises(AwsError):
            aws.workgroup_state("orders")
    assert aws._athena is old  # the session is younger than NEW_SESSION_SECONDS


def test_throttling_is_tried_again_by_botocore(monkeypatch, endpoint):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    url, answers = endpoint
    answers += [(400, {"__type": "ThrottlingException", "message": "Rate exceeded"}), (500, {}), (200, {})]
    Aws("us-east-1", url).stop_query(ID)
    assert answers == []


@pytest.fixture
def endpoint():
    """(URL, list of (status, JSON) that it answers with, one after the other) of an AWS that a test makes up."""
    answers = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            status, data = answers.pop(0)
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", answers
        server.shutdown()


@pytest.fixture
def stubbed(aws):
    """Stubs of other services' clients, by name."""
    stubs = {}

    def stub(service):
        stubs[service] = Stubber(aws._client(service))
        stubs[service].activate()
        return stubs[service]

    yield stub
    for each in stubs.values():
        each.assert_no_pending_responses()


def test_folders_are_the_prefixes_of_one_level(aws, s3):
    request = {"Bucket": "b", "Prefix": "raw/", "Delimiter": "/"}
    s3.add_response("list_objects_v2", {"CommonPrefixes": [{"Prefix": "raw/a/"}], "NextContinuationToken": "t"}, request)
    s3.add_response("list_objects_v2", {"CommonPrefixes": [{"Prefix": "raw/b/"}]}, request | {"ContinuationToken": "t"})
    assert aws.folders("b", "raw/") == ["raw/a/", "raw/b/"]
    s3.add_response("list_objects_v2", {"Contents": [{"Key": "raw/1"}], "NextContinuationToken": "t"}, request)
    assert aws.folders("b", "raw/") == []  # a flat prefix of thousands is not read to its end


def test_messages_counts_those_at_work_too_and_a_missing_queue_is_none(aws, stubbed):
    sqs = stubbed("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    sqs.add_response("get_queue_url", {"QueueUrl": "https://sqs/q"}, {"QueueName": "q"})
    sqs.add_response(
        "get_queue_attributes", {"Attributes": dict(zip(names, "230", strict=True))}, {"QueueUrl": "https://sqs/q", "AttributeNames": names}
    )
    assert aws.messages("q") == 5
    sqs.add_client_error("get_queue_url", "AWS.SimpleQueueService.NonExistentQueue")
    assert aws.messages("q") is None
    sqs.add_client_error("get_queue_url", "AccessDenied", "no")
    with pytest.raises(AwsError, match="AccessDenied: no"):
        aws.messages("q")


def test_alarms_are_those_in_alarm_of_all_pages(aws, stubbed):
    cloudwatch = stubbed("cloudwatch")
    asked, when = {"AlarmNamePrefix": "orders-", "StateValue": "ALARM"}, datetime(2026, 11, 21, tzinfo=UTC)
    found = {"StateReason": "1 > 0", "StateUpdatedTimestamp": when}
    cloudwatch.add_response("describe_alarms", {"MetricAlarms": [{"AlarmName": "orders-b", **found}], "NextToken": "t"}, asked)
    cloudwatch.add_response("describe_alarms", {"MetricAlarms": [{"AlarmName": "orders-a", **found}]}, asked | {"NextToken": "t"})
    assert aws.alarms("orders-") == [Alarm("orders-a", "1 > 0", when), Alarm("orders-b", "1 > 0", when)]


def test_last_runs_of_crawlers_and_jobs_and_none_of_those_that_are_not_there(aws, stubbed):
    glue, when = stubbed("glue"), datetime(2026, 11, 21, tzinfo=UTC)
    glue.add_response(
        "get_crawler", {"Crawler": {"LastCrawl": {"Status": "FAILED", "ErrorMessage": "denied", "StartTime": when}}}, {"Name": "c"}
    )
    glue.add_response("get_crawler", {"Crawler": {}}, {"Name": "c"})
    glue.add_response("get_job_runs", {"JobRuns": [{"JobRunState": "RUNNING", "StartedOn": when}]}, {"JobName": "j", "MaxResults": 1})
    glue.add_response("get_job_runs", {"JobRuns": []}, {"JobName": "j", "MaxResults": 1})
    assert aws.last_crawl("c") == Run("FAILED", "denied", when)
    assert aws.last_crawl("c") is None
    assert aws.last_job_run("j") == Run("RUNNING", "", when)
    assert aws.last_job_run("j") is None
    for call, name in ((aws.last_crawl, "get_crawler"), (aws.last_job_run, "get_job_runs")):
        glue.add_client_error(name, "EntityNotFoundException")
        assert call("gone") is None


def test_a_metric_is_sent_with_its_dimensions(aws, stubbed):
    when = datetime(2026, 11, 21, tzinfo=UTC)
    data = {"MetricName": "PageHealthy", "Dimensions": [{"Name": "Server", "Value": "s"}], "Timestamp": when, "Value": 1}
    stubbed("cloudwatch").add_response("put_metric_data", {}, {"Namespace": "Headwater", "MetricData": [data]})
    aws.put_metric("Headwater", "PageHealthy", {"Server": "s"}, 1, when)
