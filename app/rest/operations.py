"""Operations: the only way in for changes, answered after they are safe on the disk."""

from typing import Any

from flask import Blueprint, Response, g, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.rest.sight import as_raters_see, comment_sets_shown, sets_shown
from datasetbuilder.app.security.access import current_user, demand
from datasetbuilder.app.security.permissions import Permission, operation_permission
from datasetbuilder.app.services import Services
from datasetbuilder.errors import WireError
from datasetbuilder.model import TRUTH, Operation, Target, TargetType
from datasetbuilder.projects.store import Changes
from datasetbuilder.wire import operation_from_wire, result_to_wire, target_to_wire

_OF_IMAGE = (
    TargetType.ANNOTATION,
    TargetType.SCRIBBLE,
    TargetType.COMMENT,
    TargetType.IMAGE_STATE,
    TargetType.SPLIT,
    TargetType.CONFLICT,
)
_OF_PROJECT = (TargetType.LABEL, TargetType.SETTINGS)
_KEYED_BY_IMAGE = (TargetType.IMAGE_STATE, TargetType.SPLIT)


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.post("/projects/<slug>/images/<int:image_id>/operations", endpoint="image_operations")
    def change_image(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image_at(project, image_id)
        body = bodies.read(bodies.Operations)
        operations = read_operations(body.operations, image_id=image_id)
        results = _carry_out(project, operations, body.client)
        shown = sets_shown(project)
        changes = project.changes(
            image_id,
            since=body.since,
            client=body.client,
            sets=shown,
            all_comments=comment_sets_shown(shown) is None,
        )
        waiting = project.conflict_counts([image_id], sets=shown).get(image_id, 0)
        others = others_to_wire(changes)
        return jsonify(
            {"results": results, "others": others, "seq": changes.seq, "conflicts": waiting}
        )

    @api.post("/projects/<slug>/operations", endpoint="project_operations")
    def change_project(slug: str) -> Response:
        project = project_at(services, slug)
        body = bodies.read(bodies.Operations)
        operations = read_operations(body.operations, image_id=None)
        results = _carry_out(project, operations, body.client)
        return jsonify({"results": results, "others": [], "seq": project.info.seq})


def read_operations(items: list[Any], *, image_id: int | None) -> list[Operation]:
    """Read operations that may only act on the image of the address (None: on the project).

    Raises
    ------
    WireError
        If one is malformed or acts on something else.
    """
    operations = []
    for index, item in enumerate(items):
        path = f"operations[{index}]"
        operation = operation_from_wire(item, path)
        _check_target(operation.target, image_id, f"{path}.target")
        operations.append(operation)
    return operations


def _check_target(target: Target, image_id: int | None, path: str) -> None:
    if target.image_id != image_id:
        raise WireError(f"{path}.image", "must be the image of the address")
    if target.type not in (_OF_PROJECT if image_id is None else _OF_IMAGE):
        raise WireError(f"{path}.type", f"'{target.type}' is not changed at this address")
    if target.type in _KEYED_BY_IMAGE and target.key != str(image_id):
        raise WireError(f"{path}.key", "must be the image of the address")


def _carry_out(project: Project, operations: list[Operation], client: str) -> list[dict[str, Any]]:
    for operation in operations:
        demand(operation_permission(operation))
    if not operations:
        return []
    user = current_user()
    # A reviewer settles what blind annotators drew; nobody else touches what is not theirs.
    reviewing = g.member.may(Permission.REVIEW)
    barred = project.closed_targets(operations, user=user, reviewing=reviewing)
    if sets_shown(project)[0] != TRUTH:
        operations = as_raters_see(project, operations)
    results = project.apply(
        operations,
        author=user,
        client=client,
        limit_targets=(lambda target: target not in barred) if barred else None,
    )
    return [result_to_wire(result) for result in results]


def others_to_wire(changes: Changes) -> list[dict[str, Any]]:
    """What others changed, each target as it is now."""
    return [
        {"target": target_to_wire(state.target), "current": state.current, "seq": state.seq}
        for state in changes.states
    ]
