"""The rules of the metadata service, on plain values."""

import pytest

from localcloud.machines.metadata import TOKEN_HEADER, TTL_HEADER, View, answer

NOW = 1_800_000_000.0
PATHS = {
    "meta-data/ami-id": "ami-1",
    "meta-data/iam/info": "{}",
    "meta-data/iam/security-credentials/R": lambda: "made",
    "meta-data/gone": None,
}


def view(**changes):
    return View(**{"paths": PATHS, "secret": b"one"} | changes)


def token(seconds=60, secret=b"one"):
    return answer("PUT", "/latest/api/token", {TTL_HEADER: str(seconds)}, view(secret=secret), NOW)[2]


def get(path, given=None, at=NOW, **changes):
    status, _, text = answer("GET", path, {TOKEN_HEADER: given} if given else {}, view(**changes), at)
    return status, text


def test_a_token_opens_until_it_expires():
    given = token(60)
    assert get("/latest/meta-data/ami-id", given, NOW + 59) == (200, "ami-1")
    assert get("/latest/meta-data/ami-id", given, NOW + 60)[0] == 401


def test_a_token_of_another_machine_does_not_open():
    assert get("/latest/meta-data/ami-id", token(secret=b"two"))[0] == 401


@pytest.mark.parametrize("forged", ["", "x", "AAAA", "é", "A" * 60])
def test_a_forged_token_does_not_open(forged):
    assert answer("GET", "/latest/meta-data/ami-id", {TOKEN_HEADER: forged}, view(), NOW)[0] == 401


def test_without_a_token_only_where_it_is_optional():
    assert get("/latest/meta-data/ami-id")[0] == 401
    assert get("/latest/meta-data/ami-id", tokens="optional") == (200, "ami-1")
    assert get("/latest/meta-data/ami-id", "wrong", tokens="optional")[0] == 401


@pytest.mark.parametrize("seconds", ["0", "21601", "-1", "abc", "", "1.5", "²"])
def test_a_lifetime_out_of_range_gets_no_token(seconds):
    assert answer("PUT", "/latest/api/token", {TTL_HEADER: seconds}, view(), NOW)[0] == 400


def test_other_methods_are_refused():
    assert answer("POST", "/latest/meta-data/ami-id", {TOKEN_HEADER: token()}, view(), NOW)[0] == 405
    assert answer("PUT", "/latest/meta-data/ami-id", {TOKEN_HEADER: token()}, view(), NOW)[0] == 405


def test_folders_list_what_is_in_them():
    given = token()
    assert get("/", given) == (200, "latest")
    assert get("/latest/", given) == (200, "meta-data/")
    assert get("/latest/meta-data", given) == (200, "ami-id\niam/")
    assert get("/latest/meta-data/iam/security-credentials/", given) == (200, "R")
    assert get("/latest/meta-data/iam/security-credentials/R", given) == (200, "made")


@pytest.mark.parametrize(
    "path", ["/latest/meta-data/gone", "/latest/meta-data/am", "/latestmeta-data/ami-id", "/2016/meta-data", "/latest/../etc"]
)
def test_what_is_not_there_is_not_found(path):
    assert get(path, token())[0] == 404
