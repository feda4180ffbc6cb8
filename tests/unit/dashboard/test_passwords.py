import subprocess
import sys
from pathlib import Path

import pytest
from dashboard import passwords
from dashboard.passwords import BadPasswordFile

from tests.unit.dashboard.account import cheap_hash


def test_a_new_hash_has_the_documented_form_and_strength():
    hashed = passwords.hash_password("correct horse")
    assert hashed.startswith("$scrypt$ln=15,r=8,p=1$")
    assert passwords.verify("correct horse", hashed)
    assert not passwords.verify("correct horse ", hashed)


def test_each_hash_has_its_own_salt():
    assert cheap_hash("x") != cheap_hash("x")


def test_the_same_letters_written_in_another_way_are_the_same_password():
    assert passwords.verify("Cafe\u0301", cheap_hash("Caf\u00e9"))


def test_the_hash_is_scrypt_as_rfc_7914_has_it():
    """Its test vector N=1024, r=8, p=16, with p within our bounds replaced by the second: N=16384, r=8, p=1."""
    wanted = bytes.fromhex(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )
    assert passwords._scrypt("pleaseletmein", b"SodiumChloride", 14, 8, 1, 64) == wanted


@pytest.mark.parametrize("password", ["", "x" * 257])
def test_a_password_has_bounds(password):
    with pytest.raises(ValueError, match="1 to 256 characters"):
        passwords.hash_password(password)
    assert not passwords.verify(password, cheap_hash("x"))


def test_a_longer_password_is_not_cut_to_a_right_one():
    assert not passwords.verify("x" * 257, cheap_hash("x" * 256))


def test_a_line_is_read_as_it_was_written():
    hashed = cheap_hash("x")
    assert passwords.read(passwords.line("viewer", hashed)) == ("viewer", hashed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "viewer",
        "viewer:",
        "viewer:secret",
        "a b:$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAA",
        "viewer:$scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAA",
        "viewer:$scrypt$ln=20,r=99,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAA",
        "viewer:$scrypt$ln=4,r=8,p=0$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAA",
        "viewer:$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_what_is_no_password_file_is_refused_without_showing_it(text):
    with pytest.raises(BadPasswordFile) as caught:
        passwords.read(text)
    assert "secret" not in str(caught.value)
    assert "AAAA" not in str(caught.value)


def test_it_needs_the_standard_library_only():
    """What deploys the dashboard loads this one file, where no package of the dashboard is."""
    code = f"import runpy; runpy.run_path({str(Path(passwords.__file__))!r})"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, timeout=60)
