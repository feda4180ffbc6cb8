"""The shipper's process against a server that throttles, fails and goes: every line arrives, in order, in bounded memory."""

import os
import threading
import time
from collections import Counter

import pytest

from tests.local_cloud import wait_for
from tests.unit.kinesis_agent.agent import Agent
from tests.unit.kinesis_agent.stream_server import StreamServer


@pytest.fixture
def server():
    with StreamServer() as made:
        yield made


def line(number):
    return b'{"number": %09d, "text": "%s"}\n' % (number, b"x" * 150)


class Writer(threading.Thread):
    """Writes `count` lines at `rate` a second, and renames the file now and then."""

    def __init__(self, logs, count, rate, rotate_every=10**9):
        super().__init__(daemon=True)
        self.logs, self.count, self.rate, self.rotate_every = logs, count, rate, rotate_every
        self.written = 0

    def run(self):
        began, part, path = time.monotonic(), max(1, self.rate // 50), self.logs / "orders.log"
        file, since = path.open("ab"), 0
        while self.written < self.count:
            number = min(part, self.count - self.written)
            file.write(b"".join(line(self.written + item) for item in range(number)))
            file.flush()
            self.written += number
            since += number
            if since >= self.rotate_every:
                path.rename(self.logs / f"orders-{self.written:09d}.log")
                file.close()
                file, since = path.open("ab"), 0
            time.sleep(max(0.0, began + self.written / self.rate - time.monotonic()))
        file.close()


def arrived(server, count):
    return lambda: len(set(server.taken)) == count


def numbers(records):
    return [int(record[11:20]) for record in records]


def test_lines_arrive_once_in_order_within_the_limits_and_nothing_is_repeated_after_an_orderly_restart(tmp_path, server):
    agent = Agent(tmp_path, server.url)
    writer = Writer(agent.logs, 6000, 3000, rotate_every=900)
    with agent:
        writer.start()
        wait_for(lambda: len(server.taken) > 1500, "lines", 15)
    assert agent.process.returncode == 0
    with agent:
        wait_for(arrived(server, 6000), "every line", 15)
    assert numbers(server.taken) == list(range(6000))
    assert server.largest["records"] <= 500
    assert server.largest["bytes"] <= 4 * 1024 * 1024


def test_killed_and_started_again_under_load_every_line_arrives_and_their_first_arrivals_are_in_order(tmp_path, server):
    agent = Agent(tmp_path, server.url)
    writer = Writer(agent.logs, 12_000, 3000, rotate_every=1700)
    writer.start()
    for _ in range(3):
        agent.start()
        before = len(server.taken)
        wait_for(lambda: len(server.taken) > before + 300, "lines", 15)  # noqa: B023
        agent.stop(kill=True)
    with agent:
        wait_for(arrived(server, 12_000), "every line", 20)
    assert list(dict.fromkeys(numbers(server.taken))) == list(range(12_000))
    assert len(server.taken) - 12_000 <= 3 * 500  # at most the batch that was on its way at each kill


def test_of_a_call_only_the_failed_records_are_sent_again_and_the_next_one_waits_for_them(tmp_path, server):
    server.mood = server.partly(0.2)
    agent = Agent(tmp_path, server.url)
    Writer(agent.logs, 4000, 10**6).run()
    with agent:
        wait_for(arrived(server, 4000), "every line", 20)
        assert len(server.taken) == 4000  # nothing that was taken is sent again
        wait_for(lambda: agent.status["sent"] == 4000, "the status", 10)
        assert agent.status["failed"] > 500
    found = numbers(server.taken)
    # Of eight batches of 500, each is complete before the next one begins.
    for start in range(0, 4000, 500):
        assert sorted(found[start : start + 500]) == list(range(start, start + 500))


def test_throttles_slow_it_down_and_lose_nothing(tmp_path, server):
    server.mood = server.throttles(0.5)
    agent = Agent(tmp_path, server.url)
    Writer(agent.logs, 3000, 10**6).run()
    with agent:
        wait_for(arrived(server, 3000), "every line", 20)
    assert numbers(server.taken) == list(range(3000))
    assert "ServiceUnavailableException: Slow down." in agent.said


def test_after_an_outage_it_catches_up_in_order_and_its_memory_was_bounded(tmp_path, server):
    agent = Agent(tmp_path, server.url)
    Writer(agent.logs, 500, 10**6).run()
    with agent:
        wait_for(arrived(server, 500), "lines", 10)
        before = agent.memory()
        server.stop()
        # More than it may keep: 60 MB of further lines, in files that are renamed meanwhile.
        (agent.logs / "orders.log").rename(agent.logs / "orders-0.log")
        server.keep, total = False, Counter()
        mood = server.well

        def count(records):
            total["lines"] += len(records)
            total["in order"] += [int(record[11:20]) for record in records] == list(range(total["next"], total["next"] + len(records)))
            total["next"] += len(records)
            total["calls"] += 1
            return mood(records)

        server.mood = count
        lines = 350_000
        for part in range(7):
            with (agent.logs / f"late-{part}.log").open("wb") as file:
                file.write(b"".join(line(number) for number in range(part * 50_000, (part + 1) * 50_000)))
        wait_for(lambda: agent.status["trouble"], "the status to tell of it", 10)
        assert agent.process.poll() is None
        work, began = agent.work(), time.monotonic()
        server.start()
        most = 0
        while total["lines"] < lines and time.monotonic() - began < 60:
            most = max(most, agent.memory())
            time.sleep(0.05)
        took, used = time.monotonic() - began, agent.work() - work
    assert total["lines"] == lines
    assert total["in order"] == total["calls"]
    assert most - before < 40 * 1024 * 1024
    assert lines / used > 5000, f"{lines / used:.0f} lines for a second of processor time, {lines / took:.0f} a second"
    print(f"{lines / used:.0f} lines for a second of processor time, {lines / took:.0f} a second, {(most - before) >> 20} MiB more")


def test_a_line_that_no_record_can_hold_is_kept_and_blocks_nothing(tmp_path, server):
    agent = Agent(tmp_path, server.url)
    (agent.logs / "a.log").write_bytes(b"before\n" + b"x" * 1_500_000 + b"\n" + b"after\n")
    with agent:
        wait_for(lambda: len(server.taken) == 2, "the other lines", 10)
        wait_for(lambda: agent.status["kept_aside"] == 1, "the status", 10)
    assert server.taken == [b"before\n", b"after\n"]
    (kept,) = (tmp_path / "state" / "aside").iterdir()
    assert kept.read_bytes() == b"x" * 1_500_000 + b"\n"


def test_conversions_are_done_and_the_original_offsets_kept(tmp_path, server):
    options = [{"optionName": "CSVTOJSON", "customFieldNames": ["invoice", "quantity"]}]
    agent = Agent(tmp_path, server.url, dataProcessingOptions=options)
    (agent.logs / "a.log").write_bytes(b"536365,6\n536366,2\n")
    with agent:
        wait_for(lambda: len(server.taken) == 2, "lines", 10)
    assert server.taken[0] == b'{"invoice":"536365","quantity":"6"}\n'
    with agent:
        (agent.logs / "b.log").write_bytes(b"536367,1\n")
        wait_for(lambda: len(server.taken) == 3, "the new line", 10)


def test_a_slow_stream_does_not_keep_it_from_ending_and_what_was_on_its_way_is_noted(tmp_path, server):
    server.delay = 1.0
    agent = Agent(tmp_path, server.url)
    Writer(agent.logs, 2000, 10**6).run()
    agent.start()
    wait_for(lambda: len(server.taken) >= 500, "a batch", 10)
    began = time.monotonic()
    assert agent.stop() == 0
    assert time.monotonic() - began < 5
    server.delay = 0.0
    with agent:
        wait_for(arrived(server, 2000), "every line", 10)
    assert numbers(server.taken) == list(range(2000))


def test_without_credentials_it_waits_for_some(tmp_path, server):
    agent = Agent(tmp_path, server.url)
    (agent.logs / "a.log").write_bytes(b"one\n")
    keys = tmp_path / "credentials"
    hidden = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SHARED_CREDENTIALS_FILE": str(keys)}
    agent.start(**hidden)
    wait_for(lambda: "Unable to locate credentials" in agent.said, "the complaint", 10)
    keys.write_text("[default]\naws_access_key_id = test\naws_secret_access_key = test\n")
    wait_for(lambda: server.taken == [b"one\n"], "the line", 15)
    agent.stop()


def test_a_wrong_agent_json_ends_it_with_what_is_wrong(tmp_path, server):
    agent = Agent(tmp_path, server.url, maxBufferAgeMillis=1, filePatern="x").start()
    assert agent.process.wait(10) == 1
    assert f"{agent.file}:\nflows[0].maxBufferAgeMillis is 1; wanted is a whole number from 1000 to 900000" in agent.said
    assert os.listdir(tmp_path / "logs") == []
