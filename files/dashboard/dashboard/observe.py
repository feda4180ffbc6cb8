"""Counts requests and their durations, by route and never by path, so that no visitor can add series."""

import time

from flask import g, request


def register(app, metrics):
    metrics.describe("dashboard_requests_total", "Requests answered.")
    metrics.describe("dashboard_request_seconds", "Seconds from a request to the head of its response.")

    @app.before_request
    def start():
        g.started = time.monotonic()

    @app.after_request
    def finish(response):
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in ("GET", "HEAD") else "other"
        metrics.count("dashboard_requests_total", route=route, method=method, status=response.status_code)
        if "started" in g:
            metrics.observe("dashboard_request_seconds", time.monotonic() - g.started, route=route)
        return response
