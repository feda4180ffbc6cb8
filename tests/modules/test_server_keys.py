"""Modules that know how to reach a server, and what it is given first: keys, files of who deploys, host key, account."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.modules.runner import done, load, refused


def mode(path):
    return Path(path).stat().st_mode & 0o777


def public(path):
    """Type and key that belong to a private key."""
    return " ".join(subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True).stdout.split()[:2])


# -- private_files


def test_files_are_for_this_user_alone_and_go_again(tmp_path):
    folder = tmp_path / "ssh"
    options = {"folder": str(folder), "files": {"a.json": "{}\n", "b.config": "Host b\n"}}
    assert done("private_files", check=True, **options).changed
    assert not folder.exists()
    made = done("private_files", **options)
    assert (made.before, made.after) == ({"a.json": None, "b.config": None}, options["files"])
    assert (mode(folder), mode(folder / "a.json")) == (0o700, 0o600)
    for check in (True, False):
        assert not done("private_files", check=check, **options).changed
    (folder / "a.json").chmod(0o644)
    assert done("private_files", **options).differing == {"a.json"}
    assert mode(folder / "a.json") == 0o600

    gone = {"folder": str(folder), "absent": ["a.json", "never-there"]}
    assert done("private_files", check=True, **gone).changed
    assert (folder / "a.json").exists()
    assert done("private_files", **gone).changed
    assert [path.name for path in folder.iterdir()] == ["b.config"]
    assert not done("private_files", **gone).changed


def test_a_name_that_leads_elsewhere_is_refused(tmp_path):
    refused("private_files", "'../x'", "plain names", folder=str(tmp_path), files={"../x": ""})


def test_nothing_to_write_makes_no_folder(tmp_path):
    assert not done("private_files", folder=str(tmp_path / "none"), absent=["a"]).changed
    assert not (tmp_path / "none").exists()


# -- ssh_keys


def test_life_of_key_pairs(tmp_path):
    folder = tmp_path / "ssh"
    options = {"folder": str(folder), "names": ["page", "Server-host"]}
    assert done("ssh_keys", check=True, **options).changed
    assert not folder.exists()
    made = done("ssh_keys", **options).resource
    assert (mode(folder), mode(folder / "page")) == (0o700, 0o600)
    assert made["page"] == (folder / "page.pub").read_text().strip() == f"{public(folder / 'page')} page"
    again = done("ssh_keys", **options)
    assert not again.changed
    assert again.resource == made
    assert done("ssh_keys", check=True, **options, state="absent").changed
    assert done("ssh_keys", **options, state="absent").changed
    assert list(folder.iterdir()) == []
    assert not done("ssh_keys", **options, state="absent").changed


def test_a_private_key_is_never_replaced_and_what_is_missing_beside_it_comes_back(tmp_path):
    options = {"folder": str(tmp_path), "names": ["page"]}
    made = done("ssh_keys", **options).resource["page"]
    private = (tmp_path / "page").read_text()
    (tmp_path / "page.pub").unlink()
    (tmp_path / "page").chmod(0o644)
    assert done("ssh_keys", **options).differing == {"page"}
    assert (tmp_path / "page").read_text() == private
    assert mode(tmp_path / "page") == 0o600
    assert (tmp_path / "page.pub").read_text().strip() == made


def test_rests_of_a_run_that_was_cut_off_are_in_nobodys_way(tmp_path):
    (tmp_path / "page.new").write_text("half")
    (tmp_path / "page.new.pub").write_text("half")
    options = {"folder": str(tmp_path), "names": ["page"]}
    assert done("ssh_keys", **options).resource["page"].startswith("ssh-ed25519 ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page", "page.pub"]


def test_a_private_key_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "page").write_text("no key\n")
    (tmp_path / "page").chmod(0o600)
    refused("ssh_keys", f"ssh-keygen -y -P  -f {tmp_path}/page ended with", folder=str(tmp_path), names=["page"])


# -- ssh_host_key (that SSH then serves it is tried in tests/roles)


@pytest.fixture
def given(tmp_path):
    """(file of a host key, its public half) as user data left it."""
    done("ssh_keys", folder=str(tmp_path), names=["host"])
    return str(tmp_path / "host"), public(tmp_path / "host")


def test_a_key_of_its_own_is_laid_beside_the_given_one_and_stays_the_same(given):
    path, key = given
    assert done("ssh_host_key", check=True, given=key, path=path).result["public_key"] == ""
    assert not Path(f"{path}.own").exists()
    own = done("ssh_host_key", given=key, path=path)
    assert own.changed
    assert public(path) == key
    assert own.result["public_key"] == public(f"{path}.own") != key
    again = done("ssh_host_key", given=key, path=path)
    assert not again.changed
    assert again.result["public_key"] == own.result["public_key"]


def test_a_run_that_is_cut_off_between_the_two_halves_is_ended_by_the_next(given):
    path, key = given
    own = done("ssh_host_key", given=key, path=path).result["public_key"]
    os.rename(f"{path}.own", path)  # and killed here
    found = done("ssh_host_key", given=key, path=path)
    assert not found.changed
    assert found.result["public_key"] == own
    load("ssh_host_key").put_into_use(path)
    assert Path(f"{path}.pub").read_text().split()[:2] == own.split()
    assert not Path(f"{path}.own.pub").exists()


def test_half_a_key_is_made_anew(given):
    path, key = given
    Path(f"{path}.own").write_text("half")
    made = done("ssh_host_key", given=key, path=path)
    assert made.changed
    assert made.result["public_key"].startswith("ssh-ed25519 ")


# -- service_account (the user itself is tried on a machine, in tests/roles)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to root")
def test_folders_and_settings_of_a_service(tmp_path):
    root = load("service_account").user("root")
    folder, file = str(tmp_path / "opt" / "page"), str(tmp_path / "etc" / "journald.conf.d" / "page.conf")
    options = {"name": "root", "home": root["home"], "shell": root["shell"], "folders": {folder: "0750"}, "files": {file: "[Journal]\n"}}
    assert done("service_account", check=True, **options).changed
    assert list(tmp_path.iterdir()) == []
    made = done("service_account", **options)
    assert made.differing == {"folders", "files"}
    assert (mode(folder), mode(file), Path(file).read_text()) == (0o750, 0o644, "[Journal]\n")
    for check in (True, False):
        assert not done("service_account", check=check, **options).changed
    os.chmod(folder, 0o777)
    assert done("service_account", **options).differing == {"folders"}
    assert mode(folder) == 0o750


def test_a_mode_that_is_no_text_of_four_digits_is_refused(tmp_path):
    refused("service_account", "four digits in quotes", name="page", home="/var/lib/page", folders={str(tmp_path): 750})
