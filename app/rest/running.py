"""Background tasks: how far they are, and how to stop them."""

from flask import Blueprint, Response, jsonify

from datasetbuilder.app.security.access import member_in
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.app.services import Services
from datasetbuilder.app.tasks import NO_TASK, Task
from datasetbuilder.errors import PermissionDenied, UnknownName

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
    member = member_in(services.access, task.project)
    if member is None:
        raise UnknownName(NO_TASK)
    if not member.may(_NEEDED[task.kind]):
        raise PermissionDenied("You may not see the tasks of this project.")
    return task
