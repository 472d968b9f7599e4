"""The next image for whoever asks, held for them; and who was assigned what."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.security.permissions import Role
from datasetbuilder.app.services import Services
from datasetbuilder.errors import WireError
from datasetbuilder.model import ImageState
from datasetbuilder.projects.store import Lease, Share, Workload


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.post("/projects/<slug>/queue", endpoint="take_image")
    def take_image(slug: str) -> Response:
        project = project_at(services, slug)
        body = bodies.read(bodies.TakeImage)
        found = project.take_image(current_user(), leaving=body.leaving, order=body.order)
        return jsonify({"image": None if found is None else lease_to_wire(found)})

    @api.get("/projects/<slug>/queue", endpoint="leases")
    def list_leases(slug: str) -> Response:
        found = project_at(services, slug).leases()
        return jsonify({"leases": [lease_to_wire(one) for one in found]})

    @api.delete("/projects/<slug>/queue/<int:image_id>", endpoint="give_back")
    def give_back(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image_at(project, image_id)
        project.give_back(current_user(), image_id)
        return jsonify({"image": None})

    @api.get("/projects/<slug>/assignments", endpoint="assignments")
    def list_assignments(slug: str) -> Response:
        return jsonify(_workloads(project_at(services, slug)))

    @api.post("/projects/<slug>/assignments", endpoint="assign")
    def assign(slug: str) -> Response:
        project = project_at(services, slug)
        share = _share(bodies.read(bodies.Assignment))
        for user in share.users:
            role = services.access.role(user, slug)
            if role is None or role is Role.VIEWER:
                raise WireError("users", f"{user[:100]} may not draw in this project")
        n = project.assign(share, author=current_user())
        return jsonify({"assigned": n, **_workloads(project)})

    @api.delete("/projects/<slug>/assignments", endpoint="unassign")
    def unassign(slug: str) -> Response:
        project = project_at(services, slug)
        n = project.unassign(_share(bodies.read(bodies.Assignment)))
        return jsonify({"unassigned": n, **_workloads(project)})


def lease_to_wire(lease: Lease) -> dict[str, Any]:
    """An image that is held for somebody."""
    return {"id": lease.image_id, "user": lease.user, "until": lease.until.isoformat()}


def _workloads(project: Project) -> dict[str, Any]:
    return {"people": [_workload_to_wire(one) for one in project.workloads()]}


def _workload_to_wire(load: Workload) -> dict[str, Any]:
    return {
        "user": load.user,
        "images": load.images,
        "open": load.open,
        "due": load.due and load.due.isoformat(),
    }


def _share(body: bodies.Assignment) -> Share:
    return Share(
        users=body.users,
        first=body.first,
        last=body.last,
        label=body.label,
        state=None if body.state is None else ImageState(body.state),
        due=None if body.due is None else _moment(body.due),
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WireError("due", "must be a time such as 2030-01-31T17:00:00+00:00") from None
    if moment.tzinfo is None:
        raise WireError("due", "must say its time zone, such as +00:00")
    return moment
