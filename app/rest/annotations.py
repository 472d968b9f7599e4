"""Everything that opening one image needs, in one answer."""

from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.rest.conflicts import conflicts_shown
from datasetbuilder.app.rest.projects import labels_to_wire, project_to_wire
from datasetbuilder.app.rest.sight import (
    comment_sets_shown,
    images_shown,
    info_shown,
    sets_shown,
)
from datasetbuilder.app.services import Services
from datasetbuilder.wire import image_to_wire, scribble_to_wire


def register(api: Blueprint, services: Services) -> None:
    """Add the route."""

    @api.get("/projects/<slug>/images/<int:image_id>/annotations", endpoint="annotations")
    def open_image(slug: str, image_id: int) -> Response:
        return jsonify(image_document(project_at(services, slug), image_id))


def image_document(project: Project, image_id: int) -> dict[str, Any]:
    """An image with all that is drawn and said on it, as the caller sees it.

    The event number is read first: what is committed meanwhile may come twice, never not at all.
    """
    shown = sets_shown(project)
    info = info_shown(project, shown)
    (image,) = images_shown(project, [image_at(project, image_id)], shown)
    previous, following = project.neighbours(image_id)
    return {
        "project": project_to_wire(info),
        "image": image_to_wire(image),
        "labels": labels_to_wire(project.labels(), info),
        "set": shown[0],
        "annotations": project.annotation_wires(image_id, sets=shown),
        "scribbles": [scribble_to_wire(x) for x in project.scribbles(image_id, sets=shown)],
        "comments": project.comments(image_id, sets=comment_sets_shown(shown)),
        **conflicts_shown(project, image_id, shown),
        "seq": info.seq,
        "previous": previous,
        "next": following,
        "position": project.position(image_id),
    }
