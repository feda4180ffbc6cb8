"""What every response carries, and which requests are not looked at."""

from flask import g, request
from werkzeug.exceptions import Forbidden, MethodNotAllowed, RequestURITooLarge

METHODS = ("GET", "HEAD")
POSTED = ("account.sign_in", "account.sign_out", "menu.relay")  # the endpoints that take something
LONGEST_QUERY_STRING = 3_500  # an object's key of 1,024 bytes, percent-encoded, and some room

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def register(app):
    """Guard the application; who asks is guard.py's affair."""
    app.before_request(_refuse_other_methods)
    app.before_request(_refuse_long_queries)
    app.after_request(_add_headers)


def allow_scripts(*origins):
    """The page that is being made has scripts, from our own files only; they may talk to us and to these origins."""
    g.policy = f"{POLICY}; script-src 'self'; connect-src " + " ".join(("'self'", *origins))


def refuse_other_sites(what):
    """Browsers say from where a request comes; 403 unless it is one of our own pages. `what` it is, for the message."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = site == "same-origin" if site is not None else origin is not None and f"{origin}/" == request.host_url
    if not own:
        raise Forbidden(f"{what} not sent from the dashboard's own page. Open the page and try again; programs use HTTP Basic.")


def _refuse_other_methods():
    if request.method not in METHODS and not (request.method == "POST" and request.endpoint in POSTED):
        raise MethodNotAllowed(METHODS, "This dashboard only shows data: it answers GET and HEAD.")


def _refuse_long_queries():
    if len(request.query_string) > LONGEST_QUERY_STRING:
        raise RequestURITooLarge(f"The address has more than {LONGEST_QUERY_STRING:,} characters after its question mark.")


def _add_headers(response):
    response.headers.setdefault("Content-Security-Policy", g.get("policy", POLICY))
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    return response
