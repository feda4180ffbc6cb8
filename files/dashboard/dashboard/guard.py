"""Who may see what: everything needs a sign-in where the configuration has `auth`, but what is named here."""

import ipaddress
import logging
from urllib.parse import urlencode

from dashboard_server.connections import client_of
from flask import current_app, g, redirect, request
from werkzeug.exceptions import TooManyRequests, Unauthorized

from dashboard.accounts import Accounts
from dashboard.limits import Limits
from dashboard.security import LONGEST_QUERY_STRING

log = logging.getLogger(__name__)

OPEN = ("health.healthz", "static", "account.sign_in", "account.sign_out")  # static: style sheet and icon, also of the form
OPEN_FROM_HERE = ("health.readyz",)  # to a client on loopback
DATA = (".json", ".csv")


class Guard:
    """Sign-in by form and by HTTP Basic, with limits on attempts."""

    def __init__(self, auth, metrics):
        self.accounts = Accounts(auth)
        self.limits = Limits()
        self._metrics = metrics
        metrics.describe("dashboard_sign_ins_total", "Attempts to sign in, by way and outcome.")

    def attempt(self, user, password, way):
        """0 where user and password are right, None where not, or the seconds until the next attempt is allowed."""
        client = client_of((request.remote_addr or "",))
        wait = self.limits.take(client)
        if wait:
            self._metrics.count("dashboard_sign_ins_total", way=way, outcome="refused")
            return wait
        right = self.accounts.check(user, password)
        self._metrics.count("dashboard_sign_ins_total", way=way, outcome="good" if right else "wrong")
        if right:
            self.limits.good(client)
            return 0
        log.warning("sign-in by %s failed from %s", way, request.remote_addr)
        return None

    def basic(self):
        """Whether the request carries the right user and password; 429 or 401 if it carries others, False if none."""
        try:
            given = request.authorization
        except ValueError:  # werkzeug's decoder does not expect letters outside of ASCII
            given = None
        if given is None:
            return False
        user, password = given.username or "", given.password or ""
        if self.accounts.is_remembered(user, password):
            return True
        wait = self.attempt(user, password, "basic")
        if wait:
            raise TooManyRequests(f"There were too many attempts to sign in. Try again in {wait} seconds.", retry_after=wait)
        if wait is None:
            raise Unauthorized("User or password is wrong.")
        self.accounts.remember(user, password)
        return True


def register(app, auth, metrics):
    """Guard the application if there is `auth` (a config.Auth); else all is open."""
    app.jinja_env.globals["inside"] = lambda: auth is None or g.get("inside", False)
    if auth is None:
        return
    app.extensions["guard"] = Guard(auth, metrics)
    app.before_request(_check)
    app.after_request(_renew)


def the_guard():
    """The application's Guard."""
    return current_app.extensions["guard"]


def is_from_here():
    """Whether the client is on loopback."""
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def cookie_name():
    """Under TLS a browser takes a cookie of this name only from this host and only for all of it."""
    return "__Host-dashboard" if request.is_secure else "dashboard"


def set_cookie(response, text):
    response.set_cookie(cookie_name(), text, secure=request.is_secure, httponly=True, samesite="Strict", path="/")


def has_session():
    """Whether the request comes with a good session; one that should be renewed is, with the response."""
    good, renewed = the_guard().accounts.session(request.cookies.get(cookie_name(), ""))
    g.renewed = renewed
    return good


def _check():
    """Let in, or send people to the form and programs away with 401."""
    if request.endpoint in OPEN or (request.endpoint in OPEN_FROM_HERE and is_from_here()):
        return None
    if has_session() or the_guard().basic():
        g.inside = True
        return None
    if request.path.endswith(DATA) or "text/html" not in request.accept_mimetypes.values():
        raise Unauthorized("This needs a user and a password, by HTTP Basic.")
    query = request.query_string.decode("latin-1")
    back = urlencode({"next": request.path + (f"?{query}" if query else "")})
    return redirect("/sign-in" + (f"?{back}" if back != "next=%2F" and len(back) <= LONGEST_QUERY_STRING else ""), 303)


def _renew(response):
    if g.get("inside") and g.get("renewed"):
        set_cookie(response, g.renewed)
    return response
