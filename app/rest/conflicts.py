"""What was refused because others were first, until somebody has settled it."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.rest.sight import sets_shown
from datasetbuilder.app.services import Services
from datasetbuilder.projects.store import Dispute
from datasetbuilder.wire import target_to_wire

TOLD_AT_ONCE = 50


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects/<slug>/conflicts", endpoint="project_conflicts")
    def list_images(slug: str) -> Response:
        project = project_at(services, slug)
        return jsonify({"images": project.images_in_conflict(sets=sets_shown(project))})

    @api.get("/projects/<slug>/images/<int:image_id>/conflicts", endpoint="conflicts")
    def list_conflicts(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image_at(project, image_id)
        return jsonify(conflicts_shown(project, image_id, sets_shown(project)))


def conflicts_shown(project: Project, image_id: int, shown: Sequence[str]) -> dict[str, Any]:
    """The oldest conflicts of an image, and how many operations wait in all.

    Nobody answers hundreds at once; the next are told when these are answered.
    """
    found = project.disputes(image_id, sets=shown, limit=TOLD_AT_ONCE)
    waiting = project.conflict_counts([image_id], sets=shown).get(image_id, 0) if found else 0
    return {
        "conflicts": [dispute_to_wire(item) for item in found],
        "conflicts_waiting": waiting,
    }


def dispute_to_wire(dispute: Dispute) -> dict[str, Any]:
    """Refused operations that one answer settles, each target with both sides."""
    return {
        "op_ids": dispute.op_ids,
        "group_id": dispute.group_id,
        "author": dispute.author,
        "client": dispute.client,
        "at": dispute.at.isoformat(),
        "sides": [
            {
                "target": target_to_wire(side.target),
                "mine": side.mine,
                "theirs": side.theirs,
                "version": side.version,
            }
            for side in dispute.sides
        ],
    }
