"""The Flask application: `create_app` wires the ports, mounts the resources and installs the one error handler."""

from __future__ import annotations

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from api.clock import Clock
from api.routes import (
    account,
    auth,
    catalogue,
    characters,
    development,
    documentation,
    links,
    memories,
    operations,
    sessions,
    surfaces,
)
from api.routes.http import MAX_BODY, install
from api.routes.operation import routes_without_one
from api.settings import Settings, load_settings
from api.wiring import CannotStart, configure_logging, wire


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """Build the app. `clock` is for tests. Raises BadSettings or CannotStart when it cannot work."""
    settings = settings or load_settings()
    configure_logging(settings.log_level, "api")
    app = Flask("api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.extensions["coc"] = wire(settings, clock)
    v1 = Blueprint("v1", __name__, url_prefix="/api/v1")
    for module in (
        account,
        auth,
        catalogue,
        characters,
        development,
        documentation,
        memories,
        links,
        operations,
        sessions,
        surfaces,
    ):
        v1.register_blueprint(module.bp)
    app.register_blueprint(v1)
    install(app)
    if missing := routes_without_one(app):
        raise CannotStart(
            f"{', '.join(missing)}: say at the route who may use it, with @operation (api/routes/operation.py) and a "
            "right of api/policy/table.py"
        )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
