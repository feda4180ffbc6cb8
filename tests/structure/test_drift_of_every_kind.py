"""Every kind of resource is changed by hand once, and what check-drift then says of it is expected word for word."""

from tests.e2e import changes
from tests.unit.plugins.plugin_files import load

KINDS = {*load("filter", "declared_resources").KINDS.values(), "instance profile"}


def test_every_kind_that_can_be_declared_is_changed_by_hand():
    assert set(changes.CHANGES) == KINDS, "tests/e2e/changes.py: CHANGES needs a change of each kind, and none of others"


def test_of_every_kind_it_is_known_what_is_said():
    expected = changes.drifted("some-")
    assert set(expected) == KINDS, "tests/e2e/changes.py: drifted() needs what is said of each kind, and of no others"
    assert [kind for kind, lines in expected.items() if not lines or len(set(lines)) < len(lines)] == []
