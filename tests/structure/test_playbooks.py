"""site.yml and teardown.yml are each other's mirror, and both inventories have the same hosts."""

from tests.structure.house import HOST_VARS, ROLES, host_variables, inventory, read

NO_RESOURCES = {"localcloud", "preflight", "lock"}  # both playbooks begin with these; the lock is given back at the end


def plays(path):
    """[(hosts, roles)] of the plays that make resources."""
    found = [(play["hosts"], [role if isinstance(role, str) else role["role"] for role in play.get("roles", [])]) for play in read(path)]
    return [(hosts, roles) for hosts, roles in found if roles and not set(roles) & NO_RESOURCES]


def test_teardowns_plays_and_roles_are_sites_reversed():
    mirrored = [(hosts, list(reversed(roles))) for hosts, roles in reversed(plays("site.yml"))]
    assert plays("teardown.yml") == mirrored
    assert len(mirrored) >= 3


def test_every_role_is_used_by_both():
    for path in ("site.yml", "teardown.yml"):
        used = {role if isinstance(role, str) else role["role"] for play in read(path) for role in play.get("roles", [])}
        assert used == set(ROLES)


def test_teardown_asks_for_absence_and_site_never_does():
    for play in read("teardown.yml"):
        roles = {role if isinstance(role, str) else role["role"] for role in play.get("roles", [])}
        if roles and not roles & NO_RESOURCES:
            assert play["vars"] == {"pipeline_state": "absent"}, play["name"]
    assert all("pipeline_state" not in play.get("vars", {}) for play in read("site.yml"))


def test_each_role_has_its_name_as_its_tag():
    for path in ("site.yml", "teardown.yml"):
        for play in read(path):
            for role in play.get("roles", []):
                if play.get("tags") != ["always"]:
                    # Others need the customer key's ARN whatever is asked for.
                    assert role["tags"] == [role["role"]] + (["always"] if role["role"] == "kms" else [])


def test_the_last_play_of_teardown_proves_that_nothing_is_left():
    (task,) = read("teardown.yml")[-1]["tasks"]
    assert task["project_leftovers_info"]["fail_if_any"] == "{{ not ansible_check_mode }}"


def test_both_inventories_have_the_same_hosts_besides_the_local_cloud():
    local, aws = dict(inventory("local")), dict(inventory("aws"))
    assert local.pop("localclouds") == ["localcloud"]
    assert aws.pop("localclouds") == []
    assert local == aws
    assert local["pipelines"]


def test_every_file_of_host_vars_is_of_a_host():
    hosts = {host for group in inventory("local").values() for host in group}
    assert {path.stem for path in HOST_VARS} <= hosts
    assert set(inventory("local")["pipelines"]) <= set(host_variables())
