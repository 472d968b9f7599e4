"""The images of a project: pages of them, folders and uploads taken in."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from datasetbuilder.api import Project
from datasetbuilder.app import uploads
from datasetbuilder.app.jobs import new_images_job
from datasetbuilder.app.picks import read_pick
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.rest.sight import images_shown, page_shown, sets_shown
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.services import Services
from datasetbuilder.errors import WireError
from datasetbuilder.model import Image, ImageState
from datasetbuilder.projects.ingest import IngestReport
from datasetbuilder.projects.jobs import Job
from datasetbuilder.wire import image_to_wire

_MOST = 1000


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects/<slug>/images", endpoint="images")
    def list_images(slug: str) -> Response:
        limit = number_argument("limit", 100, least=1, most=_MOST) or 100
        project = project_at(services, slug)
        shown = sets_shown(project)
        pick = request.args.get("pick", "")
        state, label = _state_argument(), number_argument("label", None, least=1)
        after = number_argument("after", 0) or 0
        if pick:
            narrowing = {"state": state, "label": label, "sets": shown}
            found = _picked(project, pick, after=after, limit=limit, narrowing=narrowing)
            following = found[-1].id if len(found) == limit else None
            found = images_shown(project, found, shown)
        else:
            found, following = page_shown(
                project, shown, after=after, limit=limit, state=state, label=label
            )
        waiting = project.conflict_counts([image.id for image in found], sets=shown)
        images = [{**image_to_wire(one), "conflicts": waiting.get(one.id, 0)} for one in found]
        return jsonify({"images": images, "next": following})

    @api.post("/projects/<slug>/images", endpoint="add_images")
    def add_images(slug: str) -> tuple[Response, int]:
        project = project_at(services, slug)
        if request.mimetype == "multipart/form-data":
            return jsonify(_take_uploads(services, project)), 200
        return jsonify({"job": services.jobs.to_wire(_read_folder(services, project))}), 202


def _picked(
    project: Project, pick: str, *, after: int, limit: int, narrowing: Mapping[str, Any]
) -> list[Image]:
    """A page of the images of a pick."""
    ids = read_pick(project, pick)
    found: list[Image] = []
    for start in range(bisect_right(ids, after), len(ids), _MOST):
        found += project.images_among(ids[start : start + _MOST], **narrowing)
        if len(found) >= limit:
            break
    return found[:limit]


def number_argument(
    name: str, default: int | None, *, least: int = 0, most: int = 2**53
) -> int | None:
    """A whole number from the query.

    Raises
    ------
    WireError
        If it is not one, or out of bounds.
    """
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
        raise WireError(name, f"must be a whole number from {least} to {most}")
    return int(text)


def _state_argument() -> ImageState | None:
    text = request.args.get("state", "")
    if text and text not in tuple(ImageState):
        raise WireError("state", f"must be one of {', '.join(ImageState)}")
    return ImageState(text) if text else None


def _take_uploads(services: Services, project: Project) -> Mapping[str, Any]:
    with services.workspace.library.incoming(project.slug) as folder:
        paths, refused = uploads.received(request, folder)
        report = IngestReport()
        if paths:
            report = project.add_images(paths, copy=True, author=current_user())
    document = report_to_wire(report)
    return {**document, "refused": [*refused, *document["refused"]]}


def _read_folder(services: Services, project: Project) -> Job:
    folder = services.roots.resolve(bodies.read(bodies.Folder).folder)
    job = new_images_job(project, [folder], author=current_user())
    return services.jobs.start(job.id)


def report_to_wire(report: IngestReport) -> dict[str, Any]:
    """What went in, what was refused and why, what was there already."""
    return {
        "added": [image_to_wire(image) for image in report.added],
        "refused": [{"name": item.name, "reason": item.reason} for item in report.refused],
        "unchanged": report.unchanged,
        "ignored": report.ignored,
        "notes": [{"name": item.name, "reason": item.reason} for item in report.notes],
    }
