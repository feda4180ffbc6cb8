import os
import threading

import pytest
from dashboard import accounts
from dashboard.accounts import Accounts, Unavailable
from dashboard.config import Auth

from tests.unit.dashboard.account import PASSWORD, USER, make_auth, set_password


class Clock:
    now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def auth(tmp_path):
    return Auth(**make_auth(tmp_path))


@pytest.fixture
def found(auth, clock):
    return Accounts(auth, clock)


def test_only_the_right_user_with_the_right_password_is_right(found):
    assert found.check(USER, PASSWORD)
    assert not found.check(USER, PASSWORD + "x")
    assert not found.check("root", PASSWORD)
    assert not found.check("vïewer", PASSWORD)


def test_an_unknown_user_takes_a_hash_too(found, monkeypatch):
    hashed = []
    monkeypatch.setattr(accounts.passwords, "verify", lambda *given: hashed.append(given) or True)
    assert not found.check("root", PASSWORD)
    assert len(hashed) == 1


def test_few_hashes_run_at_once(found, monkeypatch):
    """Each takes 32 MiB."""
    running, most, gate = [], [], threading.Event()

    def verify(*_):
        running.append(1)
        most.append(len(running))
        gate.wait(0.05)
        running.pop()
        return False

    monkeypatch.setattr(accounts.passwords, "verify", verify)
    threads = [threading.Thread(target=found.check, args=(USER, "x")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert max(most) == accounts.HASHES_AT_ONCE


def test_a_session_ends_when_idle(found, clock):
    text = found.new_session()
    clock.now += accounts.IDLE_SECONDS - 1
    assert found.session(text)[0]
    clock.now += 2
    assert found.session(text) == (False, None)


def test_a_session_in_use_is_renewed_until_its_absolute_end(found, clock):
    text, began = found.new_session(), clock.now
    while found.session(text)[0]:
        text = found.session(text)[1] or text
        clock.now += 600
        assert clock.now - began <= accounts.ABSOLUTE_SECONDS + 600
    assert clock.now - began >= accounts.ABSOLUTE_SECONDS


def test_a_session_outlives_a_restart(found, auth, clock):
    assert Accounts(auth, clock).session(found.new_session())[0]


def test_a_session_of_another_key_is_none(found, auth, clock, tmp_path):
    text = found.new_session()
    (tmp_path / "secret-key").write_text("k" * 64)
    assert not Accounts(auth, clock).session(text)[0]
    assert found.session(text)[0]
    assert not any(found.session(broken)[0] for broken in ("", "x", text[:-1], text + "x", "." + text, text.swapcase()))


def test_a_session_that_was_signed_out_is_none_whoever_has_a_copy(found):
    text, other = found.new_session(), found.new_session()
    found.end_session(text)
    found.end_session("no session")
    assert [found.session(each)[0] for each in (text, other)] == [False, True]


def test_what_was_signed_out_is_remembered_as_long_as_needed_and_no_longer(found, clock):
    for _ in range(50):
        found.end_session(found.new_session())
    clock.now += accounts.ABSOLUTE_SECONDS + 1
    found.end_session(found.new_session())
    assert len(found._ended) == 1


def test_a_new_password_is_good_at_once_and_ends_old_sessions(found, tmp_path):
    text = found.new_session()
    found.remember(USER, PASSWORD)
    assert found.is_remembered(USER, PASSWORD)
    set_password(tmp_path, "another one")
    assert found.check(USER, "another one")
    assert not found.check(USER, PASSWORD)
    assert not found.is_remembered(USER, PASSWORD)
    assert not found.session(text)[0]
    assert found.session(found.new_session())[0]


def test_what_was_verified_is_remembered_for_some_minutes(found, clock):
    assert not found.is_remembered(USER, PASSWORD)
    found.remember(USER, PASSWORD)
    assert found.is_remembered(USER, PASSWORD)
    assert not found.is_remembered(USER, PASSWORD + "x")
    clock.now += accounts.VERIFIED_SECONDS + 1
    assert not found.is_remembered(USER, PASSWORD)


@pytest.mark.parametrize("text", ["", "viewer:x", "root:$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", None])
def test_without_a_good_password_file_nobody_gets_in_and_it_heals(found, tmp_path, caplog, text):
    session, path = found.new_session(), tmp_path / "password"
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    for _ in range(3):
        with pytest.raises(Unavailable):
            found.check(USER, PASSWORD)
        assert not found.session(session)[0]
    assert caplog.text.count("nobody can sign in") == 1
    set_password(tmp_path, PASSWORD)
    os.utime(path, (1, 1))
    assert found.check(USER, PASSWORD)
