import errno
import json
import os
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from dashboard import create_app, store
from dashboard.aws import AwsError
from dashboard.queries import Answer
from dashboard.store import Store

from tests.unit.dashboard.sample import CONFIG, SQL, fake_aws

QUESTION = ["us-east-1", "orders", "SELECT 1"]
PATH = "/orders/total_sales_by_customer"
DOWN = AwsError("ThrottlingException", "Rate exceeded")


def answer(rows=(("a", 1, None, "1.50", 2.5, True),), **changes):
    columns = ("name", "n", "nothing", "amount", "ratio", "flag")
    types = ("varchar", "bigint", "varchar", "decimal(5,2)", "double", "boolean")
    found = {
        "columns": columns,
        "types": types,
        "rows": rows,
        "cut": False,
        "execution_id": "00000000-0000-4000-8000-000000000001",
        "finished_at": datetime.now(UTC),
        "run_seconds": 1.25,
        "engine_ms": 80,
        "scanned": 1_234_567,
        "reused": False,
        "cost": Decimal("0.00005"),
    }
    return Answer(**found | changes)


def test_an_answer_comes_back_as_it_was_with_its_age(tmp_path):
    given = answer(finished_at=datetime.now(UTC) - timedelta(hours=3))
    Store(tmp_path).save(QUESTION, given)
    found, age = Store(tmp_path).load(QUESTION)
    assert found == given
    assert age == pytest.approx(3 * 3600, abs=5)
    assert Store(tmp_path).load([*QUESTION, "x"]) is None


def test_it_is_kept_for_a_day_and_not_for_ever(tmp_path):
    kept = Store(tmp_path)
    kept.save(QUESTION, answer(finished_at=datetime.now(UTC) - timedelta(days=1, hours=1)))
    assert kept.load(QUESTION)
    kept.save(QUESTION, answer(finished_at=datetime.now(UTC) - timedelta(days=8)))
    assert kept.load(QUESTION) is None


def test_others_cannot_read_the_files(tmp_path):
    Store(tmp_path).save(QUESTION, answer())
    assert [path.stat().st_mode & 0o077 for path in tmp_path.iterdir()] == [0]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"",
        lambda text: text[: len(text) // 2],
        lambda text: b"\x00\xff" * 100,
        lambda text: b"[]",
        lambda text: b"[" * 100_000,
        lambda text: text.replace(b'"version":1', b'"version":0'),
        lambda text: text.replace(b"SELECT 1", b"SELECT 2"),
        lambda text: text.replace(b'["a",', b"["),
        lambda text: text.replace(b'"a"', b'{"a":1}'),
        lambda text: text.replace(b'"0.00005"', b'"much"'),
        lambda text: text.replace(b'"rows"', b'"lines"'),
        lambda text: text.replace(b'"finished_at":"2', b'"finished_at":"x'),
    ],
)
def test_a_file_that_is_not_ours_or_is_broken_is_ignored(tmp_path, change):
    kept = Store(tmp_path)
    kept.save(QUESTION, answer())
    (path,) = tmp_path.iterdir()
    assert change(path.read_bytes()) != path.read_bytes()
    path.write_bytes(change(path.read_bytes()))
    assert kept.load(QUESTION) is None
    kept.save(QUESTION, answer())
    assert kept.load(QUESTION)


def test_files_have_bounds_and_what_is_not_ours_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "FILES", 5)
    foreign = tmp_path / "notes.txt"
    foreign.write_text("keep me")
    left = tmp_path / ".x_1.part"
    left.write_text("left by a death")
    os.utime(left, (1, 1))
    kept = Store(tmp_path)
    for number in range(12):
        kept.save([str(number)], answer())
        os.utime(kept._path([str(number)]), (time.time() - 100 + number,) * 2)
    assert len(list(tmp_path.glob("*.json"))) <= 6  # the newest is written before the others are counted
    assert [kept.load([str(number)]) is not None for number in (0, 11)] == [False, True]
    assert foreign.exists()
    assert not left.exists()


def test_bytes_have_bounds(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "BYTES", 5_000)
    monkeypatch.setattr(store, "LARGEST", 3_000)
    kept = Store(tmp_path)
    for number in range(10):
        kept.save([str(number)], answer())
    kept.save(["large"], answer(rows=(("x" * 4_000, 1, None, "1", 1.0, True),)))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 5_000
    assert kept.load(["large"]) is None


def test_a_full_disk_costs_one_line_in_the_log_and_no_page(tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    client = create_app({**CONFIG, "cache_dir": str(tmp_path)}, fake_aws()).test_client()
    with monkeypatch.context() as patch:
        patch.setattr(store.os, "replace", full)
        assert client.get("/orders").status_code == 200
        assert client.get("/orders?refresh=1").status_code == 200
    assert caplog.text.count("No space left on device") == 1
    assert list(tmp_path.glob("*.json")) == []
    client.get("/orders?refresh=1")
    assert len(list(tmp_path.glob("*.json"))) == 5


def test_the_last_good_answer_is_shown_with_its_age_after_a_restart_while_athena_throttles(tmp_path):
    config = {**CONFIG, "cache_dir": str(tmp_path), "cache_seconds": 0}
    first = create_app(config, fake_aws()).test_client().get(PATH + ".json").json
    aws = fake_aws()
    aws.down = DOWN
    client = create_app(config, aws).test_client()
    page = client.get(PATH).get_data(as_text=True)
    assert "These numbers are old." in page
    assert "ThrottlingException: Rate exceeded" in page
    found = client.get(PATH + ".json").json
    assert found["rows"] == first["rows"]
    assert (found["stats"]["stale"], found["stats"]["finished_at"]) == (True, first["stats"]["finished_at"])
    assert client.get("/").status_code == 200


def test_a_fresh_answer_of_the_process_before_is_not_asked_again(tmp_path):
    config = {**CONFIG, "cache_dir": str(tmp_path)}
    create_app(config, fake_aws()).test_client().get(PATH)
    aws = fake_aws()
    found = create_app(config, aws).test_client().get(PATH + ".json").json
    assert (found["stats"]["source"], aws.started) == ("hit", [])


def test_other_sql_is_another_question(tmp_path):
    sql_dir = tmp_path / "sql"
    (sql_dir / "orders").mkdir(parents=True)
    cache = tmp_path / "cache"
    cache.mkdir()
    aws = fake_aws()
    for sql in (SQL["total_sales_by_customer"], SQL["order_status_dashboard"]):
        (sql_dir / "orders" / "one.sql").write_text(f"-- title: One\n{sql}")
        client = create_app({**CONFIG, "sql_dir": str(sql_dir), "cache_dir": str(cache)}, aws).test_client()
        assert client.get("/orders/one.json").json["stats"]["source"] == "asked"


def test_what_is_kept_is_json_without_secrets(tmp_path):
    create_app({**CONFIG, "cache_dir": str(tmp_path)}, fake_aws()).test_client().get(PATH)
    (path,) = tmp_path.glob("*.json")
    assert set(json.loads(path.read_text())) == {"version", "question", "answer"}
