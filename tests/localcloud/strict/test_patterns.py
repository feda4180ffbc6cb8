"""Patterns of AWS's models are Java's; Python must read them alike."""

import importlib.util
from pathlib import Path

import botocore.session
import pytest

PLUGIN = Path(__file__).resolve().parents[3] / "localcloud" / "botocore_plugin" / "strict_botocore.py"
spec = importlib.util.spec_from_file_location("strict_botocore_under_test", PLUGIN)
strict = importlib.util.module_from_spec(spec)
spec.loader.exec_module(strict)

SERVICES = "apigateway athena budgets cloudwatch ec2 events firehose glue iam kms lambda logs quicksight s3 secretsmanager sns sqs ssm sts"


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        ("[a-z]+", "abc", "abc1"),  # without anchors the whole value must match
        ("^arn:aws:", "arn:aws:s3:::b", "xarn:aws:"),  # with them the pattern says itself
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a\U0001f600", "a\n"),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Größe 1", "a;b"),
        (r"\P{C}+", "é", "é\x00"),
        (r"[^\p{Cntrl}]+", "a", "\x07"),
        (r"[\p{Print}&&[^|:/]]+", "abc", "a|b"),
        (r"[a-d[m-p]]+", "am", "z"),
        (r"(?!(?i)AWS_)[a-zA-Z_]+", "name", "aWs_name"),
        (r"^(?i)(true|false)$", "TRUE", "yes"),
        (r"(?s).{0,3}", "a\nb", "abcd"),
        (r".*", "abc", "a\u2028b"),  # Java's dot stops at every kind of line end
        (r"[\w-]+", "a-b", "a b"),
        (r"[\w-.]+", "a-.b", "a b"),
        (r"\d+", "12", "١٢"),  # Java's \d is ASCII
        (r"\Asnap-[0-9a-f]{8}\z", "snap-0123abcd", "snap-0123abcd\n"),
        (r"^[-_a-z]*${2,64}$", "a-b", "a b"),
        (r"[\x{60}x]", "`", "y"),
        (r"\d{1}+", "1", "12"),
        (r"\Qa.b\E+", "a.b", "axb"),
    ],
)
def test_a_pattern_matches_as_in_java(pattern, right, wrong):
    matches = strict.matcher(pattern)
    assert matches(right)
    assert not matches(wrong)


@pytest.mark.parametrize("pattern", [r"\p{InGreek}", r"(?U)\w", "(a", "a)", "[z-a]", r"\j", r"(?<y>\d)\k<y>", "a{11}{0,5}"])
def test_a_pattern_that_cannot_be_translated_is_not_checked(pattern):
    assert strict.matcher(pattern) is None


def test_every_pattern_of_the_services_in_use_is_translated():
    session = botocore.session.get_session()
    seen, untranslated = set(), []
    for service in SERVICES.split():
        model = session.get_service_model(service)
        for name in model.shape_names:
            pattern = model.shape_for(name).metadata.get("pattern")
            if pattern and pattern not in seen:
                seen.add(pattern)
                if strict.matcher(pattern) is None:
                    untranslated.append(pattern)
    assert len(seen) > 300
    assert untranslated == []
