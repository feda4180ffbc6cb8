"""What every response carries, and which requests are not looked at."""

from flask import request
from werkzeug.exceptions import MethodNotAllowed, RequestURITooLarge

METHODS = ("GET", "HEAD")
LONGEST_QUERY_STRING = 3_500  # an object's key of 1,024 bytes, percent-encoded, and some room

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def register(app):
    """Guard the application. A check of who asks would be one more function before the request."""
    app.before_request(_refuse_other_methods)
    app.before_request(_refuse_long_queries)
    app.after_request(_add_headers)


def _refuse_other_methods():
    if request.method not in METHODS:
        raise MethodNotAllowed(METHODS, "This dashboard only shows data: it answers GET and HEAD.")


def _refuse_long_queries():
    if len(request.query_string) > LONGEST_QUERY_STRING:
        raise RequestURITooLarge(f"The address has more than {LONGEST_QUERY_STRING:,} characters after its question mark.")


def _add_headers(response):
    response.headers.update(HEADERS)
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    return response
