"""Measuring: raw samples for the browser, exact profiles, the scale, objects of an image."""

import math
from typing import Any

import numpy as np
from flask import Blueprint, Response, g, jsonify, request

from datasetbuilder.api import Project
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.rest.images import number_argument
from datasetbuilder.app.rest.sight import sets_shown
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.security.headers import IMMUTABLE
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.app.services import Services
from datasetbuilder.errors import PermissionDenied, WireError
from datasetbuilder.measure import Scale, angles, length, profile, scale_from_known_length
from datasetbuilder.measure import scale_from_wire as read_scale
from datasetbuilder.model import Image
from datasetbuilder.pixels.histogram import histogram, shrunk
from datasetbuilder.projects.scales import recorded_scale, said_scale

_LONGEST = 1024
_COARSEST = 64
_SENT = {"b": "uint8", "int64": "float64", "uint64": "float64", "float16": "float32"}


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""
    place = "/projects/<slug>/images/<int:image_id>"

    @api.get(f"{place}/samples", endpoint="samples")
    def show_samples(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        return _samples(services.pixels.pixels(project, image), image)

    @api.get(f"{place}/histogram", endpoint="histogram")
    def show_histogram(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        found = histogram(services.pixels.pixels(project, image))
        document = {"low": found.low, "high": found.high, "window": list(found.window)}
        return _kept(jsonify({**document, "counts": found.counts.tolist()}), image)

    @api.post(f"{place}/profile", endpoint="profile")
    def show_profile(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        body = bodies.read(bodies.Line)
        pixels = services.pixels.pixels(project, image)
        found = profile(pixels, body.points, body.width)
        return jsonify(
            {
                "distance": found.distance.tolist(),
                "values": [_numbers(channel) for channel in found.values.T],
                "length": length(body.points),
                "angles": _numbers(np.array(angles(body.points))),
            }
        )

    @api.get(f"{place}/scale", endpoint="scale")
    def show_scale(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        return jsonify(scale_document(project, image_at(project, image_id)))

    @api.put(f"{place}/scale", endpoint="set_scale")
    def set_scale(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        body = bodies.read(bodies.SaidScale)
        if body.of == "project" and not g.member.may(Permission.MANAGE):
            raise PermissionDenied("Only an administrator says the scale of all images.")
        chosen = image.id if body.of == "image" else None
        project.set_scale(_said(body), image_id=chosen, author=current_user())
        return jsonify(scale_document(project, image))

    @api.get(f"{place}/measurements", endpoint="image_measurements")
    def measure_image(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        found = project.measure(image_id=image.id, sets=sets_shown(project))
        return jsonify({**columns_to_wire(found.table), "problems": list(found.problems)})


def scale_document(project: Project, image: Image) -> dict[str, Any]:
    """The scale of an image as JSON, with where it comes from."""
    said = said_scale(project.info, image.id)
    if said is not None:
        return {"scale": said[0].to_wire(), "from": said[1]}
    recorded = recorded_scale(project.workspace.library, project.slug, image)
    if recorded is not None:
        return {"scale": recorded.to_wire(), "from": "file"}
    return {"scale": None, "from": None}


def columns_to_wire(table: Any) -> dict[str, Any]:
    """A table by columns; null where there is no number."""
    columns = list(table.columns)
    values = {
        name: _numbers(table[name].to_numpy())
        if table[name].dtype.kind == "f"
        else table[name].tolist()
        for name in columns
    }
    return {"columns": columns, "values": values, "n": len(table)}


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.tolist()]


def _said(body: bodies.SaidScale) -> Scale | None:
    if body.pixels is not None or body.known is not None:
        return scale_from_known_length(body.pixels or 0.0, body.known or 0.0, body.unit)
    if body.per_pixel is None:
        return None
    return read_scale({"per_pixel": body.per_pixel, "unit": body.unit})


def _samples(pixels: np.ndarray, image: Image) -> Response:
    """A window of the picture as plain numbers, little end first, channel beside channel."""
    x, y = number_argument("x", 0) or 0, number_argument("y", 0) or 0
    shrink = number_argument("shrink", 1, least=1, most=_COARSEST) or 1
    most = _LONGEST * shrink
    width = number_argument("width", most, least=1, most=most) or 1
    height = number_argument("height", most, least=1, most=most) or 1
    window = pixels[y : y + height, x : x + width]
    if not window.size:
        raise WireError("x", f"the window lies outside of {image.width} by {image.height} pixels")
    name = _SENT.get(window.dtype.name, _SENT.get(window.dtype.kind, window.dtype.name))
    sent = np.ascontiguousarray(shrunk(window, shrink), np.dtype(name).newbyteorder("<"))
    response = Response(sent.tobytes(), mimetype="application/octet-stream")
    response.headers["X-Samples"] = f"{name} {1 if window.ndim == 2 else window.shape[2]}"
    return _kept(response, image)


def _kept(response: Response, image: Image) -> Response:
    """The browser keeps what the address names by the picture's hash."""
    named = request.args.get("v", "")
    kept = len(named) >= 8 and image.sha256.startswith(named)
    response.headers["Cache-Control"] = IMMUTABLE if kept else "private, no-cache"
    return response
