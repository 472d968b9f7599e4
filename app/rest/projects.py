"""Projects: list, make, look at one with its labels."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.rest.sight import info_shown, sets_shown
from datasetbuilder.app.security.access import current_user, member_in
from datasetbuilder.app.services import Services
from datasetbuilder.model import Label
from datasetbuilder.projects.agreed import guidance
from datasetbuilder.projects.store import ProjectInfo
from datasetbuilder.wire import label_to_wire


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects", endpoint="projects")
    def list_projects() -> Response:
        infos = [info for info in services.workspace.store.projects() if _visible(services, info)]
        return jsonify({"projects": [project_to_wire(info) for info in infos]})

    @api.post("/projects", endpoint="create_project")
    def create_project() -> tuple[Response, int]:
        body = bodies.read(bodies.NewProject)
        project = services.workspace.create_project(
            body.name, labels=body.labels, author=current_user()
        )
        return jsonify(project_document(project)), 201

    @api.get("/projects/<slug>", endpoint="project")
    def show_project(slug: str) -> Response:
        return jsonify(project_document(project_at(services, slug)))

    @api.get("/projects/<slug>/labels", endpoint="labels")
    def list_labels(slug: str) -> Response:
        project = project_at(services, slug)
        found = project.labels(deleted=True)
        info = info_shown(project, sets_shown(project))
        return jsonify({"labels": labels_to_wire(found, info)})


def project_document(project: Project) -> dict[str, Any]:
    """A project with its labels and their counts."""
    info = info_shown(project, sets_shown(project))
    return {"project": project_to_wire(info), "labels": labels_to_wire(project.labels(), info)}


def project_to_wire(info: ProjectInfo) -> dict[str, Any]:
    """Name and counts of a project."""
    return {
        "slug": info.slug,
        "name": info.name,
        "seq": info.seq,
        "n_images": info.n_images,
        "n_annotations": info.n_annotations,
        "states": {state.value: count for state, count in info.states.items()},
    }


def labels_to_wire(labels: tuple[Label, ...], info: ProjectInfo) -> list[Mapping[str, Any]]:
    """Labels, each with the number of its annotations and what it means."""
    return [
        {
            **label_to_wire(x),
            "count": info.label_counts.get(x.id, 0),
            "guidance": guidance(info, x.id),
        }
        for x in labels
    ]


def _visible(services: Services, info: ProjectInfo) -> bool:
    return member_in(services.access, info.slug) is not None
