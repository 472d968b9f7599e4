"""Shapes made of shapes. Nothing is stored: the page makes one group of operations of it."""

from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder import geometry
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.services import Services
from datasetbuilder.errors import WireError
from datasetbuilder.model import Geometry, Image, Kind
from datasetbuilder.wire import geometry_from_wire, geometry_to_wire
from datasetbuilder.wire.fields import read_point


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""
    place = "/projects/<slug>/images/<int:image_id>/shapes"

    @api.post(f"{place}/combine", endpoint="combine_shapes")
    def combine(slug: str, image_id: int) -> Response:
        image = image_at(project_at(services, slug), image_id)
        body = bodies.read(bodies.CombineShapes)
        shapes = [_shape(one, f"shapes[{k}]", image) for k, one in enumerate(body.shapes)]
        found = geometry.combined(body.way, shapes, image.shape)
        return jsonify({"shape": None if found is None else _said(found, image)})

    @api.post(f"{place}/divide", endpoint="divide_shape")
    def divide(slug: str, image_id: int) -> Response:
        image = image_at(project_at(services, slug), image_id)
        body = bodies.read(bodies.DivideShape)
        line = tuple(read_point(point, f"line[{k}]") for k, point in enumerate(body.line))
        pieces = geometry.divided(_shape(body.shape, "shape", image), line, image.shape)
        return jsonify({"shapes": [_said(piece, image) for piece in pieces]})

    @api.post(f"{place}/convert", endpoint="convert_shapes")
    def convert(slug: str, image_id: int) -> Response:
        image = image_at(project_at(services, slug), image_id)
        body = bodies.read(bodies.ConvertShapes)
        shapes = [_shape(one, f"shapes[{k}]", image) for k, one in enumerate(body.shapes)]
        return jsonify({"shapes": [_converted(one, Kind(body.to), image) for one in shapes]})


def _converted(shape: Geometry, to: Kind, image: Image) -> dict[str, Any]:
    """With the pixels it covered and covers, so that the page can say what changed."""
    found = geometry.converted(shape, to, image.shape)
    before, after = (geometry.extent(one, image.shape).area for one in (shape, found))
    return {**_said(found, image), "before": before, "after": after}


def _shape(drawn: bodies.DrawnShape, path: str, image: Image) -> Geometry:
    try:
        kind = Kind(drawn.kind)
    except ValueError as error:
        raise WireError(f"{path}.kind", str(error)) from None
    read = geometry_from_wire(kind, drawn.geometry, f"{path}.geometry")
    return geometry.checked(read, image.shape)


def _said(found: Geometry, image: Image) -> dict[str, Any]:
    kept = geometry.checked(found, image.shape)
    return {"kind": kept.kind.value, "geometry": geometry_to_wire(kept)}
