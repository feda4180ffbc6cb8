"""What a month costs, against figures that were worked out by hand."""

import pytest
from ansible.errors import AnsibleFilterError

from tests.structure.house import ROLES, read, role_options
from tests.unit.plugins.plugin_files import filter_named, load

PRICES = read("files/prices/aws.yml")["prices"]


def estimate(variables, volumes=None, months=(1,), prices=PRICES):
    """The estimate of one host, p."""
    return filter_named("monthly_cost")({"p": variables}, ["p"], {"p": volumes or {}}, prices, list(months))


def costs(variables, volumes=None, months=(1,)):
    """{what: dollars of each month, to a hundredth of a cent}."""
    found = estimate(variables, volumes, months)
    assert found["not_estimated"] == []
    return {line["what"]: [round(cost, 4) for cost in line["costs"]] for line in found["lines"]}


@pytest.mark.parametrize(
    ("schedule", "runs"),
    [
        ("rate(5 minutes)", 8760),
        ("rate(1 hour)", 730),
        ("rate(2 days)", 730 / 48),
        ("cron(10 * * * ? *)", 730),
        ("cron(0/30 * * * ? *)", 1460),
        ("cron(0 3 * * ? *)", 730 / 24),
        ("cron(0 8,20 1 * ? *)", 2),
        ("cron(0 8 ? * MON-FRI *)", 730 / 24 * 5 / 7),
        ("cron(15 10-12 ? * SUN *)", 730 / 24 * 3 / 7),
    ],
)
def test_runs_of_a_schedule_in_a_month_of_730_hours(schedule, runs):
    assert load("filter", "monthly_cost").runs_a_month(schedule) == pytest.approx(runs)


@pytest.mark.parametrize("schedule", ["rate(5 weeks)", "cron(0 3 * * ?)", "daily"])
def test_a_schedule_that_is_none_is_named(schedule):
    with pytest.raises(AnsibleFilterError, match="neither rate"):
        load("filter", "monthly_cost").runs_a_month(schedule)


def test_a_function_costs_its_requests_and_its_memory_times_seconds():
    function = {"name": "dev-clean", "memory_mb": 512}
    variables = {"lambda_functions": [function], "name_prefix": "dev-", "lambda_architecture": "arm64"}
    found = costs(variables, {"functions": {"clean": {"runs": "2000000", "seconds": 3}}})
    # 2 million requests at 0.20; 2,000,000 × 3 s × 0.5 GB = 3,000,000 GB-seconds at 0.0000133334.
    assert found == {"dev-clean, requests": [0.4], "dev-clean, running": [40.0002]}


def test_a_scheduled_function_runs_as_often_as_its_rule():
    variables = {
        "lambda_functions": [{"name": "make", "memory_mb": 1024}],
        "events_rules": [{"name": "often", "schedule": "rate(5 minutes)", "function": "make"}, {"name": "other", "event_pattern": {}}],
    }
    # 8,760 × 1 GB-second at 0.0000166667 of x86_64.
    assert costs(variables, {"functions": {"make": {"seconds": 1}}})["make, running"] == [0.146]


def test_glue_bills_ten_minutes_for_a_crawler_and_dpus_by_the_worker_for_a_job():
    crawlers = [{"name": "nightly", "schedule": "cron(0 3 * * ? *)"}, {"name": "by-hand", "schedule": ""}]
    jobs = [
        {"name": "j", "schedule": "cron(10 * * * ? *)", "worker_type": "G.2X", "workers": 3},
        {"name": "short", "schedule": "rate(1 hour)"},
    ]
    volumes = {"jobs": {"j": {"minutes": 4}, "short": {"minutes": 0.2}}}
    assert costs({"glue_crawlers": crawlers, "glue_jobs": jobs}, volumes) == {
        "crawler nightly": [4.4611],  # 30.4167 × 2 × 10 / 60 × 0.44
        "crawler by-hand": [0],
        "job j": [128.48],  # 730 × 6 × 4 / 60 × 0.44
        "job short": [10.7067],  # 730 × 2 × 1 / 60 × 0.44
    }


