"""Athena is asked all the while that a day is merged, written to, and merged again."""

import contextlib
import importlib.util
import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from compacting.day import Compaction, Limits
from day_versions import Days

from tests.local_cloud import Cloud, create_role
from tests.localcloud.compaction.conftest import LAMBDA
from tests.localcloud.compaction.shop import Shop, full_day, parquet, transaction, yesterday

HOUR = timedelta(hours=1)
DAY = "2026-11-19"
#: customer_id names the input in these tests.
QUERY = f"""SELECT customer_id, count(*), count(DISTINCT transaction_id), min(price) FROM transactions
WHERE date_partition = '{DAY}' GROUP BY customer_id"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with Cloud(tmp_path_factory.mktemp("compaction")) as running:
        yield running


@pytest.fixture
def shop(cloud):
    return Shop(cloud)


def compaction(shop, grace=HOUR, file_bytes=256 << 20):
    return Compaction(shop.another_days(), Limits(file_bytes, grace, settle=0.05), lambda: datetime.now(UTC))


class Reader(threading.Thread):
    """Asks until told to stop. `expected` {input: rows}: what it must find; `maybe`: what it may find as well."""

    def __init__(self, shop, expected, maybe):
        super().__init__(daemon=True)
        self.shop, self.expected, self.maybe = shop, expected, maybe
        self.athena, self.over, self.queries, self.problem = shop.cloud.client("athena"), threading.Event(), 0, None

    def run(self):
        try:
            while not self.over.wait(0.03):  # the run that they disturb needs some of the processor too
                must = dict(self.expected)
                found = {name: (int(rows), int(distinct)) for name, rows, distinct, _ in self.shop.ask(QUERY, self.athena)}
                may = must | dict(self.expected) | dict(self.maybe)
                for name, rows in must.items():
                    assert found.get(name) == (rows, rows), f"{name}: {found.get(name)}, and should be {rows} rows, once each"
                for name, rows in found.items():
                    assert rows == (may.get(name),) * 2, f"{name}: {rows}, and should be {may.get(name)} rows or none"
                self.queries += 1
        except Exception as error:
            self.problem = error


@contextlib.contextmanager
def readers(shop, expected, maybe, count=2):
    threads = [Reader(shop, expected, maybe) for _ in range(count)]
    for each in threads:
        each.start()
    yield threads
    for each in threads:
        each.over.set()
    for each in threads:
        each.join(30)
    for each in threads:
        assert each.problem is None, each.problem
        assert each.queries >= 5


def late(number, etag_price="10.00"):
    """(name, rows) of an input that comes while the day is merged."""
    name = f"late-{number:03}"
    return name, [transaction(f"{name}-{row}", datetime(2026, 11, 19, 23), customer=name, price=etag_price) for row in range(5)]


def write_late(shop, numbers, expected, maybe, over=None):
    days = shop.another_days()
    for number in numbers:
        name, rows = late(number)
        maybe[name] = len(rows)
        assert days.put(DAY, name, "1", parquet(rows)) in ("written", "same")
        expected[name] = len(rows)
        if over is not None and over.wait(0.05):
            break


def test_288_files_of_a_day_become_one_while_it_is_read_and_written(shop):
    inputs = full_day(DAY)
    shop.fill(DAY, inputs)
    expected, maybe, over = {name: len(rows) for name, rows in inputs.items()}, {}, threading.Event()
    with readers(shop, expected, maybe):
        writer = threading.Thread(target=write_late, args=(shop, range(1000), expected, maybe, over), daemon=True)
        writer.start()
        first = compaction(shop).run(DAY)
        second = compaction(shop).run(DAY)
        over.set()
        writer.join(30)
        # A replay of what is merged changes nothing, a replaced input waits for the next compaction.
        assert shop.days.put(DAY, "20261119T0000", "1", b"not looked at") == "same"
        name, rows = late(0, "7.00")
        assert shop.days.put(DAY, name, "2", parquet(rows)) == "changed"
        last = compaction(shop).run(DAY)
    assert first.files_before >= 288
    assert second.version > first.version
    assert (last.files_after, last.replaced) == (1, 1)
    assert [key.rpartition("/")[2] for key in shop.visible(DAY)] == ["merged-0001.parquet"]
    assert last.rows == sum(expected.values())
    found = {name: (int(rows), price) for name, rows, _, price in shop.ask(QUERY)}
    assert {name: rows for name, (rows, _) in found.items()} == expected
    assert found["late-000"][1] == "7.00"
    assert shop.files("changed/") == []


KILLED = """
import sys
sys.path[:0] = sys.argv[5:]
import boto3, datetime
from compacting.day import Compaction, Limits
from day_versions import Days
url, bucket, database, day = sys.argv[1:5]
options = dict(endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
s3, glue = boto3.client("s3", **options), boto3.client("glue", **options)
days = Days(s3, glue, bucket, "processed/", database, "transactions")
limits = Limits(256 << 20, datetime.timedelta(hours=1), settle=0.05)
print("ready", flush=True)
Compaction(days, limits, lambda: datetime.datetime.now(datetime.UTC)).run(day)
print("done", flush=True)
"""


def test_a_run_that_is_killed_is_mended_by_the_next(shop):
    inputs = full_day(DAY, files=40)
    shop.fill(DAY, inputs)
    expected, maybe = {name: len(rows) for name, rows in inputs.items()}, {}
    arguments = [shop.cloud.url, shop.bucket, shop.database, DAY, str(LAMBDA), str(LAMBDA / "data_compactor")]
    with readers(shop, expected, maybe):
        for number, seconds in enumerate((0.1, 0.35, 0.6)):
            process = subprocess.Popen([sys.executable, "-c", KILLED, *arguments], stdout=subprocess.PIPE, text=True)
            assert process.stdout.readline() == "ready\n"
            time.sleep(seconds)
            process.kill()
            process.wait()
            write_late(shop, [number], expected, maybe)
        compaction(shop).run(DAY)
    assert len(shop.visible(DAY)) == 1
    assert {name: int(rows) for name, rows, _, _ in shop.ask(QUERY)} == expected
    # Nobody reads any more, so what was superseded and what the dead left may go.
    compaction(shop, grace=timedelta(0)).run(DAY)
    assert sorted(each.key.rpartition("/")[2] for each in shop.files()) == ["_merged.json", "merged-0001.parquet"]
    assert {name: int(rows) for name, rows, _, _ in shop.ask(QUERY)} == expected


def test_a_day_that_came_to_nothing_is_an_empty_version(shop):
    shop.put(DAY, "a", [transaction("1", datetime(2026, 11, 19, 1))])
    shop.put(DAY, "b", [transaction("2", datetime(2026, 11, 19, 1))])
    compaction(shop).run(DAY)
    for name in "ab":
        assert shop.days.remove(DAY, name, "2", parquet([])) == "changed"
    assert compaction(shop).run(DAY).files_after == 0
    assert shop.ask(QUERY) == []
    assert shop.query("daily_revenue.sql") == []


class Context:
    """Lambda's."""

    function_name, aws_request_id = "data-compactor", "4f9e"

    def __init__(self, seconds=900):
        self.end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self):
        return int((self.end - time.monotonic()) * 1000)


