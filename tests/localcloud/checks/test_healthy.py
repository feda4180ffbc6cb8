"""Over healthy data no check finds anything."""

import re

import pytest

from tests.data_checks import PIPELINES, SQL, checks
from tests.localcloud.checks import tables


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_no_check_finds_anything_in_the_sample(pipeline, ask, samples):
    answers = ask(pipeline, samples[pipeline])
    assert len(answers) == len(checks(pipeline)) >= 6
    assert {name: answer.error or answer.rows for name, answer in answers.items() if answer.status != "passed"} == {}


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_sample_is_no_small_one(pipeline, samples):
    assert len(samples[pipeline]) > 100
    assert tables.COLUMNS[pipeline].keys() | tables.PARTITIONS[pipeline].keys() == samples[pipeline][0].keys()


@pytest.mark.parametrize("pipeline", ["order_history", "transactions", "clickstream"])
def test_the_sample_has_the_columns_of_the_table(pipeline):
    text = (SQL / pipeline / "create_table.sql").read_text()
    declared = re.findall(r"^    `?([a-z_]+)`? ((?:decimal\([\d, ]+\)|[a-z]+))", text, re.MULTILINE)
    assert {name: kind.replace(" ", "") for name, kind in declared} == tables.COLUMNS[pipeline] | tables.PARTITIONS[pipeline]
