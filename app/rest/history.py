"""The past of an image and of a project, and the way back to it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from datasetbuilder.api import Project
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.rest.images import number_argument
from datasetbuilder.app.rest.sight import sets_shown
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.services import Services
from datasetbuilder.model import Target
from datasetbuilder.projects.store import Asked, Moment, Step
from datasetbuilder.wire import result_to_wire, target_to_wire

_MOST = 200


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects/<slug>/history", endpoint="project_history")
    def project_history(slug: str) -> Response:
        project = project_at(services, slug)
        found = project.history(asked=_asked(None), sets=sets_shown(project))
        return jsonify({"lines": [line_to_wire(one) for one in found]})

    @api.get("/projects/<slug>/images/<int:image_id>/history", endpoint="history")
    def history(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image_at(project, image_id)
        found = project.history(asked=_asked(image_id), sets=sets_shown(project))
        return jsonify({"lines": [line_to_wire(one) for one in found]})

    @api.get("/projects/<slug>/images/<int:image_id>/history/<int:seq>", endpoint="moment")
    def moment(slug: str, image_id: int, seq: int) -> Response:
        project = project_at(services, slug)
        found = project.moment(seq, sets=sets_shown(project))
        if found is None or found.target.image_id != image_id:
            abort(404, "This image has no such line in its history.")
        tombs = _tombs(project, image_id, {found.target})
        sides = {"before": found.before, "after": found.after, "tombs": tombs}
        return jsonify({**line_to_wire(found), **sides})

    @api.get("/projects/<slug>/images/<int:image_id>/state", endpoint="state_at")
    def state_at(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image_at(project, image_id)
        seq = number_argument("seq", None)
        seq = project.info.seq if seq is None else seq
        found = project.state_at(image_id, seq, sets=sets_shown(project))
        targets = [{"target": target_to_wire(t), "state": s} for t, s in found.items()]
        return jsonify({"targets": targets, "tombs": _tombs(project, image_id, set(found))})

    @api.get("/projects/<slug>/images/<int:image_id>/steps", endpoint="steps")
    def steps(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image_at(project, image_id)
        until = number_argument("until", None)
        before = None if until is None else until + 1
        asked = Asked(image_id, current_user(), before=before, limit=_MOST)
        found = project.steps(asked, sets=sets_shown(project))
        targets = {one.target for step in found for one in step.moments}
        tombs = _tombs(project, image_id, targets)
        return jsonify({"steps": [_step_to_wire(one) for one in found], "tombs": tombs})

    @api.post("/projects/<slug>/images/<int:image_id>/restore", endpoint="restore")
    def restore(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image_at(project, image_id)
        body = bodies.read(bodies.Restore)
        results = project.restore(
            image_id,
            at=body.seq,
            uids=body.uids,
            author=current_user(),
            name=body.name,
            client=body.client,
            sets=sets_shown(project),
        )
        return jsonify(
            {"results": [result_to_wire(one) for one in results], "seq": project.info.seq}
        )


def _asked(image_id: int | None) -> Asked:
    return Asked(
        image_id,
        author=request.args.get("author", ""),
        key=request.args.get("key", ""),
        before=number_argument("before", None),
        limit=number_argument("limit", 100, least=1, most=_MOST) or 100,
    )


def _tombs(project: Project, image_id: int, wanted: set[Target]) -> list[dict[str, Any]]:
    """Those of the targets that are removed, with the version on which they can come back."""
    return [
        {"target": target_to_wire(target), "version": version}
        for target, version in project.tombs(image_id, sets=sets_shown(project)).items()
        if target in wanted
    ]


def line_to_wire(one: Moment) -> dict[str, Any]:
    """A line of the log without the geometry of its target."""
    shown = one.after or one.before or {}
    return {
        "seq": one.seq,
        "at": one.at.isoformat(),
        "author": one.author,
        "client": one.client,
        "tool": one.tool,
        "kind": one.kind.value,
        "target": target_to_wire(one.target),
        "group_id": one.group_id,
        "image": one.image,
        "about": _about(shown),
        "fields": _changed(one.before, one.after),
    }


def _about(shown: Mapping[str, Any]) -> dict[str, Any]:
    known = ("label", "kind", "state", "name", "split", "choice", "source")
    about = {name: shown[name] for name in known if name in shown}
    imported = shown.get("annotations")
    return {**about, "n": imported["n"]} if imported else about


def _changed(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """Which fields a change touched, those apart that every change touches."""
    if before is None or after is None:
        return []
    always = {"version", "updated_at", "area", "bbox", "n_annotations", "author"}
    names = (set(before) | set(after)) - always
    return sorted(name for name in names if before.get(name) != after.get(name))


def _step_to_wire(step: Step) -> dict[str, Any]:
    return {
        "tool": step.tool,
        "group_id": step.moments[0].group_id,
        "changes": [
            {"target": target_to_wire(one.target), "before": one.before, "after": one.after}
            for one in step.moments
        ],
    }
