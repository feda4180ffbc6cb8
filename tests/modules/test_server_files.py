"""Modules that make what a server's page needs: certificate, password, packages, release. They need no server to be tried."""

import base64
import datetime
import hashlib
import ssl
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.local_cloud import ROOT
from tests.modules.runner import done, refused

HASHER = (ROOT / "files" / "dashboard" / "dashboard" / "passwords.py").read_text()


def openssl(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout


# -- tls_certificate


@pytest.fixture
def tls(tmp_path):
    """Options of a self-signed certificate."""
    paths = {"certificate_path": str(tmp_path / "tls" / "certificate.pem"), "key_path": str(tmp_path / "tls" / "key.pem")}
    return {**paths, "names": ["203.0.113.7", "dashboard.example.org"]}


def given_pair(until_days=30):
    """(certificate, key) as somebody would give them; good for a time that ends in so many days."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "given")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - datetime.timedelta(60)).not_valid_after(now + datetime.timedelta(until_days))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), private.decode()


def test_a_self_signed_certificate_is_made_once_and_its_key_is_for_the_group_alone(tls):
    planned = done("tls_certificate", check=True, **tls)
    assert (planned.changed, planned.result["fingerprint"]) == (True, "")
    assert not Path(tls["key_path"]).exists()
    made = done("tls_certificate", **tls)
    der = ssl.PEM_cert_to_DER_cert(Path(tls["certificate_path"]).read_text())
    assert made.result["fingerprint"].replace(":", "").lower() == hashlib.sha256(der).hexdigest()
    assert made.result["certificate"] == Path(tls["certificate_path"]).read_text()
    assert Path(tls["key_path"]).stat().st_mode & 0o777 == 0o640
    shown = openssl("x509", "-in", tls["certificate_path"], "-noout", "-text")
    assert "IP Address:203.0.113.7, DNS:dashboard.example.org" in shown
    assert "CA:FALSE" in shown
    for check in (True, False):
        assert not done("tls_certificate", check=check, **tls).changed


def test_a_new_address_gives_a_new_certificate_of_the_same_key(tls):
    done("tls_certificate", **tls)
    key, certificate = Path(tls["key_path"]).read_text(), Path(tls["certificate_path"]).read_text()
    more = {**tls, "names": [*tls["names"], "203.0.113.8"]}
    assert "lacks 203.0.113.8" in done("tls_certificate", check=True, **more).after["certificate"]
    assert done("tls_certificate", **more).changed
    assert Path(tls["key_path"]).read_text() == key
    assert Path(tls["certificate_path"]).read_text() != certificate
    assert not done("tls_certificate", **tls).changed, "fewer names are no reason"


def test_one_that_ends_soon_or_lost_its_key_is_made_anew(tls):
    done("tls_certificate", **tls, days=20)
    assert done("tls_certificate", check=True, **tls).changed
    assert not done("tls_certificate", **tls, renew_days=10).changed
    Path(tls["key_path"]).unlink()
    assert done("tls_certificate", **tls, renew_days=10).changed
    assert not done("tls_certificate", **tls).changed


def test_a_given_certificate_takes_the_place_of_a_self_signed_one(tls):
    done("tls_certificate", **tls)
    certificate, key = given_pair()
    options = {**tls, "certificate": certificate, "key": key}
    assert done("tls_certificate", check=True, **options).changed
    made = done("tls_certificate", **options)
    assert not made.result["self_signed"]
    assert key not in str({name: value for name, value in made.result.items() if name != "invocation"})
    assert Path(tls["certificate_path"]).read_text() == certificate
    assert not done("tls_certificate", **options).changed


def test_what_is_wrong_with_a_given_certificate_is_said_before_anything_is_written(tls):
    certificate, key = given_pair()
    _, other = given_pair()
    refused("tls_certificate", "do not belong together", **tls, certificate=certificate, key=other)
    refused("tls_certificate", "only one of them was given", **tls, certificate=certificate)
    refused("tls_certificate", "not one in PEM", **tls, certificate="nonsense", key=key)
    past = given_pair(until_days=-1)
    refused("tls_certificate", "past its end", **tls, certificate=past[0], key=past[1])
    refused("tls_certificate", "needs names", **{**tls, "names": []})
    assert not Path(tls["key_path"]).exists()


# -- dashboard_password


@pytest.fixture
def sign_in(tmp_path):
    return {"path": str(tmp_path / "password"), "secret_key_path": str(tmp_path / "secret-key"), "user": "viewer", "hasher": HASHER}


def accepts(options, password):
    """Does the application take this password?"""
    module = {}
    exec(HASHER, module)
    user, hashed = module["read"](Path(options["path"]).read_text())
    assert user == options["user"]
    return module["verify"](password, hashed)


def test_a_password_is_generated_once_told_once_and_kept_as_a_hash(sign_in):
    planned = done("dashboard_password", check=True, **sign_in)
    assert (planned.changed, planned.result["generated"]) == (True, "")
    assert not Path(sign_in["path"]).exists()
    made = done("dashboard_password", **sign_in)
    password = made.result["generated"]
    assert len(password) == 20
    assert password not in Path(sign_in["path"]).read_text()
    assert accepts(sign_in, password)
    assert {Path(sign_in[key]).stat().st_mode & 0o777 for key in ("path", "secret_key_path")} == {0o640}
    again = done("dashboard_password", **sign_in)
    assert (again.changed, again.result["generated"]) == (False, "")
    assert password not in str(again.result)


def test_a_given_password_is_held_against_the_hash(sign_in):
    generated = done("dashboard_password", **sign_in).result["generated"]
    given = {**sign_in, "password": "correct horse battery"}
    assert done("dashboard_password", check=True, **given).changed
    assert accepts(sign_in, generated)
    made = done("dashboard_password", **given)
    assert accepts(sign_in, "correct horse battery")
    assert not accepts(sign_in, generated)
    assert "correct horse" not in str(made.result)
    before = Path(sign_in["path"]).read_text()
    assert not done("dashboard_password", **given).changed
    assert Path(sign_in["path"]).read_text() == before
    assert not done("dashboard_password", **sign_in).changed, "without one, the one that is there stays"


def test_another_user_gets_a_password_of_its_own_and_sessions_keep_their_key(sign_in):
    done("dashboard_password", **sign_in)
    key = Path(sign_in["secret_key_path"]).read_text()
    assert len(key.strip()) == 64
    other = done("dashboard_password", **{**sign_in, "user": "reader"})
    assert other.result["generated"]
    assert Path(sign_in["secret_key_path"]).read_text() == key


def test_a_file_that_nobody_can_use_is_replaced_and_a_bad_user_refused(sign_in):
    Path(sign_in["path"]).write_text("nonsense\n")
    assert done("dashboard_password", **sign_in).result["generated"]
    refused("dashboard_password", "letters, digits", **{**sign_in, "user": "a:b"})
    refused("dashboard_password", "1 to 256 characters", **{**sign_in, "password": "x" * 300})


# -- release_archive


@pytest.fixture
def release(tmp_path):
    app = tmp_path / "app"
    (app / "__pycache__").mkdir(parents=True)
    (app / "main.py").write_text("print(1)\n")
    (app / "__pycache__" / "main.pyc").write_bytes(b"compiled")
    common = {"folder": str(tmp_path / "cache"), "name": "page", "trees": {"app": str(app)}}
    return {**common, "texts": {"page.json": "{}"}, "links": {"venv": "../../venvs/1"}}


def test_a_release_is_named_by_its_content(release, tmp_path):
    planned = done("release_archive", check=True, **release)
    made = done("release_archive", **release)
    assert planned.result["release"] == made.result["release"]
    with tarfile.open(made.result["path"]) as tar:
        assert tar.getnames() == ["app/main.py", "page.json", "venv"]
        assert {entry.mtime for entry in tar.getmembers()} == {0}
    assert not done("release_archive", **release).changed
    names = {made.result["release"]}
    for other in ({"texts": {"page.json": "[]"}}, {"links": {"venv": "../../venvs/2"}}, {"salt": "certificate"}):
        names.add(done("release_archive", check=True, **{**release, **other}).result["release"])
    (tmp_path / "app" / "main.py").write_text("print(2)\n")
    changed = done("release_archive", **release)
    assert len(names | {changed.result["release"]}) == 5
    assert [Path(changed.result["path"])] == list((tmp_path / "cache").iterdir()), "the former archive goes"


def test_a_folder_that_is_missing_is_named(release):
    refused("release_archive", "trees.sql is '/nowhere'", **{**release, "trees": {"sql": "/nowhere"}})


# -- wheel_archive and locked_venv


def wheel(folder, name, version):
    """A wheel of one module; returns the lock's line for it."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=") for path, text in files.items()}
    lines = [f"{path},sha256={digest},{len(files[path])}" for path, digest in digests.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in files.items():
            archive.writestr(inner, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """Options of wheel_archive for a lock of one package, which pip finds in a folder; there is no index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    lock = tmp_path / "lock.txt"
    lock.write_text(wheel(folder, "headwater_trial", "1.0"))
    return {"requirements": str(lock), "folder": str(tmp_path / "cache"), "python_version": "3.11", "architecture": "aarch64"}


def test_wheels_are_fetched_once_and_installed_without_an_index(wheels, tmp_path, monkeypatch):
    planned = done("wheel_archive", check=True, **wheels)
    made = done("wheel_archive", **wheels)
    assert planned.changed
    assert made.result["path"] == planned.result["path"]
    assert made.result["digest"].endswith("-cp311-aarch64")
    with tarfile.open(made.result["path"]) as tar:
        assert tar.getnames() == ["requirements.txt", "headwater_trial-1.0-py3-none-any.whl"]
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    assert not done("wheel_archive", **wheels).changed

    venv = {"path": str(tmp_path / "venvs" / "1"), "archive": made.result["path"]}
    assert done("locked_venv", check=True, **venv).changed
    assert not Path(venv["path"]).exists()
    assert "headwater_trial==1.0" in done("locked_venv", **venv).result["packages"]
    program = [f"{venv['path']}/bin/python", "-c", "import headwater_trial; print(headwater_trial.version)"]
    assert subprocess.run(program, capture_output=True, text=True, check=True).stdout == "1.0\n"
    assert not done("locked_venv", **venv).changed
    # What an interrupted run left: everything but the mark.
    (Path(venv["path"]) / "complete.json").unlink()
    assert done("locked_venv", **venv).changed


def test_a_package_that_cannot_be_had_is_named_and_leaves_nothing(wheels, tmp_path):
    Path(wheels["requirements"]).write_text("no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    refused("wheel_archive", "for Python 3.11 on aarch64", "no-such-package", **wheels)
    assert list((tmp_path / "cache").iterdir()) == []
    refused("wheel_archive", "cannot be read", **{**wheels, "requirements": "/nowhere.txt"})


def test_a_wheel_that_was_exchanged_is_refused(wheels, tmp_path):
    made = done("wheel_archive", **wheels)
    other = tmp_path / "other"
    other.mkdir()
    wheel(other, "headwater_trial", "1.0")
    (other / "headwater_trial-1.0-py3-none-any.whl").open("ab").write(b"more")
    with tarfile.open(tmp_path / "exchanged.tar", "w") as tar:
        tar.add(wheels["requirements"], "requirements.txt")
        tar.add(other / "headwater_trial-1.0-py3-none-any.whl", "headwater_trial-1.0-py3-none-any.whl")
    refused("locked_venv", "cannot be made", path=str(tmp_path / "venv"), archive=str(tmp_path / "exchanged.tar"))
    assert made.changed
