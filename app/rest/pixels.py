"""Pixels for the screen: upright re-encodings, kept by the browser for as long as they are true."""

from flask import Blueprint, Response, abort, request, send_file

from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.security.headers import IMMUTABLE, INERT
from datasetbuilder.app.services import Services
from datasetbuilder.errors import DataError
from datasetbuilder.model import Image

_FEWEST_DIGITS = 8


def register(api: Blueprint, services: Services) -> None:
    """Add the route."""

    @api.get("/projects/<slug>/images/<int:image_id>/pixels/<kind>", endpoint="pixels")
    def show_pixels(slug: str, image_id: int, kind: str) -> Response:
        if kind not in ("thumb", "preview", "full"):
            abort(404, "Pixels come as thumb, preview or full.")
        image = image_at(project_at(services, slug), image_id)
        try:
            path = services.workspace.library.rendition(slug, image, kind)
        except DataError as error:
            abort(410, str(error))
        response = send_file(path, conditional=True, etag=f"{image.sha256}-{kind}")
        response.headers["Cache-Control"] = IMMUTABLE if _names(image) else "private, no-cache"
        response.headers["Content-Security-Policy"] = INERT
        return response


def _names(image: Image) -> bool:
    version = request.args.get("v", "")
    return len(version) >= _FEWEST_DIGITS and image.sha256.startswith(version)
