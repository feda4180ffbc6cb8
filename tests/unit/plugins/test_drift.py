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


# -- stock modules: what amazon.aws 11.4's really show


def permission(ports, *cidrs, protocol="tcp", **other):
    """A security group's permission as EC2 answers it; `ports` an integer, or text as the module's options have it."""
    return {
        "from_port": ports,
        "to_port": ports,
        "ip_protocol": protocol,
        "ip_ranges": [{"cidr_ip": cidr} for cidr in cidrs],
        "ipv6_ranges": [],
        "prefix_list_ids": [],
        "user_id_group_pairs": [],
        **other,
    }


def group(permissions, egress=(), **other):
    shown = {"group_name": "page", "group_id": "sg-1", "description": "SSH", "owner_id": "1", "vpc_id": "vpc-1", "tags": {"a": "b"}}
    return {**shown, "ip_permissions": list(permissions), "ip_permissions_egress": list(egress), **other}


def of_group(found, declared):
    found = found and {**found, "security_group_arn": "arn:aws:ec2:us-east-1:1:security-group/sg-1"}
    result = {"changed": True, "_ansible_item_label": "page", "diff": [{"before": found, "after": declared}]}
    return [told["text"] for told in drift.of_result("Security groups are present", result, "amazon.aws.ec2_security_group")]


def test_a_rule_added_to_a_security_group_is_named_by_protocol_port_and_address():
    found = group([permission(22, "10.0.0.0/8", "198.51.100.7/32"), permission(5000, "10.0.0.0/8")])
    declared = group([permission("22", "10.0.0.0/8"), permission(5000, "10.0.0.0/8")])
    assert of_group(found, declared) == [
        'Security group \'page\': ingress.tcp 22: declared ["10.0.0.0/8"], found ["10.0.0.0/8", "198.51.100.7/32"]'
    ]


def test_rules_that_are_missing_or_nobodys_are_named():
    everybody = {"from_port": None, "to_port": None, "user_id_group_pairs": [{"group_id": "sg-2", "user_id": "1"}]}
    found = group([permission(22, "10.0.0.0/8"), permission(None, protocol="-1", **everybody)])
    declared = group([permission(22, "10.0.0.0/8"), permission("8000-8010", "10.0.0.0/8", from_port="8000", to_port="8010")])
    assert of_group(found, declared) == [
        "Security group 'page': ingress.all: declared nothing, found [\"sg-2\"]",
        "Security group 'page': ingress.tcp 8000-8010: declared [\"10.0.0.0/8\"], found nothing",
    ]


def test_the_order_of_rules_and_the_spelling_of_ports_are_no_differences():
    found = group([permission(22, "10.0.0.0/8", "192.168.0.0/16"), permission(5000, "10.0.0.0/8")], [permission(443, "0.0.0.0/0")])
    declared = group([permission("5000", "10.0.0.0/8"), permission(22, "192.168.0.0/16", "10.0.0.0/8")], [permission("443")])
    assert of_group(found, declared) == ["Security group 'page': egress.tcp 443: declared nothing, found [\"0.0.0.0/0\"]"]


def test_tags_and_descriptions_of_rules_are_named():
    described = permission(22, ip_ranges=[{"cidr_ip": "10.0.0.0/8", "description": "office"}])
    assert of_group(group([described], tags={"a": "x"}), group([permission(22, "10.0.0.0/8")])) == [
        'Security group \'page\': ingress.tcp 22: declared ["10.0.0.0/8"], found ["10.0.0.0/8 (office)"]',
        'Security group \'page\': tags.a: declared "b", found "x"',
    ]


def test_a_security_group_that_is_not_there_is_one_difference():
    assert of_group({}, group([permission(22, "10.0.0.0/8")], group_id=None)) == ["Security group 'page': does not exist"]


def test_a_change_that_a_stock_modules_diff_does_not_show_is_told_all_the_same():
    assert of_group(group([]), group([])) == ["Security groups are present (page): would be changed"]


ROLE = {"arn": "arn:aws:iam::1:role/page", "role_id": "AROA1", "role_name": "page", "tags": {}, "assume_role_policy_document": {}}


def of_profile(found, declared):
    shown = {"instance_profile_name": "page", "path": "/", "arn": "arn:aws:iam::1:instance-profile/page", "tags": {"a": "b"}}
    diff = {"before": found and {**shown, **found}, "after": {**shown, **declared}}
    told = drift.of_result("Instance profiles are present", {"changed": True, "diff": diff}, "amazon.aws.iam_instance_profile")
    return [difference["text"] for difference in told]


def test_an_instance_profiles_role_and_tags_are_named():
    declared = {"roles": [{"role_name": "page"}]}
    assert of_profile({"roles": []}, declared) == ["Instance profile 'page': role: declared \"page\", found nothing"]
    other = {"roles": [{**ROLE, "role_name": "other"}], "tags": {}}
    assert of_profile(other, declared) == [
        'Instance profile \'page\': role: declared "page", found "other"',
        "Instance profile 'page': tags.a: declared \"b\", found nothing",
    ]
    assert of_profile({"roles": [ROLE], "tags": {}}, declared) == ["Instance profile 'page': tags.a: declared \"b\", found nothing"]


def test_an_instance_profile_that_is_not_there_is_one_difference():
    assert of_profile(None, {"path": None, "roles": [{"role_name": "page"}]}) == ["Instance profile 'page': does not exist"]
