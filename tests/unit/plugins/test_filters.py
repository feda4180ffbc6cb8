"""Filters: plain values in, plain values out."""

import hashlib

from tests.unit.plugins.plugin_files import filter_named


def test_declared_names_are_the_names_in_all_lists_of_all_hosts():
    hostvars = {
        "orders": {
            "s3_buckets": [{"name": "b"}, {"name": "a"}],
            "sqs_queues": [{"name": "b"}],
            "logs_groups": [{"name": "/aws/lambda/F"}],
            "dashboard_pipeline": {"name": "no list"},
            "allowed_cidrs": ["203.0.113.7/32"],
            "numbers": [{"name": 5}, {"other": "x"}],
            "ansible_facts_of_it": [{"name": "Ansible's own"}],
            "groups": [{"name": "Ansible's own"}],
        },
        "shared": {"lambda_layers": [{"name": "layer"}]},
        "dashboard": {"iam_roles": [{"name": "not asked for"}]},
    }
    assert filter_named("declared_names")(hostvars, ["orders", "shared"]) == ["/aws/lambda/F", "a", "b", "layer"]


def test_crawler_targets_are_spelt_as_glue_answers_them():
    assert filter_named("glue_s3_targets")(["s3://b/p/"]) == [{"Path": "s3://b/p/", "Exclusions": []}]


def test_statements_allow_and_have_a_condition_only_where_one_is_given():
    condition = {"StringLike": {"s3:prefix": ["p/*"]}}
    statements = [
        {"actions": ["s3:GetObject"], "resources": ["r"]},
        {"actions": ("s3:ListBucket",), "resources": ["r"], "condition": condition},
        {"actions": ["a"], "resources": ["r"], "condition": {}},
    ]
    assert filter_named("iam_statements")(statements) == [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["r"]},
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["r"], "Condition": condition},
        {"Effect": "Allow", "Action": ["a"], "Resource": ["r"]},
    ]


def test_a_functions_layers_are_the_newest_versions_in_the_functions_order():
    def version(name, number):
        return {"version": number, "layer_version_arn": f"arn:{name}:{number}"}

    found = [
        {"item": "a", "layers_versions": [version("a", 9), version("a", 10), version("a", 2)]},
        {"item": "b", "layers_versions": [version("b", 1)]},
        {"item": "missing", "layers_versions": []},
        {"item": "skipped"},
    ]
    newest = filter_named("newest_layers")(["b", "missing", "a", "unknown"], found)
    assert newest == [{"layer_version_arn": "arn:b:1"}, {"layer_version_arn": "arn:a:10"}]
    assert filter_named("newest_layers")([], []) == []


def test_an_audit_key_is_the_one_that_the_function_derives():
    """Its rule, by hand: the readable stem and sixteen digits of the whole key's SHA-256."""
    key = filter_named("orders_audit_key")
    digest = hashlib.sha256(b"raw/a b/orders.csv").hexdigest()[:16]
    assert key("raw/a b/orders.csv") == f"audit/orders-{digest}.json"
    assert key("raw/a b/orders.csv", "log/") == f"log/orders-{digest}.json"
    assert key("raw/orders.csv") != key("raw/orders.csv.gz")
