"""`/sign-in` and `/sign-out`: the form for people, and its end."""

import re

from flask import Blueprint, redirect, render_template, request

from dashboard.guard import cookie_name, has_session, set_cookie, the_guard
from dashboard.security import refuse_other_sites

blueprint = Blueprint("account", __name__)

_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]{0,2000}")
WRONG = "User or password is wrong."


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in():
    """GET shows the form, POST signs in and goes back to `next`, which is one of our own pages."""
    wanted = _own_path(request.values.get("next", "/"))
    if request.method != "POST":
        return redirect(wanted, 303) if has_session() else _form(wanted)
    refuse_other_sites("This form was")
    wait = the_guard().attempt(request.form.get("user", ""), request.form.get("password", ""), "form")
    if wait is None:
        return _form(wanted, WRONG), 403
    if wait:
        message = f"There were too many attempts to sign in. Try again in {wait} seconds."
        return _form(wanted, message), 429, {"Retry-After": str(wait)}
    response = redirect(wanted, 303)
    set_cookie(response, the_guard().accounts.new_session())
    return response


@blueprint.post("/sign-out")
def sign_out():
    refuse_other_sites("This form was")
    the_guard().accounts.end_session(request.cookies.get(cookie_name(), ""))
    response = redirect("/sign-in", 303)
    response.delete_cookie(cookie_name(), path="/", secure=request.is_secure, httponly=True, samesite="Strict")
    return response


def _form(wanted, problem=""):
    return render_template("sign_in.html", wanted=wanted, problem=problem, user=request.form.get("user", "")[:64])


def _own_path(text):
    """`text` if it is the address of a page of ours, else that of the first page."""
    return text if _OWN_PATH.fullmatch(text) and not text.startswith("/sign-") else "/"
