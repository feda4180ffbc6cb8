"""Nothing that was accepted is lost: orderly stops, kills, and files that a kill cut off."""

import threading
from collections import Counter

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.firehose.spool import Spool
from tests.local_cloud import Cloud, wait_for
from tests.localcloud.firehose.site import Site

LATER = {"SizeInMBs": 1, "IntervalInSeconds": 900}


@pytest.fixture
def cloud(tmp_path):
    running = Cloud(tmp_path).start()
    yield running
    running.stop()


@pytest.mark.parametrize("kill", [False, True])
def test_what_waits_survives_with_its_stream(cloud, kill):
    site = Site(cloud, "kept")
    site.create(BufferingHints=LATER, CompressionFormat="GZIP")
    site.firehose.tag_delivery_stream(DeliveryStreamName=site.name, Tags=[{"Key": "a", "Value": "b"}])
    site.put(*[f"{number}\n" for number in range(500)])
    before = site.described()
    site.quiet(1.2 if kill else 0)  # other services' changes of the last second do not survive a kill
    cloud.stop(kill=kill)
    cloud.start()
    assert site.described() == before
    assert site.firehose.list_tags_for_delivery_stream(DeliveryStreamName=site.name)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert site.keys() == []
    site.put("500\n")
    site.update(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0})
    assert sorted(map(int, site.lines(number=501))) == list(range(501))


def test_records_that_were_answered_arrive_though_the_process_is_killed_again_and_again(cloud):
    site = Site(cloud, "killed")
    site.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 1}, CompressionFormat="GZIP")
    accepted, stopping = [], threading.Event()

    def put():
        number = 0
        while not stopping.is_set():
            lines = [f"{line:08d} {'x' * 2000}" for line in range(number, number + 50)]
            try:
                site.put(*[f"{line}\n" for line in lines])
            except (BotoCoreError, ClientError):
                continue  # nobody was told that it was taken
            accepted.extend(lines)
            number += 50

    site.quiet(1.2)
    putting = threading.Thread(target=put)
    putting.start()
    for _ in range(2):
        stopping.wait(0.8)
        cloud.stop(kill=True)
        cloud.start()
    stopping.wait(0.5)
    stopping.set()
    putting.join()
    complete = lambda: not set(accepted) - {line.decode() for line in site.lines()}  # noqa: E731 - one line
    wait_for(complete, "the arrival of all that was accepted", 30)
    arrived = Counter(line.decode() for line in site.lines(number=len(accepted)))
    assert len(accepted) > 500
    # A put whose answer the kill swallowed is put again; apart from that a segment that is delivered twice is the same object.
    assert sum(arrived.values()) - len(arrived) <= 2 * 50


def test_a_deletion_that_was_cut_off_is_finished(cloud):
    site = Site(cloud, "half")
    site.create(BufferingHints=LATER)
    site.put("one\n")
    site.iam.delete_role_policy(RoleName=site.name, PolicyName="allow")
    site.quiet(1.2)
    site.firehose.delete_delivery_stream(DeliveryStreamName=site.name)
    cloud.stop(kill=True)
    cloud.start()
    wait_for(lambda: site.firehose.list_delivery_streams()["DeliveryStreamNames"] == [], "the deletion")
    assert not (cloud.folder / "state" / "firehose" / "us-east-1" / f"{site.name}.stream").exists()


# -- the files, without a cloud

MOST = 100


def kept(spool):
    spool.seal()
    return [record for segment in spool.sealed for record in segment.records()]


def test_segments_are_sealed_when_they_are_large_enough_and_keep_the_order(tmp_path):
    spool = Spool(tmp_path)
    records = [(number, bytes([number]) * 30) for number in range(10)]
    spool.append(records[:7], MOST)
    spool.append(records[7:], MOST)
    assert [segment.count for segment in spool.sealed] == [4, 4]
    assert spool.open.count == 2
    assert [segment.oldest for segment in spool.sealed] == [0, 4]
    assert kept(spool) == records


def test_a_spool_goes_on_where_another_process_left_it_and_names_its_segments_alike(tmp_path):
    first = Spool(tmp_path)
    first.append([(1, b"a" * 120), (2, b"b")], MOST)
    ids = [segment.id for segment in (*first.sealed, first.open)]
    second = Spool(tmp_path)
    second.append([(3, b"c")], MOST)
    assert kept(second) == [(1, b"a" * 120), (2, b"b"), (3, b"c")]
    assert [segment.id for segment in second.sealed] == ids


@pytest.mark.parametrize("cut", [1, 5, 13, 14])
def test_a_frame_that_was_cut_off_is_cut_away_and_the_others_stay(tmp_path, cut):
    spool = Spool(tmp_path)
    spool.append([(1, b"one"), (2, b"two")], MOST)
    path = spool.open.path
    path.write_bytes(path.read_bytes()[:-cut])
    again = Spool(tmp_path)
    again.append([(3, b"three")], MOST)
    assert kept(again) == [(1, b"one"), (3, b"three")]


def test_an_empty_file_is_no_segment(tmp_path):
    (tmp_path / "0000000007-5b1b3c1e-0000-4000-8000-000000000000.records").touch()
    spool = Spool(tmp_path)
    assert kept(spool) == []
    assert list(tmp_path.iterdir()) == []
