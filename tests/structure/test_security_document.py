"""docs/security.md says of each control what tests/e2e/controls.py does with it."""

from tests import security_table
from tests.e2e import controls


def test_every_control_is_told_of_and_no_other():
    told = security_table.controls()
    assert set(told) == set(controls.CHECKS) | set(controls.EXCEPTIONS)
    for identity, reason in controls.EXCEPTIONS.items():
        assert told[identity] == f"not held: {reason}"
    for identity, check in controls.CHECKS.items():
        assert told[identity] == check.__name__.replace("_", " ")


def test_no_control_is_both_held_and_excepted():
    assert not set(controls.CHECKS) & set(controls.EXCEPTIONS)


def test_each_row_of_a_role_has_its_reason():
    rows = security_table.rows()
    assert len(rows) > 20
    assert [row for row in rows if not row.why] == []
