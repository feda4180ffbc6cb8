"""`/<pipeline>/menu`: a restaurant's menu to click on, and `/<pipeline>/poc/batch`, which passes clicks on to the API."""

import ipaddress
import json
from pathlib import Path
from urllib.parse import urlsplit

from dashboard_server.connections import client_of
from flask import Blueprint, Response, abort, current_app, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from dashboard.forward import LARGEST, Refused
from dashboard.pages import arguments, pipeline_or_404
from dashboard.security import allow_scripts, refuse_other_sites

blueprint = Blueprint("menu", __name__)

CARD = json.loads((Path(__file__).parents[1] / "menu.json").read_text(encoding="utf-8"))


@blueprint.get("/<name>/menu")
def show(name):
    """Browsers let no page of another address talk to a server on loopback: then clicks go by way of us."""
    pipeline = _pipeline(name)
    arguments()
    relayed = _is_loopback(pipeline.menu.url) and not _is_loopback(request.host_url)
    allow_scripts(*([] if relayed else [pipeline.menu.origin]))
    relay = url_for("menu.relay", name=pipeline.name)
    url, key = (relay.removesuffix("/poc/batch"), "") if relayed else (pipeline.menu.url, pipeline.menu.key)
    return render_template("menu.html", pipeline=pipeline, card=CARD, url=url, key=key, relay=relay, relayed=relayed)


@blueprint.post("/<name>/poc/batch")
def relay(name):
    """What the API answers to a batch. The path is the API's own, so the same client can send to either."""
    pipeline = _pipeline(name)
    refuse_other_sites("These clicks were")
    if request.mimetype != "application/json":
        abort(415, "Clicks are sent as application/json.")
    try:
        body = request.get_data(cache=False) if (request.content_length or 0) <= LARGEST else b" " * (LARGEST + 1)
        status, answer, again = current_app.extensions["forwarder"].send(pipeline.menu, body, client_of((request.remote_addr or "",)))
    except Refused as refused:
        error = HTTPException(str(refused))
        error.code, error.retry_after = refused.status, refused.retry_after
        raise error from refused
    return Response(answer, status, {"Retry-After": again} if again else {}, mimetype="application/json")


def _pipeline(name):
    pipeline = pipeline_or_404(name)
    if pipeline.menu is None:
        abort(404, "This pipeline has no menu to click on.")
    return pipeline


def _is_loopback(url):
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
