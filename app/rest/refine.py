"""Refine tools: strokes or a rough outline in, a proposal out."""

from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.app.refining import Shape
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.services import Services
from datasetbuilder.errors import DataError, WireError
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
        settings = _given(method=body.method, smooth=body.smooth, parts=body.parts)
        if body.label is None:
            found = refining.scribbles_each(slug, image, body.client, strokes, settings)
            return jsonify(labelled_to_wire(body.request, found))
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

    @api.post(f"{place}/region", endpoint="refine_region")
    def refine_region(slug: str, image_id: int) -> Response:
        image = image_at(project_at(services, slug), image_id)
        body = bodies.read(bodies.RefineRegion)
        shape = refining.region(slug, image, body.client, body.tool, _region_settings(body))
        return jsonify(proposal_to_wire(body.request, shape))

    @api.post(f"{place}/edit", endpoint="refine_edit")
    def refine_edit(slug: str, image_id: int) -> Response:
        image = image_at(project_at(services, slug), image_id)
        body = bodies.read(bodies.RefineEdit)
        shape = geometry_from_wire(Kind(body.shape.kind), body.shape.geometry, "shape.geometry")
        strokes = strokes_from_wire([] if body.stroke is None else [body.stroke], "stroke")
        settings = _given(amount=body.amount, stroke=strokes[0] if strokes else None)
        answer = refining.edit(slug, image, body.client, body.tool, shape, settings)
        return jsonify(proposals_to_wire(body.request, answer))

    @api.post(f"{place}/cutout", endpoint="refine_cutout")
    def refine_cutout(slug: str, image_id: int) -> Response:
        image = image_at(project_at(services, slug), image_id)
        body = bodies.read(bodies.RefineCutout)
        shape = geometry_from_wire(Kind(body.shape.kind), body.shape.geometry, "shape.geometry")
        picture = refining.cutout(slug, image, body.client, shape, soft=float(body.soft))
        if picture is None:
            raise DataError(_OVERTAKEN)
        return Response(picture, mimetype="image/png", headers={"Cache-Control": "no-store"})


def _region_settings(body: bodies.RefineRegion) -> dict[str, Any]:
    """What the tool needs of the body.

    Raises
    ------
    WireError
        Naming the field that the tool cannot do without.
    """
    settings = _given(
        method=body.method,
        size=body.size,
        side=body.side,
        tolerance=body.tolerance,
        level=body.level,
    )
    match body.tool:
        case "wand":
            if body.point is None:
                raise WireError("point", "is needed: [x, y]")
            return {**settings, "point": (float(body.point[0]), float(body.point[1]))}
        case "grow" | "superpixels":
            return {**settings, "label": body.label, "strokes": strokes_from_wire(body.strokes)}
        case _:
            if body.geometry is None:
                raise WireError("geometry", "is needed: a box or a polygon")
            kind = Kind.POLYGON if "parts" in body.geometry else Kind.BOX
            shape = geometry_from_wire(kind, body.geometry)
            if body.tool == "box" and kind is not Kind.BOX:
                raise WireError("geometry", "must be a box for this tool")
            return {**settings, "box" if body.tool == "box" else "shape": shape}


def _given(**settings: Any) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}


def proposal_to_wire(number: int, shape: Shape | None) -> dict[str, Any]:
    """A proposal as JSON, with the number of the request that it answers."""
    if shape is None:
        return {"request": number, "proposal": None, "hint": _OVERTAKEN}
    return {"request": number, "proposal": _shape_to_wire(shape), "hint": shape.hint}


def labelled_to_wire(number: int, found: tuple[tuple[int, Shape], ...] | None) -> dict[str, Any]:
    """One proposal for each label, those of labels with nothing to propose left out."""
    if found is None:
        return {"request": number, "proposals": [], "hint": _OVERTAKEN}
    proposals = [
        {"label": label, **wire}
        for label, shape in found
        if (wire := _shape_to_wire(shape)) is not None
    ]
    hints = [shape.hint for _, shape in found if shape.hint]
    return {"request": number, "proposals": proposals, "hint": hints[0] if hints else ""}


def proposals_to_wire(number: int, shapes: tuple[Shape, ...] | None) -> dict[str, Any]:
    """Several proposals that come and go together, the largest first."""
    if shapes is None:
        return {"request": number, "proposals": [], "hint": _OVERTAKEN}
    proposals = [wire for shape in shapes if (wire := _shape_to_wire(shape)) is not None]
    hint = next((shape.hint for shape in shapes if shape.hint), "")
    return {"request": number, "proposals": proposals, "hint": hint}


def _shape_to_wire(shape: Shape) -> dict[str, Any] | None:
    if shape.geometry is None:
        return None
    return {
        "kind": shape.geometry.kind.value,
        "geometry": geometry_to_wire(shape.geometry),
        "area": shape.area,
        "method": shape.method,
        "quality": shape.quality,
    }
