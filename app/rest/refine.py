"""Refine tools: strokes or a rough outline in, a proposal out."""

from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.app.refining import Shape
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.services import Services
from datasetbuilder.model import Kind, Polygon
from datasetbuilder.wire import geometry_from_wire, geometry_to_wire, strokes_from_wire

_OVERTAKEN = "A newer request took over."


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""
    refining = services.refining
    place = "/projects/<slug>/images/<int:image_id>/refine"

    @api.post(f"{place}/prepare", endpoint="prepare")
    def prepare(slug: str, image_id: int) -> Response:
        refining.prepare(slug, image_at(project_at(services, slug), image_id))
        return jsonify({"ready": True})

    @api.post(f"{place}/scribbles", endpoint="refine_scribbles")
    def refine_scribbles(slug: str, image_id: int) -> Response:
        image = image_at(project_at(services, slug), image_id)
        body = bodies.read(bodies.RefineScribbles)
        strokes = strokes_from_wire(body.strokes)
        settings = _given(method=body.method, smooth=body.smooth)
        shape = refining.scribbles(
            slug, image, body.client, strokes, label=body.label, settings=settings
        )
        return jsonify(proposal_to_wire(body.request, shape))

    @api.post(f"{place}/outline", endpoint="refine_outline")
    def refine_outline(slug: str, image_id: int) -> Response:
        image = image_at(project_at(services, slug), image_id)
        body = bodies.read(bodies.RefineOutline)
        polygon = geometry_from_wire(Kind.POLYGON, body.geometry)
        assert isinstance(polygon, Polygon)
        settings = _given(method=body.method, width=body.width)
        shape = refining.outline(slug, image, body.client, polygon, settings)
        return jsonify(proposal_to_wire(body.request, shape))


def _given(**settings: Any) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}


def proposal_to_wire(number: int, shape: Shape | None) -> dict[str, Any]:
    """A proposal as JSON, with the number of the request that it answers."""
    if shape is None:
        return {"request": number, "proposal": None, "hint": _OVERTAKEN}
    if shape.geometry is None:
        return {"request": number, "proposal": None, "hint": shape.hint}
    proposal = {
        "kind": shape.geometry.kind.value,
        "geometry": geometry_to_wire(shape.geometry),
        "area": shape.area,
        "method": shape.method,
        "quality": shape.quality,
    }
    return {"request": number, "proposal": proposal, "hint": shape.hint}
