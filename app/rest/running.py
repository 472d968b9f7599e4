"""Background tasks: how far they are, and how to stop them."""

from flask import Blueprint, Response, g, jsonify

from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.app.services import Services
from datasetbuilder.app.tasks import Task
from datasetbuilder.errors import PermissionDenied

_NEEDED = {"images": Permission.MANAGE, "export": Permission.EXPORT}


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/tasks/<task_id>", endpoint="task")
    def show_task(task_id: str) -> Response:
        return jsonify({"task": _allowed(services, task_id).to_wire()})

    @api.delete("/tasks/<task_id>", endpoint="cancel_task")
    def cancel_task(task_id: str) -> Response:
        task = _allowed(services, task_id)
        task.cancel()
        return jsonify({"task": task.to_wire()})


def _allowed(services: Services, task_id: str) -> Task:
    task = services.tasks.get(task_id)
    role = services.access.role(g.member.user, task.project)
    if role is None or not role.may(_NEEDED[task.kind]):
        raise PermissionDenied("You may not see the tasks of this project.")
    return task
