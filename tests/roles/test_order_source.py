"""The roles log_generator and kinesis_agent on a machine of the local cloud: every line that is written arrives."""

import json
import re
import time
from collections import Counter

import pytest

from tests.local_cloud import wait_for
from tests.roles.order_source import AGENT, GENERATOR, STREAM, Source
from tests.roles.server import why_no_machines

pytestmark = [pytest.mark.timeout(400), pytest.mark.skipif(why_no_machines() != "", reason=why_no_machines())]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    made = Source(tmp_path_factory.mktemp("source"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def deployed(source):
    run = source.play().succeeded()
    source.make_stream()
    return run


def test_every_line_that_is_written_arrives_once_and_files_are_renamed_on_the_way(source, deployed):
    wait_for(lambda: len(source.ssh("ls", "/var/log/orders").split()) > 2, "rotations", 30)
    written = source.all_arrived()
    arrived = Counter(source.arrived())
    assert sum(written.values()) > 1500
    assert written == arrived
    good = [line for line in written if line.startswith("{") and line.endswith("}")]
    assert len(good) > 0.9 * len(written)
    assert set(json.loads(good[0])) == {
        "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"
    }  # fmt: skip


def test_a_changed_setting_starts_what_it_concerns_once_and_the_next_run_changes_nothing(source, deployed):
    starts = source.starts(GENERATOR), source.starts(AGENT)  # the generator is stopped; a run puts that right
    changed = source.configure(log_generator_rate=400).succeeded()
    assert changed.changes == ["log_generator : The log generator's release is in use (order_source)"]
    again = source.configure(log_generator_rate=400).succeeded()
    assert again.changed == 0
    assert (source.starts(GENERATOR), source.starts(AGENT)) == (starts[0] + 1, starts[1])


def test_killed_and_started_again_every_line_arrives_and_those_that_are_torn_spoil_no_other(source, deployed):
    for _ in range(3):
        source.kill(GENERATOR)
        source.kill(AGENT)
    time.sleep(2)
    written = source.all_arrived()
    whole = [line for line in written if line.startswith("{") and line.endswith("}")]
    assert len(whole) > 0.9 * len(written)
    source.ssh("systemctl", "start", GENERATOR)


def test_both_come_back_after_a_reboot_and_go_on_where_they_were(source, deployed):
    source.ssh("touch", "/run/until-the-reboot")
    source.ssh("systemctl", "reboot", check=False)
    gone = ["sh", "-c", "'test ! -e /run/until-the-reboot && systemctl is-active " + f"{GENERATOR} {AGENT}'"]
    wait_for(lambda: source.ssh(*gone, check=False) == "active\nactive", "the reboot", 90)
    before = len(source.arrived())
    written = source.all_arrived()
    assert len(source.arrived()) > before
    assert sum(written.values()) > 3000
    source.ssh("systemctl", "start", GENERATOR)


@pytest.mark.parametrize("unit", [GENERATOR, AGENT])
def test_the_units_are_confined(source, deployed, unit):
    said = source.ssh("systemd-analyze", "security", "--no-pager", unit)
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])
    assert exposure <= 1.5, said


def test_the_agent_reads_the_files_by_their_group_and_cannot_write_them(source, deployed):
    assert source.ssh("stat", "--format=%U:%G.%a", "/var/log/orders") == f"{GENERATOR}:{GENERATOR}.750"
    assert source.ssh("stat", "--format=%U:%G.%a", "/var/log/orders/orders.log") == f"{GENERATOR}:{GENERATOR}.640"
    groups = source.ssh("cat", f"/proc/{source.main_process(AGENT)}/status")
    number = source.ssh("stat", "--format=%g", "/var/log/orders")
    assert number in re.search(r"^Groups:\s*(.*)$", groups, re.MULTILINE)[1].split()


def test_an_agent_that_cannot_start_fails_the_play_with_its_words_and_the_former_one_ships_on(source, deployed):
    flow = {"filePattern": "/var/log/orders/*.log", "deliveryStream": STREAM, "maxBufferAgeMillis": 5}
    run = source.configure(log_generator_rate=400, kinesis_agent_flows=[flow])
    assert run.code == 2
    assert "maxBufferAgeMillis is 5; wanted is a whole number from 1000 to 900000" in run.text
    assert "is in use again" in run.text
    wait_for(lambda: source.ssh("systemctl", "is-active", AGENT, check=False) == "active", "the former one", 10)
    assert '"maxBufferAgeMillis": 1000' in source.ssh("cat", "/etc/aws-kinesis/agent.json")
    source.all_arrived()
