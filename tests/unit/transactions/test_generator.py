"""The generator: what it makes, and that the same event makes it again."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import ModuleType, SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from tests.unit.transactions.support import PRODUCTS, Outcome, generator, load_generator_handler

BUCKET = "transactions-123456789012-eu-central-1"
CONTEXT = SimpleNamespace(function_name="data-generator")
FIVE = timedelta(minutes=5)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENT = {"id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "time": "2026-11-21T12:00:17Z", "source": "aws.events"}


def batch(end: datetime = NOON, name: str = "x", size: int = 200, seed: int = 42) -> list:
    return generator.transactions(generator.Batch(end, name), FIVE, size, seed)


class TestTransactions:
    def test_are_good_by_the_transformers_rules(self) -> None:
        made = batch(size=2000)
        outcome = Outcome(generator.as_lines(made))
        assert outcome.rejects == []
        assert outcome.ids == [transaction.id for transaction in made]
        assert len(made) > 1000

    def test_write_amounts_with_two_decimals(self) -> None:
        for line in generator.as_lines(batch()).splitlines():
            record = json.loads(line, parse_float=str)
            assert record["price"][-3] == record["total_amount"][-3] == "."
            assert Decimal(record["total_amount"]) == record["quantity"] * Decimal(record["price"])

    def test_lie_in_the_stretch_before_the_batchs_end_in_order(self) -> None:
        times = [transaction.time for transaction in batch()]
        assert times == sorted(times)
        assert NOON - FIVE <= times[0] <= times[-1] < NOON
        assert len(set(times)) > 100

    def test_are_the_same_for_the_same_batch_only(self) -> None:
        assert batch() == batch()
        others = [batch(name="y"), batch(seed=43), batch(end=NOON + timedelta(seconds=1))]
        assert all(other != batch() for other in others)
        ids = [transaction.id for made in [batch(), *others] for transaction in made]
        assert len(set(ids)) == len(ids)

    def test_know_a_product_by_one_name_and_category(self) -> None:
        for made in (batch(), batch(seed=43)):
            for transaction in made:
                assert PRODUCTS[transaction.product.id] == (transaction.product.name, transaction.product.category)

    def test_are_as_many_as_the_setting_on_average_of_a_week_and_busy_when_a_shop_is(self) -> None:
        counts: Counter[int] = Counter()
        weekdays: Counter[int] = Counter()
        ends = list(generator.slots(NOON, timedelta(days=7), FIVE))
        for end in ends:
            count = len(batch(end, size=20))
            counts[(end - FIVE).hour] += count
            weekdays[(end - FIVE).weekday()] += count
        assert counts.total() / len(ends) == pytest.approx(20, rel=0.03)
        assert counts[20] > 8 * counts[3]
        assert weekdays.most_common(1)[0][0] == 5

    def test_are_one_at_least(self) -> None:
        night = datetime(2026, 11, 17, 3, tzinfo=UTC)
        assert all(len(batch(night + n * FIVE, size=1)) >= 1 for n in range(50))

    def test_are_bought_by_some_more_often_than_by_others(self) -> None:
        made = [transaction for n in range(20) for transaction in batch(NOON + n * FIVE)]
        bought = Counter(transaction.product.id for transaction in made).most_common()
        assert bought[0][1] > 5 * bought[-1][1]
        assert len(bought) > 30


class TestKeys:
    def test_lie_below_the_day_of_the_batchs_end(self) -> None:
        end = datetime(2026, 11, 21, 0, 2, tzinfo=UTC)
        assert generator.Batch(end, "x").key("raw/").startswith("raw/date=2026-11-21/20261121T000200-")
        assert generator.Batch(end, "x").key("raw/").endswith(".json")

    def test_do_not_depend_on_the_zone_that_a_time_is_told_in(self) -> None:
        there = NOON.astimezone(datetime.strptime("+0530", "%z").tzinfo)
        assert generator.Batch(NOON, "x").key("raw/") == generator.Batch(there, "x").key("raw/")
        assert batch(there) == batch()

    def test_of_a_million_events_are_a_million(self) -> None:
        """Half of them in one second, half of them in seconds of their own."""
        keys = {generator.Batch(NOON, f"event-{n}").key("raw/") for n in range(500_000)}
        keys |= {generator.Batch(NOON + timedelta(seconds=n + 1), "event").key("raw/") for n in range(500_000)}
        assert len(keys) == 1_000_000


class TestSlots:
    def test_end_at_whole_intervals_up_to_the_time(self) -> None:
        until = datetime(2026, 11, 21, 12, 3, tzinfo=UTC)
        assert [f"{end:%H:%M}" for end in generator.slots(until, timedelta(minutes=15), FIVE)] == ["11:50", "11:55", "12:00"]

    def test_of_hours_that_follow_each_other_are_those_of_all(self) -> None:
        hours = [list(generator.slots(NOON - n * timedelta(hours=1), timedelta(hours=1), FIVE)) for n in (2, 1, 0)]
        joined = [end for hour in hours for end in hour]
        assert joined == list(generator.slots(NOON, timedelta(hours=3), FIVE))
        assert len(joined) == 36


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name in ("BATCH_SIZE", "SEED", "RAW_PREFIX", "INTERVAL_SECONDS", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("BUCKET_NAME", BUCKET)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield load_generator_handler()


def objects() -> dict[str, bytes]:
    s3 = boto3.client("s3")
    keys = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET) for item in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


class TestTheHandler:
    def test_writes_one_object_for_an_event_and_the_same_again(self, handler: ModuleType) -> None:
        told = handler.lambda_handler(EVENT, CONTEXT)
        first = objects()
        ((key, body),) = first.items()
        assert key.startswith("raw/date=2026-11-21/20261121T120017-")
        assert told == {"bucket": BUCKET, "objects": [{"key": key, "rows": body.count(b"\n")}], "rows": body.count(b"\n"), "there": []}
        handler.lambda_handler(EVENT, CONTEXT)
        assert objects() == first
        handler.lambda_handler(EVENT | {"id": "another"}, CONTEXT)
        assert len(objects()) == 2

    def test_fills_hours_and_changes_nothing_when_it_does_so_again(self, handler: ModuleType) -> None:
        hours = {"hours": 2, "until": "2026-11-21T01:00:00Z"}
        told = handler.lambda_handler(hours, CONTEXT)
        first = objects()
        assert len(told["objects"]) == len(first) == 24
        assert told["rows"] == sum(body.count(b"\n") for body in first.values())
        assert {key[:19] for key in first} == {"raw/date=2026-11-20", "raw/date=2026-11-21"}
        times = [json.loads(line)["timestamp"] for body in first.values() for line in body.splitlines()]
        assert min(times) >= "2026-11-20T23:00:00.000Z"
        assert max(times) < "2026-11-21T01:00:00.000Z"
        again = handler.lambda_handler(hours, CONTEXT)
        assert (again["objects"], again["rows"], again["there"]) == ([], 0, sorted(first))
        assert objects() == first

    def test_leaves_a_stretch_that_the_schedule_has_filled(self, handler: ModuleType) -> None:
        ends = ("2026-11-21T11:47:31Z", "2026-11-21T11:52:31Z", "2026-11-21T11:55:00Z")
        for time in ends[:2]:
            handler.lambda_handler(EVENT | {"time": time, "id": time}, CONTEXT)
        boto3.client("s3").put_object(Bucket=BUCKET, Key="raw/date=2026-11-21/by-hand.json", Body=b"{}")
        told = handler.lambda_handler({"hours": 0.5, "until": "2026-11-21T12:00:00Z"}, CONTEXT)
        made = [each["key"].split("/")[-1][9:13] for each in told["objects"]]
        assert made == ["1135", "1140", "1145", "1200"], "those of 11:50 and 11:55 are there"
        assert len(told["there"]) == 2

    def test_the_same_hours_in_an_empty_bucket_give_the_same_keys(self, handler: ModuleType) -> None:
        first = handler.lambda_handler({"hours": 1, "until": "2026-11-21T12:00:00Z"}, CONTEXT)
        for key in objects():
            boto3.client("s3").delete_object(Bucket=BUCKET, Key=key)
        assert handler.lambda_handler({"hours": 1, "until": "2026-11-21T12:00:00+00:00"}, CONTEXT) == first

    @pytest.mark.parametrize(
        ("event", "message"),
        [
            ({}, "the event has no id"),
            (EVENT | {"time": "noon"}, "time is 'noon'; it must be a time such as"),
            (EVENT | {"time": "2026-11-21T12:00:00"}, "must name its zone"),
            ({"hours": 1}, "until is None"),
            ({"hours": 0, "until": "2026-11-21T12:00:00Z"}, "hours are 0"),
            ({"hours": 25, "until": "2026-11-21T12:00:00Z"}, "Split longer stretches"),
            ({"hours": "6", "until": "2026-11-21T12:00:00Z"}, "hours are '6'"),
            ({"hours": True, "until": "2026-11-21T12:00:00Z"}, "hours are True"),
        ],
    )
    def test_refuses_events_that_it_does_not_understand(self, handler: ModuleType, event: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            handler.lambda_handler(event, CONTEXT)
        assert objects() == {}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("BATCH_SIZE", "many"),
            ("BATCH_SIZE", "0"),
            ("BATCH_SIZE", "-1"),
            ("BATCH_SIZE", "²"),
            ("BATCH_SIZE", "9" * 5000),
            ("SEED", "1.5"),
            ("RAW_PREFIX", "raw"),
            ("INTERVAL_SECONDS", "1"),
            ("BUCKET_NAME", ""),
        ],
    )
    def test_says_which_setting_is_wrong(self, handler: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(ValueError, match=name):
            handler.lambda_handler(EVENT, CONTEXT)

    def test_raises_what_s3_refuses(self, handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BUCKET_NAME", "not-there")
        with pytest.raises(Exception, match="NoSuchBucket"):
            handler.lambda_handler(EVENT, CONTEXT)

    def test_makes_what_the_settings_say(self, handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BATCH_SIZE", "1000")
        monkeypatch.setenv("RAW_PREFIX", "in/here/")
        told = handler.lambda_handler(EVENT, CONTEXT)
        assert told["rows"] > 500
        assert told["objects"][0]["key"].startswith("in/here/date=")


def test_the_products_are_written_well() -> None:
    listed = generator.products()
    assert len(listed) == 42
    assert all(product.name.isascii() and product.category.isascii() for product in listed.values()), "which the quickest reading needs"
    assert len({product.name for product in listed.values()}) == len(listed)
