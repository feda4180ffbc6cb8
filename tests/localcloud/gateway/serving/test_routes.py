"""Paths to resources, throttles and quotas: pure parts."""

from datetime import date

import pytest

from localcloud.gateway.serving.limits import Throttles, period
from localcloud.gateway.serving.routes import Routes

ROUTES = Routes(["/", "/pets", "/pets/{id}", "/pets/{id}/toys", "/pets/new", "/files/{proxy+}", "/{any}/x"])


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", ("/", {})),
        ("/pets", ("/pets", {})),
        ("/pets/", ("/pets", {})),
        ("/pets/7", ("/pets/{id}", {"id": "7"})),
        ("/pets/new", ("/pets/new", {})),
        ("/pets/new/toys", ("/pets/{id}/toys", {"id": "new"})),
        ("/files/a/b c", ("/files/{proxy+}", {"proxy": "a/b c"})),
        ("/files", None),
        ("/pets/x", ("/pets/{id}", {"id": "x"})),
        ("/else/x", ("/{any}/x", {"any": "else"})),
        ("/else", None),
        ("/Pets", None),
        ("/pets//toys", None),
    ],
)
def test_a_path_is_the_most_literal_resource(path, found):
    assert ROUTES.find(path) == found


def test_a_bucket_gives_its_burst_and_then_its_rate():
    now = [0.0]
    throttles = Throttles(lambda: now[0])
    taken = lambda times: sum(throttles.take("k", 10, 5) for _ in range(times))  # noqa: E731 - one line
    assert taken(9) == 5
    now[0] += 0.25
    assert taken(9) == 2
    now[0] += 60
    assert taken(9) == 5
    assert throttles.take("other", 10, 5)
    assert all(throttles.take("none", None, None) for _ in range(100))
    assert not throttles.take("zero", 0, 0)


def test_a_quotas_period():
    day = date(2026, 11, 21)  # a Saturday
    assert period(day, "DAY") == ("2026-11-21", "2026-11-21")
    assert period(day, "WEEK") == ("2026-11-15", "2026-11-21")
    assert period(date(2026, 12, 31), "MONTH") == ("2026-12-01", "2026-12-31")
