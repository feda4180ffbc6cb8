"""The dashboard: shows what the SQL files of each pipeline ask, and what became of each input file.

It knows no pipeline but by its configuration (config.py) and its SQL files (sql_files).
"""

import hashlib
import logging
from pathlib import Path

from flask import Flask

from dashboard import config as configuration
from dashboard import cost, errors, filters, guard, observe, security
from dashboard.aws import Aws
from dashboard.board import Board
from dashboard.forward import Forwarder
from dashboard.metrics import Metrics
from dashboard.pages.account import blueprint as account_pages
from dashboard.pages.audit import blueprint as audit_pages
from dashboard.pages.checks import blueprint as checks_page
from dashboard.pages.health import blueprint as health_pages
from dashboard.pages.live import blueprint as live_parts
from dashboard.pages.menu import blueprint as menu_pages
from dashboard.pages.overview import blueprint as overview_page
from dashboard.pages.pipeline import blueprint as pipeline_page
from dashboard.pages.query import blueprint as query_page

HERE = Path(__file__).parent


def create_app(config=None, aws=None):
    """The WSGI application.

    `config`: a config.Config, or a dict of what the JSON file holds; without it the file that DASHBOARD_CONFIG names is read.
    `aws`: an aws.Aws or what has its methods; tests give their own. ConfigError lists all that is wrong with the configuration.
    """
    if not isinstance(config, configuration.Config):
        config = configuration.load() if config is None else configuration.check(config)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app = Flask(__name__)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 86_400  # the address changes with the content, see static_version
    app.url_map.strict_slashes = False  # redirects would repeat the Host header
    app.url_map.merge_slashes = False
    metrics = Metrics()
    app.extensions["dashboard"] = Board(config, aws or Aws(config.region, config.endpoint_url), metrics)
    app.extensions["forwarder"] = Forwarder(config.endpoint_url)
    observe.register(app, metrics)
    security.register(app)
    guard.register(app, config.auth, metrics)
    errors.register(app)
    filters.register(app)
    app.jinja_env.globals.update(site=config, static_version=_static_version(), least_cost=_least_cost(config))
    if config.auth:
        app.register_blueprint(account_pages)
    for blueprint in (overview_page, health_pages, audit_pages, pipeline_page, checks_page, live_parts, menu_pages, query_page):
        app.register_blueprint(blueprint)
    return app


def _least_cost(config):
    """Dollars of a query that scans next to nothing."""
    return cost.list_price(0, config.price_per_tb_usd, config.minimum_billed_bytes)


def _static_version():
    """A few letters that change when any static file does."""
    digest = hashlib.sha256()
    for path in sorted((HERE / "static").iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
