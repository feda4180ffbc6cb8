"""User data is read as cloud-init reads it, as far as it is known here; what is bad is said and harms nothing else."""

import base64
import gzip

import pytest

from localcloud.machines.user_data import plan


def cloud_config(text):
    return plan(f"#cloud-config\n{text}".encode())


def test_nothing_asks_for_nothing():
    assert plan(b"") == plan(b"\n \n")
    assert not plan(b"").messages


def test_a_script_is_run_as_it_is():
    assert plan(b"#!/bin/sh\necho hello\n").scripts == [("user-data", "#!/bin/sh\necho hello\n")]


def test_host_keys_get_their_files():
    made = cloud_config("ssh_keys:\n  ed25519_private: |\n    PRIVATE\n    KEY\n  ed25519_public: ssh-ed25519 AAAA\n")
    assert made.host_keys == {"ssh_host_ed25519_key": "PRIVATE\nKEY\n", "ssh_host_ed25519_key.pub": "ssh-ed25519 AAAA\n"}
    assert not made.messages


def test_files_are_decoded():
    zipped = base64.b64encode(gzip.compress(b"zipped")).decode()
    made = cloud_config(
        "write_files:\n"
        "- {path: /a, content: text}\n"
        "- {path: /b, content: aGVsbG8=, encoding: b64, owner: 'ec2-user:ec2-user', permissions: '0600'}\n"
        f"- {{path: /c, content: {zipped}, encoding: gz+b64, permissions: 0755, append: true}}\n"
    )
    told = [(file["path"], base64.b64decode(file["content"]), file["owner"], file["mode"], file["append"]) for file in made.files]
    assert told == [
        ("/a", b"text", "root:root", 0o644, False),
        ("/b", b"hello", "ec2-user:ec2-user", 0o600, False),
        ("/c", b"zipped", "root:root", 0o755, True),
    ]


def test_commands_become_one_script():
    made = cloud_config("runcmd:\n- echo one > /x\n- [echo, 'two words', \"it's\"]\n")
    assert made.scripts == [("runcmd", "#!/bin/sh\necho one > /x\necho 'two words' 'it'\"'\"'s'\n")]


def test_keys_and_users():
    made = cloud_config(
        "ssh_authorized_keys: [ssh-ed25519 AAAA me]\n"
        "users: [default, {name: ana, ssh_authorized_keys: [ssh-ed25519 BBBB], sudo: 'ALL=(ALL) NOPASSWD:ALL', groups: 'adm, sudo'}]\n"
        "hostname: tiny\n"
    )
    assert made.hostname == "tiny"
    assert made.authorized_keys == ["ssh-ed25519 AAAA me"]
    (ana,) = made.users
    assert (ana["name"], ana["keys"], ana["sudo"], ana["groups"]) == (
        "ana",
        ["ssh-ed25519 BBBB"],
        ["ALL=(ALL) NOPASSWD:ALL"],
        ["adm", "sudo"],
    )


def test_compressed_user_data_is_read():
    assert plan(gzip.compress(b"#!/bin/sh\n")).scripts == [("user-data", "#!/bin/sh\n")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"hello", "only #cloud-config and #!"),
        (b"\xff\xfe", "not UTF-8"),
        (b"\x1f\x8bxx", "broken gzip"),
        (b"#cloud-config\n{", "not YAML"),
        (b"#cloud-config\n- a\n", "must be a mapping"),
        (b"#cloud-config\npackages: [x]\n", "left out: packages"),
        (b"#cloud-config\nhostname: 'a b'\n", "is no host name"),
        (b"#cloud-config\nruncmd: echo\n", "runcmd: must be a list"),
        (b"#cloud-config\nruncmd: [{a: 1}]\n", "neither a string nor a list"),
        (b"#cloud-config\nssh_keys: {dsa_private: x}\n", "is no key's name"),
        (b"#cloud-config\nssh_keys: [x]\n", "ssh_keys:"),
        (b"#cloud-config\nusers: [{name: 'Bad Name'}]\n", "no usable name"),
        (b"#cloud-config\nwrite_files: [{path: relative}]\n", "must be absolute"),
        (b"#cloud-config\nwrite_files: [{path: /run/x}]\n", "empties /run"),
        (b"#cloud-config\nwrite_files: [{path: /x, permissions: rw}]\n", "write_files:"),
        (b"#cloud-config\nwrite_files: [{path: /x, encoding: rot13}]\n", "encoding is 'rot13'"),
        (b"#cloud-config\nwrite_files: [{path: /x, content: '%', encoding: gz}]\n", "is no gz"),
    ],
)
def test_what_cannot_be_used_is_said(text, said):
    assert said in "\n".join(plan(text).messages)


def test_one_bad_file_does_not_lose_the_others():
    made = cloud_config("write_files: [{path: bad}, {path: /good, content: x}]\nruncmd: [echo]\n")
    assert [file["path"] for file in made.files] == ["/good"]
    assert made.scripts
    assert len(made.messages) == 1
