"""What our AWS modules share, as far as it needs no AWS."""

import pytest

from tests.unit.plugins.plugin_files import load

shared = load("module_utils", "aws_resource")


def test_tags_go_to_awss_list_and_back():
    assert shared.aws_tags({"b": "2", "a": "1"}) == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert shared.plain_tags([{"Key": "a", "Value": "1"}]) == {"a": "1"}
    assert shared.aws_tags(None) == []
    assert shared.plain_tags(None) == {}


def test_tag_changes_are_what_to_set_and_what_to_remove():
    assert shared.tag_changes({"same": "1", "old": "1", "other": "1"}, {"same": "1", "other": "2", "new": "1"}) == (
        {"other": "2", "new": "1"},
        ["old"],
    )


@pytest.mark.parametrize(
    ("seen", "wanted", "said"),
    [
        (None, {"a": 1}, "it does not exist yet"),
        ({"a": 1}, None, "it is still there"),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}, "b is 2, not 3; c is None, not 4"),
    ],
)
def test_differences_name_just_the_fields_that_differ(seen, wanted, said):
    assert shared.differences(seen, wanted) == said
