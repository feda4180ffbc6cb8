"""Settings are checked before anything is done."""

import pytest

from tests.local_cloud import free_port
from tests.modules.call_recorder import error
from tests.modules.clouds import on
from tests.modules.runner import done, refused, run


def settings(aws, **others):
    return {"account_id": aws.account, "region": "us-east-1", "allowed_cidrs": ["203.0.113.7/32"], **others}


@on()
def test_right_settings_pass_and_nothing_is_written(aws):
    for check in (True, False):
        outcome = done("aws_preflight", check, **settings(aws))
        assert not outcome.changed
        assert outcome.result["problems"] == []
        assert outcome.calls == ["sts:GetCallerIdentity"]


@on()
def test_all_problems_are_told_at_once(aws):
    outcome = refused(
        "aws_preflight",
        "5 setting(s) to mend (see inventory/group_vars/aws.yml)",
        account_id="123",
        region="eu-nowhere-1",
        allowed_cidrs=["0.0.0.0/0"],
        unknown_variables=["inventory/host_vars/orders.yml sets 'x'"],
    )
    words = ["sets 'x'", "aws_account_id is '123'", "aws_region is 'eu-nowhere-1'", "0.0.0.0/0", f"belong to {aws.account}"]
    for problem, word in zip(outcome.result["problems"], words, strict=True):
        assert word in problem
        assert f"\n  - {problem}" in outcome.msg


@on("moto")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"account_id": ""}, "aws_account_id is not set: the 12 digits"),
        (
            {"account_id": "210987654321"},
            "is '210987654321', but the credentials (arn:aws:sts::123456789012:user/moto) belong to 123456789012",
        ),
        ({"region": ""}, "aws_region is not set, e.g. eu-central-1"),
        ({"region": "us-east-l"}, "aws_region is 'us-east-l', which botocore does not know"),
        ({"allowed_cidrs": []}, "allowed_cidrs is empty"),
        ({"allowed_cidrs": ["203.0.113.7/33"]}, "allowed_cidrs has '203.0.113.7/33': "),
        ({"allowed_cidrs": ["203.0.113.7/24"]}, "has host bits set"),
        ({"allowed_cidrs": ["::/0"]}, "allowed_cidrs has '::/0', the whole internet"),
        ({"settings_file": "my.yml", "region": ""}, "(see my.yml)"),
    ],
)
def test_each_problem_says_what_is_wrong_and_what_was_seen(aws, wrong, words):
    outcome = refused("aws_preflight", words, **settings(aws, **wrong))
    assert len(outcome.result["problems"]) == 1


@on("moto")
def test_where_no_server_is_made_no_addresses_are_needed(aws):
    done("aws_preflight", account_id=aws.account, region="us-east-1")


@on("local")
def test_a_dead_endpoint_is_named_with_the_command_that_starts_it(aws, monkeypatch):
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    refused("aws_preflight", f"the local cloud at {url} does not answer", "ansible-playbook site.yml", **settings(aws))


@on("moto")
def test_credentials_that_do_not_work_say_how_to_set_them(aws, answers):
    answers["sts:GetCallerIdentity"] = error(403, "InvalidClientTokenId", "The security token is invalid")
    refused("aws_preflight", "credentials do not work", "InvalidClientTokenId", "aws_profile", **settings(aws))


@on("moto")
def test_a_profile_that_does_not_exist_is_a_problem_like_any_other(aws, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    outcome = run("aws_preflight", **settings(aws))
    assert outcome.failed
    assert "nobody" in outcome.msg
    assert "aws_profile" in outcome.msg