def test_firehose_rounds_each_record_up_to_five_kilobytes():
    streams = {"firehose_streams": [{"name": "s"}]}
    # 10 million records: of 220 bytes 50 GB, of 5,001 bytes 100 GB, at 0.029.
    for size, dollars in ((220, 1.45), (5000, 1.45), (5001, 2.9)):
        assert costs(streams, {"streams": {"s": {"records": 10e6, "bytes": size}}}) == {"stream s, 5 KB steps": [dollars]}


def test_a_question_scans_ten_megabytes_at_least_and_more_as_the_data_grow():
    questions = [{"what": "q", "count": 10000, "mb": {"a_month": 8}}]
    found = costs({"athena_workgroups": [{"name": "w"}]}, {"questions": questions}, months=[1, 2, 13])
    # Kept at the middle of the months: 4, 12 and 100 MB. 10,000 × 10, 12 and 100 MB are 0.1, 0.12 and 1 TB at 5.
    assert found == {"q, 10 MB each at least": [0.5, 0.6, 5.0]}


def test_a_server_is_its_hours_its_volume_and_its_address():
    instance = {"name": "web", "instance_type": "t4g.micro", "volume_gb": 20}
    found = costs({"ec2_instances": [instance]})
    assert found == {"web, t4g.micro": [6.132], "web, volume": [1.6], "web, public IPv4 address": [3.65]}
    assert costs({"ec2_instances": [instance], "ec2_enabled": False}) == {}


def test_what_grows_counts_at_the_middle_of_the_month():
    uses = [{"what": "kept", "item": "s3-storage", "quantity": {"at_once": 10, "a_month": 100}}]
    assert costs({}, {"uses": uses}, months=[1, 12]) == {"kept": [1.38, 26.68]}  # 60 and 1,160 GB at 0.023


def test_what_watches_costs_too_and_a_key_only_when_it_is_made():
    variables = {
        "cloudwatch_alarms": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
        "cloudwatch_dashboards": [{"name": "d"}],
        "s3_buckets": [{"name": "counted", "request_metrics": True}, {"name": "not"}],
        "kms_keys": [{"name": "headwater"}],
    }
    volumes = {"uses": [{"what": "kept", "item": "s3-storage", "quantity": 0}]}
    watched = {"alarms": [0.3], "dashboards of CloudWatch": [3.0], "requests of counted, counted": [4.8], "kept": [0]}
    assert costs(variables, volumes) == watched
    assert costs({**variables, "kms_customer_key": "headwater"}, volumes) == {**watched, "key headwater": [1.0]}


def test_alarms_that_follow_from_what_is_declared_count():
    names = {"name_prefix": "", "pipeline_slug": "p", "inventory_hostname": "p"}
    volumes = {"functions": {"f": {"runs": 0.5, "seconds": 0}}}
    found = costs({**names, "lambda_functions": [{"name": "f"}], "sqs_queues": [{"name": "q"}]}, volumes)
    assert found["alarms"] == [0.3]  # errors and throttles of the function, what waits in the queue


def test_what_is_always_free_is_told_apart_and_is_never_more_than_is_used():
    found = estimate({"cloudwatch_alarms": [{"name": str(number)} for number in range(25)], "cloudwatch_dashboards": [{"name": "d"}]})
    assert sum(line["costs"][0] for line in found["lines"]) == pytest.approx(5.5)
    assert found["free"] == [pytest.approx(4.0)]  # ten alarms and the one dashboard


def test_an_api_costs_by_its_requests_and_its_keys_and_plans_nothing():
    declared = {"apigateway_apis": [{"name": "a"}], "apigateway_keys": [{"name": "k"}], "apigateway_usage_plans": [{"name": "p"}]}
    found = estimate(declared, {"apis": {"a": {"requests": "2000000"}}})
    assert [(line["item"], line["costs"]) for line in found["lines"]] == [("apigateway-request", [7.0])]
    assert found["not_estimated"] == []


