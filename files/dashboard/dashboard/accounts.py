"""Who may sign in: the password file, the sessions, and what has just been verified. Knows nothing of HTTP."""

import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections import OrderedDict
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer

from dashboard import passwords

log = logging.getLogger(__name__)

IDLE_SECONDS = 2 * 3600  # a session ends after this without a request
ABSOLUTE_SECONDS = 12 * 3600  # and after this in any case
RENEW_SECONDS = 300  # a session's cookie is written anew at most so often
VERIFIED_SECONDS = 300  # for which a program's password is not hashed again
VERIFIED_SIZE, ENDED_SIZE = 100, 10_000
HASHES_AT_ONCE = 2  # each takes 32 MiB


class Unavailable(Exception):
    """Nobody can sign in now; the log says why."""


class Accounts:
    """The one account of `auth` (a config.Auth), its password and its sessions. `clock`: seconds since 1970.

    A session is a signed text, so it outlives a restart. It is tied to the password's hash: a new password ends it.
    """

    def __init__(self, auth, clock=time.time):
        self.user = auth.user
        self._file = Path(auth.password_file)
        self._clock = clock
        self._serializer = URLSafeSerializer(
            Path(auth.secret_key_file).read_bytes().strip(), salt="dashboard-session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._lock = threading.Lock()
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._seen = self._hash = None
        self._ended = OrderedDict()  # sessions that were signed out: id → when they would have ended anyway
        self._verified = OrderedDict()  # digest of what was verified → until when
        self._key = secrets.token_bytes(32)

    def check(self, user, password):
        """Whether these are right; takes as long for an unknown user. Unavailable if the password file cannot be used."""
        hashed = self._current()
        with self._hashing:
            right = passwords.verify(password, hashed)
        return hmac.compare_digest(user.encode("utf-8", "replace"), self.user.encode()) and right

    def remember(self, user, password):
        """Note that these are right, for some minutes."""
        digest = self._digest(user, password)
        with self._lock:
            self._verified[digest] = self._clock() + VERIFIED_SECONDS
            while len(self._verified) > VERIFIED_SIZE:
                self._verified.popitem(last=False)

    def is_remembered(self, user, password):
        """Whether these have been right within the last minutes, and the password has not changed since."""
        digest = self._digest(user, password)
        with self._lock:
            return self._verified.get(digest, 0) > self._clock()

    def new_session(self):
        """A session's text, for a cookie."""
        now = int(self._clock())
        return self._write(secrets.token_urlsafe(16), now, now)

    def session(self, text):
        """(whether the text is a session that is good now, its text to keep instead if it should be renewed or None)."""
        found = self._read(text)
        if not found:
            return False, None
        now = int(self._clock())
        return True, self._write(found["id"], found["since"], now) if now - found["seen"] >= RENEW_SECONDS else None

    def end_session(self, text):
        """The session is good no more, whoever has a copy of it."""
        found = self._read(text)
        if found:
            with self._lock:
                self._ended[found["id"]] = found["since"] + ABSOLUTE_SECONDS
                while len(self._ended) > ENDED_SIZE or next(iter(self._ended.values())) < self._clock():
                    self._ended.popitem(last=False)

    def _write(self, session_id, since, seen):
        return self._serializer.dumps({"id": session_id, "since": since, "seen": seen, "password": self._fingerprint()})

    def _read(self, text):
        try:
            found = self._serializer.loads(text)
            now = self._clock()
            good = (
                hmac.compare_digest(found["password"], self._fingerprint())
                and now < found["since"] + ABSOLUTE_SECONDS
                and now < found["seen"] + IDLE_SECONDS
            )
        except (BadData, Unavailable):
            return None
        with self._lock:
            return found if good and found["id"] not in self._ended else None

    def _fingerprint(self):
        return hashlib.sha256(self._current().encode()).hexdigest()[:16]

    def _digest(self, user, password):
        text = "\0".join((self._current(), user, password)).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")

    def _current(self):
        """The password's hash, read again when its file has changed. Unavailable, and a line in the log, if there is none."""
        try:
            status = self._file.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError as error:
            seen = error
        with self._lock:
            if not _same(seen, self._seen):
                self._seen, self._hash = seen, self._load(seen)
            if self._hash is None:
                raise Unavailable
            return self._hash

    def _load(self, seen):
        try:
            if isinstance(seen, OSError):
                raise seen
            user, hashed = passwords.read(self._file.read_text(encoding="utf-8"))
            if user != self.user:
                raise passwords.BadPasswordFile(f"it is for the user {user!r}, the configuration's is {self.user!r}")
            return hashed
        except (OSError, ValueError) as error:
            log.error("nobody can sign in: %s: %s", self._file, getattr(error, "strerror", None) or error)
            return None


def _same(seen, before):
    """Whether two looks at the file found the same; a failure is told once."""
    if isinstance(seen, OSError):
        return isinstance(before, OSError) and before.errno == seen.errno
    return seen == before
