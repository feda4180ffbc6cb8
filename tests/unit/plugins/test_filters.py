"""Filters: plain values in, plain values out."""

import hashlib

import pytest

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
            "inventory_hostname": "orders",
            "pipeline_slug": "orders",
            "name_prefix": "",
            "ansible_facts_of_it": [{"name": "Ansible's own"}],
            "groups": [{"name": "Ansible's own"}],
        },
        "shared": {"lambda_layers": [{"name": "layer"}]},
        "dashboard": {"iam_roles": [{"name": "not asked for"}]},
    }
    assert filter_named("declared_names")(hostvars, ["orders", "shared"]) == [
        "/aws/lambda/F",
        "a",
        "b",
        "layer",
        "orders-failures-waiting-b",  # the alarm on the queue, which nobody declares
    ]


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


def test_an_audit_key_is_the_one_that_the_function_derives():
    """Its rule, by hand: the readable stem and sixteen digits of the whole key's SHA-256."""
    key = filter_named("orders_audit_key")
    digest = hashlib.sha256(b"raw/a b/orders.csv").hexdigest()[:16]
    assert key("raw/a b/orders.csv") == f"audit/orders-{digest}.json"
    assert key("raw/a b/orders.csv", "log/") == f"log/orders-{digest}.json"
    assert key("raw/orders.csv") != key("raw/orders.csv.gz")


def test_transactions_audit_keys_are_those_that_the_function_derives():
    keys = filter_named("transactions_audit_keys")
    digest = hashlib.sha256(b"raw/a b/one.json.gz").hexdigest()[:16]
    assert keys(["raw/a b/one.json.gz"]) == [f"audit/one-{digest}.json"]
    assert keys(["raw/a b/one.json.gz"], "log/") == [f"log/one-{digest}.json"]
    assert len(set(keys(["raw/one.json", "raw/one.json.gz", "raw/x/one.json"]))) == 3


def test_each_as_makes_texts_of_each_item_without_doubles():
    each_as = filter_named("each_as")
    orders, clicks = {"bucket": "orders", "prefix": "audit/"}, {"bucket": "clicks", "prefix": "log/"}
    made = each_as([orders, clicks, orders], "s3:{bucket}", "s3:{bucket}/{prefix}*")
    assert made == ["s3:orders", "s3:orders/audit/*", "s3:clicks", "s3:clicks/log/*"]
    with pytest.raises(Exception, match="lacks 'workgroup'"):
        each_as([orders], "{workgroup}")
