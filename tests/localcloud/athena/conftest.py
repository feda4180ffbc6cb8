"""One local cloud for all tests of the Athena engine, and shorthands for asking it."""

import time
import uuid
from dataclasses import dataclass

import pytest

from tests.local_cloud import Cloud


@dataclass
class Outcome:
    """A finished execution. `rows`: without the header, None for NULL; `types`: Athena's, decimals with (p,s)."""

    execution: dict
    columns: list
    rows: list

    @property
    def state(self):
        return self.execution["Status"]["State"]

    @property
    def reason(self):
        return self.execution["Status"].get("StateChangeReason", "")

    @property
    def types(self):
        return [
            column["Type"] + (f"({column['Precision']},{column['Scale']})" if column["Type"] == "decimal" else "")
            for column in self.columns
        ]

    @property
    def scanned(self):
        return self.execution["Statistics"]["DataScannedInBytes"]


class Asker:
    """Runs statements to their end: `ask("SELECT 1").rows`."""

    def __init__(self, athena, database, output):
        self.athena, self.database, self.output = athena, database, output

    def start(self, sql, **arguments):
        if "WorkGroup" not in arguments:
            arguments.setdefault("ResultConfiguration", {"OutputLocation": self.output})
        arguments.setdefault("QueryExecutionContext", {"Database": self.database})
        return self.athena.start_query_execution(QueryString=sql, **arguments)["QueryExecutionId"]

    def wait(self, identity):
        deadline = time.time() + 60
        while time.time() < deadline:
            execution = self.athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            time.sleep(0.005)
        raise AssertionError(f"query {identity} does not end")

    def __call__(self, sql, **arguments):
        execution = self.wait(self.start(sql, **arguments))
        if execution["Status"]["State"] != "SUCCEEDED":
            return Outcome(execution, [], [])
        identity, found, columns = execution["QueryExecutionId"], [], []
        for page in self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=identity):
            columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            found += [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in page["ResultSet"]["Rows"]]
        return Outcome(execution, columns, found[1:] if execution["StatementType"] == "DML" else found)

    def ok(self, sql, **arguments):
        """The Outcome of a statement that must succeed."""
        outcome = self(sql, **arguments)
        assert outcome.state == "SUCCEEDED", outcome.reason
        return outcome

    def fails(self, sql, **arguments):
        """The reason of a statement that must fail."""
        outcome = self(sql, **arguments)
        assert outcome.state == "FAILED", outcome.rows
        return outcome.reason


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    running = Cloud(tmp_path_factory.mktemp("athena")).start()
    yield running
    running.stop()


@pytest.fixture
def another_cloud(tmp_path):
    """A local cloud that a test may stop and start."""
    running = Cloud(tmp_path).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def s3(cloud):
    return cloud.client("s3")


@pytest.fixture(scope="session")
def glue(cloud):
    return cloud.client("glue")


@pytest.fixture(scope="session")
def athena(cloud):
    return cloud.client("athena")


@pytest.fixture(scope="session")
def asker(athena):
    """asker(database, output) gives an Asker, of another local cloud if its client is given."""
    return lambda database, output, other=None: Asker(other or athena, database, output)


@pytest.fixture
def bucket(s3):
    name = f"athena-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def ask(athena, glue, bucket):
    """An Asker with a database and a bucket of its own."""
    database = f"db_{uuid.uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": database})
    return Asker(athena, database, f"s3://{bucket}/results/")
