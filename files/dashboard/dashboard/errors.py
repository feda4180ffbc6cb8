"""Errors in the look of the pages, or as JSON or text where the address asks for data."""

import logging
import secrets

from flask import Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from dashboard.accounts import Unavailable
from dashboard.aws import AwsError

log = logging.getLogger(__name__)


def register(app):
    app.register_error_handler(HTTPException, _expected)
    app.register_error_handler(AwsError, _aws)
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def _expected(error):
    if error.response is not None:
        return error.response
    response = _page(error.code, error.name, error.description)
    if error.code == 405:
        response.headers["Allow"] = ", ".join(error.valid_methods or ("GET", "HEAD"))
    # A page's script is answered without, or the browser would ask for a password in a window of its own.
    if error.code == 401 and request.headers.get("Sec-Fetch-Dest") != "empty":
        response.headers["WWW-Authenticate"] = 'Basic realm="dashboard", charset="UTF-8"'
    if getattr(error, "retry_after", None):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _aws(error):
    log.warning("%r: %s", request.path, error)
    return _page(502, "AWS did not answer", f"{error}. Try again; if it stays, look at the dashboard's role and at its log.")


def _unavailable(_):
    return _page(503, ServiceUnavailable().name, "Nobody can sign in now. The dashboard's log says why.")


def _unexpected(error):
    mark = secrets.token_hex(4)
    log.error("%r failed [%s]", request.path, mark, exc_info=error)
    return _page(500, InternalServerError().name, f"This is a fault of the dashboard. Its log has the details under {mark}.")


def _page(status, name, message):
    if request.path.endswith(".json"):
        response = jsonify(error={"status": status, "name": name, "message": message})
    elif request.path.endswith(".csv"):
        response = Response(f"{status} {name}: {message}\n", mimetype="text/plain")
    else:
        response = Response(render_template("error.html", status=status, name=name, message=message), mimetype="text/html")
    response.status_code = status
    return response
