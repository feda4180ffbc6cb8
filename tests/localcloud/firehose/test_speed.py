"""The promised speed."""

from tests.localcloud.firehose.speed import measured


def test_five_thousand_records_a_second_are_taken(site):
    records, taken, _ = measured(site, 30)
    assert records / taken >= 5000
