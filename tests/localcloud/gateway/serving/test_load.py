"""A short load: nothing is lost. What a minute of it takes is `python -m tests.bench.load_clickstream`."""

from tests.local_cloud import wait_for
from tests.localcloud.gateway.serving import load


def test_under_load_all_that_is_accepted_is_stored_once_and_nothing_else(site):
    site.make_clickstream()
    sent = load.run(site, seconds=4, rate=300)
    assert sent.number == 1200
    assert set(sent.refused.values()) == {400}
    assert set(sent.refused) == {number for number in range(1, 1201) if number % load.WRONG_EVERY == 0}
    wait_for(lambda: sum(load.stored(site).values()) >= len(sent.accepted), "all that was accepted in S3", 30)
    found = load.stored(site)
    assert set(found) == sent.accepted
    assert set(found.values()) == {1}