def session(shop, readme):
    """Credentials of a role that has what a README lists as its needs, and no more."""
    statements = (LAMBDA / readme).read_text().partition("```json\n")[2].partition("```")[0]
    texts = {"${bucket}": f"arn:aws:s3:::{shop.bucket}", "${glue}": "arn:aws:glue:us-east-1:000000000000", "${database}": shop.database}
    for name, value in texts.items():
        statements = statements.replace(name, value)
    iam = shop.cloud.client("iam")
    role = create_role(iam, f"Role-{shop.bucket}", "lambda.amazonaws.com")
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
    iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    policy = json.dumps({"Version": "2012-10-17", "Statement": json.loads(statements)})
    iam.put_role_policy(RoleName=role["RoleName"], PolicyName="needs", PolicyDocument=policy)
    return shop.cloud.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]


def load(name, path, monkeypatch):
    """A module of the function under a name of its own, since each function has a `core` and a `handler`."""
    spec = importlib.util.spec_from_file_location(f"headwater_compactor_{name}", path / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def handler(shop, monkeypatch):
    """The function's module with its settings, acting with the rights that its README lists."""
    credentials = session(shop, "data_compactor/README.md")
    for name, value in {
        "AWS_ENDPOINT_URL": shop.cloud.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        **shop.environment(),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers credentials
    load("core", LAMBDA / "data_compactor", monkeypatch)
    return load("handler", LAMBDA / "data_compactor", monkeypatch)


def test_a_writer_needs_no_more_rights_than_are_listed(shop):
    credentials = session(shop, "day_versions/README.md")
    options = {
        "endpoint_url": shop.cloud.url,
        "region_name": "us-east-1",
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    days = Days(boto3.client("s3", **options), boto3.client("glue", **options), shop.bucket, "processed/", shop.database, "transactions")
    rows = [transaction("1", datetime(2026, 11, 19))]
    found = [days.put(DAY, name, "1", parquet(rows)) for name in ("a", "a", "b")]
    assert found == ["written", "same", "written"]
    compaction(shop).run(DAY)
    assert [days.put(DAY, "a", etag, parquet(rows)) for etag in ("1", "2")] == ["same", "changed"]
    assert days.remove(DAY, "b", "2", parquet([])) == "changed"


def test_the_function_merges_the_days_that_are_over_with_the_rights_that_it_lists(shop, handler):
    today = datetime.now(UTC).date().isoformat()
    for day in ("2026-11-19", yesterday(), today):
        for name in ("a", "b"):
            shop.put(day, name, [transaction(f"{day} {name}", datetime.fromisoformat(day))])
    shop.put("2026-11-18", "alone", [transaction("alone", datetime(2026, 11, 18))])
    answer = handler.lambda_handler({}, Context())
    assert [each["day"] for each in answer["days"]] == sorted({"2026-11-19", yesterday()})
    assert answer["left"] == []
    assert [len(shop.visible(day)) for day in ("2026-11-18", "2026-11-19", yesterday(), today)] == [1, 1, 1, 2]
    accounts = shop.files("compactions/")
    assert len(accounts) == 1
    assert json.loads(shop.days.objects.read(accounts[0].key))["days"] == answer["days"]
    # Again there is nothing to do, but old versions to look after; a day that is named is done even while it fills.
    assert all(each["version"] is None for each in handler.lambda_handler({"detail-type": "Scheduled Event"}, Context())["days"])
    handler.lambda_handler({"days": [today]}, Context())
    assert len(shop.visible(today)) == 1
    assert shop.ask("SELECT count(*), count(DISTINCT transaction_id) FROM transactions") == [("7", "7")]
    assert "processed/_compacting.json" not in [each.key for each in shop.files()]


def test_a_run_with_little_time_says_what_it_left(shop, handler):
    shop.put(DAY, "a", [transaction("1", datetime(2026, 11, 19))])
    assert handler.lambda_handler({"days": [DAY]}, Context(seconds=100))["left"] == [DAY]


def test_two_runs_at_once_are_one_and_the_lock_of_a_dead_one_is_taken_over(shop, handler):
    place = {"Bucket": shop.bucket, "Key": "processed/_compacting.json"}
    for ahead, fails in ((60, True), (-60, False)):
        until = (datetime.now(UTC) + timedelta(seconds=ahead)).isoformat()
        shop.s3.put_object(**place, Body=json.dumps({"owner": "the other one", "until": until}).encode())
        if fails:
            with pytest.raises(RuntimeError, match="the other one is compacting this table"):
                handler.lambda_handler({}, Context())
        else:
            handler.lambda_handler({}, Context())
    assert shop.files() == []


@pytest.mark.parametrize(("event", "said"), [({"day": "x"}, "days"), ({"days": "2026-11-19"}, "list"), ({"days": ["2026-13-01"]}, "date")])
def test_a_wrong_event_is_an_error(handler, event, said):
    with pytest.raises(ValueError, match=said):
        handler.lambda_handler(event, Context())
