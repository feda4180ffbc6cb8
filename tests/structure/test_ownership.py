"""Everything that a role makes by a name is looked at before anything is changed: is it ours?"""

import pytest

from tests.structure.house import ROLES, role_options
from tests.unit.plugins.plugin_files import filter_named, load

#: Options whose items have names and are no resources of AWS, or lie in one that is looked at, as tables in their database.
NO_RESOURCES = {"dashboard_pipelines", "athena_tables"}


def named_options():
    """Every option of a role that is a list of items with names."""
    return [
        name
        for role in ROLES
        for name, option in role_options(role).items()
        if option["type"] == "list" and option.get("options", {}).get("name") and name not in NO_RESOURCES
    ]


@pytest.mark.parametrize("option", named_options())
def test_what_has_a_name_is_looked_at(option):
    assert option in load("filter", "declared_resources").KINDS


def test_every_kind_can_be_looked_at():
    from tests.modules.runner import load as load_module

    known = set(load_module("owned_resources").KINDS)
    assert set(load("filter", "declared_resources").KINDS.values()) | {"instance profile", "trigger"} == known


def test_names_are_gathered_by_kind():
    hostvars = {
        "one": {"s3_buckets": [{"name": "b"}, {"name": "a"}], "iam_roles": [{"name": "r", "instance_profile": True}, {"name": "s"}]},
        "two": {"s3_buckets": [{"name": "a"}, {"nam": "misspelt"}, "no mapping"], "glue_databases": None},
        "three": {"sqs_queues": [{"name": "not asked for"}]},
    }
    found = filter_named("declared_resources")(hostvars, ["one", "two"])
    assert found == {"bucket": ["a", "b"], "role": ["r", "s"], "instance profile": ["r"]}
