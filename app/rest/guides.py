"""The instructions of a project and what each of its labels means."""

from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.services import Services
from datasetbuilder.errors import WireError
from datasetbuilder.projects.agreed import GUIDE, guidance, guidance_name, guide


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects/<slug>/guide", endpoint="guide")
    def show_guide(slug: str) -> Response:
        return jsonify(_guide(project_at(services, slug)))

    @api.put("/projects/<slug>/guide", endpoint="set_guide")
    def set_guide(slug: str) -> Response:
        project = project_at(services, slug)
        body = bodies.read(bodies.Guide)
        known = {str(label.id): label.id for label in project.labels()}
        values: dict[str, Any] = {} if body.text is None else {GUIDE: body.text or None}
        for key, text in body.labels.items():
            if key not in known:
                raise WireError(f"labels.{key}"[:200], "is no label of this project")
            values[guidance_name(known[key])] = text or None
        if values:
            project.set_settings(values, author=current_user(), tool="guide")
        return jsonify(_guide(project))


def _guide(project: Project) -> dict[str, Any]:
    info = project.info
    labels = [
        {"id": label.id, "name": label.name, "text": guidance(info, label.id)}
        for label in project.labels()
    ]
    return {"text": guide(info), "labels": labels}
