"""REST v1: plain routes for pixels, annotations, operations, refine tools, exports and jobs.

Each module adds its routes to one blueprint; which permission a route demands stands in
``security/permissions.py``. The person and the project are taken from the session and the address.
"""

from flask import Blueprint, Flask

from datasetbuilder.app.rest import (
    agreement,
    annotations,
    beside,
    conflicts,
    correcting,
    errors,
    explore,
    exports,
    guides,
    history,
    images,
    imports,
    jobs,
    maps,
    measure,
    openapi,
    operations,
    overview,
    people,
    pixels,
    presence,
    projects,
    queue,
    refine,
    reviews,
    session,
    shapes,
)
from datasetbuilder.app.security.login import Entrance
from datasetbuilder.app.services import Services

PREFIX = "/api/v1"
_MODULES = (
    projects,
    images,
    annotations,
    operations,
    conflicts,
    presence,
    history,
    pixels,
    refine,
    shapes,
    measure,
    explore,
    maps,
    correcting,
    exports,
    imports,
    jobs,
    people,
    queue,
    reviews,
    guides,
    agreement,
    overview,
    beside,
    openapi,
)


def register(server: Flask, services: Services, entrance: Entrance) -> None:
    """Add every route of the API, and plain answers for every fault."""
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    for module in _MODULES:
        module.register(api, services)
    session.register(api, services, entrance)
    api.add_url_rule("/<path:rest>", "unknown", errors.no_such_route, methods=["GET"])
    server.register_blueprint(api)
    errors.register(server)
