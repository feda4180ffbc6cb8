"""What the callback `drift` makes of modules' diffs."""

from tests.unit.plugins.plugin_files import load

drift = load("callback", "drift")


def texts(before, after):
    return [difference["text"] for difference in drift.differences("Queue 'q'", before, after)]


def test_each_field_that_differs_is_named_with_both_values():
    assert texts({"a": 1, "b": "x", "c": None}, {"a": 1, "b": "y", "c": None}) == ['Queue \'q\': b: declared "y", found "x"']


def test_fields_within_fields_are_named_by_their_path():
    before = {"tags": {"a": "1"}, "policy": {"Statement": [{"Effect": "Allow"}, {"Effect": "Deny"}]}}
    after = {"tags": {"b": "1"}, "policy": {"Statement": [{"Effect": "Allow"}]}}
    assert texts(before, after) == [
        "Queue 'q': policy.Statement[1].Effect: declared nothing, found \"Deny\"",
        "Queue 'q': tags.a: declared nothing, found \"1\"",
        "Queue 'q': tags.b: declared \"1\", found nothing",
    ]


def test_a_list_of_plain_values_is_one_field_and_an_empty_one_is_not_told_twice():
    assert texts({"layers": []}, {"layers": ["a"]}) == ["Queue 'q': layers: declared [\"a\"], found []"]
    assert texts({"roles": []}, {"roles": [{"name": "r"}]}) == ["Queue 'q': roles[0].name: declared \"r\", found nothing"]


def test_what_is_not_there_is_one_difference():
    assert texts({}, {"a": 1}) == ["Queue 'q': does not exist"]
    assert texts({"a": 1}, {}) == ["Queue 'q': exists, although it is declared absent"]


def test_long_values_are_cut():
    (said,) = texts({"a": "x" * 5000}, {"a": "y"})
    assert len(said) < 400
    assert said.endswith("…")


def test_a_module_without_a_diff_leaves_the_tasks_name():
    (told,) = drift.of_result("Servers are present", {"changed": True, "_ansible_item_label": "page"})
    assert told["text"] == "Servers are present (page): would be changed"


def test_a_diff_without_a_header_is_named_by_its_task():
    (told,) = drift.of_result("Profiles are present", {"diff": {"before": {"a": 1}, "after": {"a": 2}}})
    assert told["text"] == "Profiles are present: a: declared 2, found 1"


def test_text_that_differs_is_told_without_the_text():
    (told,) = drift.of_result("Units are written", {"diff": [{"before": "a\n", "after": "b\n", "before_header": "/etc/unit"}]})
    assert told["text"] == "/etc/unit: content differs"