def test_what_cannot_be_estimated_is_named_and_not_zero():
    variables = {
        "dashboard_pipeline": {"name": "p"},
        "loom_looms": [{"name": "x"}, {"name": "y"}],
        "apigateway_apis": [{"name": "a"}],
        "lambda_functions": [{"name": "f"}],
        "glue_jobs": [{"name": "j"}],
        "firehose_streams": [{"name": "s"}],
        "athena_workgroups": [{"name": "w"}],
        "ec2_instances": [{"name": "i", "instance_type": "m9.huge"}],
    }
    found = estimate(variables)
    said = "\n".join(found["not_estimated"])
    for part in ("what is done with it", "loom_looms (2)", "REST API a", "function f", "job j", "stream s", "workgroup w", "ec2-m9.huge"):
        assert part in said
    assert not [line for line in found["lines"] if line["what"].startswith(("f,", "j", "s"))]


def test_buckets_and_log_groups_without_a_volume_are_named():
    found = estimate({"s3_buckets": [{"name": "b"}], "logs_groups": [{"name": "g"}]}, {"functions": {"f": {}}})
    assert found["not_estimated"] == [
        "p: logs_groups (1): the volumes name no logs-ingest",
        "p: s3_buckets (1): the volumes name no s3-storage",
    ]


def test_a_volume_that_is_no_number_is_named():
    with pytest.raises(AnsibleFilterError, match="'many' is no number"):
        estimate({}, {"uses": [{"what": "x", "item": "s3-get", "quantity": "many"}]})
    with pytest.raises(AnsibleFilterError, match="at_once, a_month"):
        estimate({}, {"uses": [{"what": "x", "item": "s3-get", "quantity": {"a_year": 1}}]})


def test_every_list_that_a_role_takes_is_known_to_the_estimate():
    """A new kind of resource needs an answer: what it costs, or that it costs nothing."""
    module = load("filter", "monthly_cost")
    lists = {
        name
        for role in ROLES
        for name, option in role_options(role).items()
        if option["type"] == "list" and option.get("options", {}).get("name") and not name.startswith("dashboard_")
    }
    assert lists <= module.FREE | {*module.BY_USE, *module.COUNTED, *module.HANDLERS}


def test_every_price_says_for_what_it_is_and_where_it_was_read():
    table = read("files/prices/aws.yml")
    assert table["prices_region"] == "us-east-1"
    for item, price in PRICES.items():
        assert set(price) - {"free"} == {"service", "unit", "usd", "source"}, item
        assert price["usd"] > 0
        assert price["source"] in table["prices_sources"], item


def test_every_use_in_the_volumes_has_a_price():
    for volumes in read("playbooks/vars/volumes.yml")["volumes"].values():
        for use in volumes.get("uses", []):
            assert use["item"] in PRICES


# --- as text


def test_the_report_sums_exact_amounts_and_says_what_is_left_out():
    uses = [{"what": "a", "item": "s3-get", "quantity": 10}, {"what": "b", "item": "s3-get", "quantity": 10}]
    found = estimate({"loom_looms": [{"name": "x"}]}, {"uses": uses})
    lines = filter_named("cost_report")(found)
    # 0.004 and 0.004 are each 0.00, together 0.01.
    assert [line.split()[-1] for line in lines if "S3: " in line] == ["0.00", "0.00"]
    assert next(line for line in lines if line.startswith("All together")).endswith("0.01")
    assert any("loom_looms" in line for line in lines)
    assert all(line == line.rstrip() for line in lines)


def test_a_hosts_table_in_markdown():
    uses = [{"what": "kept", "item": "s3-storage", "quantity": {"a_month": 1000}}]
    assert filter_named("cost_report")(estimate({}, {"uses": uses}, [1, 12]), markdown="p") == [
        "| what | unit price | month 1 | USD | month 12 | USD |",
        "|---|---|---:|---:|---:|---:|",
        "| S3: kept | 0.023 / GB-month | 500 | 11.50 | 11,500 | 264.50 |",
        "| **sum** | | | **11.50** | | **264.50** |",
    ]


def test_prices_keep_their_figures():
    module = load("filter", "cost_report")
    assert [module.price(usd) for usd in (5, 0.2, 0.005, 0.0000133334)] == ["5.00", "0.20", "0.005", "0.0000133334"]
    assert [module.dollars(amount) for amount in (0.005, 0.004, 62.1)] == ["0.01", "0.00", "62.10"]
