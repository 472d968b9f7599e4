"""The one table of what each route and each callback demands.

A route or callback that is not in it is refused at run time, and a test walks every rule of the
server and every callback to find the ones that are missing.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from datasetbuilder.model import ImageState, Operation, TargetType


class Permission(StrEnum):
    """What a person must be allowed to do."""

    PUBLIC = "public"
    VIEW = "view"
    ANNOTATE = "annotate"
    REVIEW = "review"
    MANAGE = "manage"
    EXPORT = "export"


class Role(StrEnum):
    """What a person is in a project, or in the workspace."""

    ADMIN = "admin"
    REVIEWER = "reviewer"
    ANNOTATOR = "annotator"
    VIEWER = "viewer"

    def may(self, permission: Permission) -> bool:
        """Whether the role includes the permission."""
        return permission is Permission.PUBLIC or permission in _ALLOWED[self]


_VIEWER = {Permission.VIEW}
_ANNOTATOR = _VIEWER | {Permission.ANNOTATE}
_REVIEWER = _ANNOTATOR | {Permission.REVIEW, Permission.EXPORT}
_ALLOWED = {
    Role.VIEWER: _VIEWER,
    Role.ANNOTATOR: _ANNOTATOR,
    Role.REVIEWER: _REVIEWER,
    Role.ADMIN: _REVIEWER | {Permission.MANAGE},
}


class Scope(StrEnum):
    """What a token allows, at most what the role of its owner does."""

    READ = "read"
    ANNOTATE = "annotate"
    EXPORT = "export"
    ADMIN = "admin"

    def covers(self, permission: Permission) -> bool:
        """Whether the scope includes the permission."""
        return permission is Permission.PUBLIC or permission in _COVERED[self]


_COVERED = {
    Scope.READ: _VIEWER,
    Scope.ANNOTATE: _ANNOTATOR,
    Scope.EXPORT: _VIEWER | {Permission.EXPORT},
    Scope.ADMIN: _ALLOWED[Role.ADMIN],
}

DASH_UPDATE = "/_dash-update-component"
PAGE_ENDPOINTS = ("/", "/<path:path>", "next_image")

ENDPOINTS: dict[tuple[str, str], Permission] = {
    ("login", "GET"): Permission.PUBLIC,
    ("login", "POST"): Permission.PUBLIC,
    ("login_invite", "GET"): Permission.PUBLIC,
    ("login_invite", "POST"): Permission.PUBLIC,
    ("login_provider", "GET"): Permission.PUBLIC,
    ("login_return", "GET"): Permission.PUBLIC,
    ("api.log_in", "POST"): Permission.PUBLIC,
    ("health", "GET"): Permission.PUBLIC,
    # pages and what Dash serves for them
    ("/", "GET"): Permission.VIEW,
    ("/<path:path>", "GET"): Permission.VIEW,
    ("_dash_assets.static", "GET"): Permission.VIEW,
    (
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
        "GET",
    ): Permission.VIEW,
    ("/_dash-layout", "GET"): Permission.VIEW,
    ("/_dash-dependencies", "GET"): Permission.VIEW,
    (DASH_UPDATE, "POST"): Permission.VIEW,
    ("/_reload-hash", "GET"): Permission.VIEW,
    ("/_favicon.ico", "GET"): Permission.VIEW,
    ("next_image", "GET"): Permission.ANNOTATE,
    # REST
    ("api.me", "GET"): Permission.VIEW,
    ("api.log_out", "DELETE"): Permission.VIEW,
    ("api.change_password", "POST"): Permission.VIEW,
    ("api.tokens", "GET"): Permission.VIEW,
    ("api.create_token", "POST"): Permission.VIEW,
    ("api.revoke_token", "DELETE"): Permission.VIEW,
    ("api.users", "GET"): Permission.MANAGE,
    ("api.change_user", "PATCH"): Permission.MANAGE,
    ("api.end_logins", "DELETE"): Permission.MANAGE,
    ("api.invites", "GET"): Permission.MANAGE,
    ("api.create_invite", "POST"): Permission.MANAGE,
    ("api.withdraw_invite", "DELETE"): Permission.MANAGE,
    ("api.audit", "GET"): Permission.MANAGE,
    ("api.members", "GET"): Permission.MANAGE,
    ("api.set_role", "PUT"): Permission.MANAGE,
    ("api.remove_role", "DELETE"): Permission.MANAGE,
    ("api.projects", "GET"): Permission.VIEW,
    ("api.create_project", "POST"): Permission.MANAGE,
    ("api.project", "GET"): Permission.VIEW,
    ("api.images", "GET"): Permission.VIEW,
    ("api.add_images", "POST"): Permission.MANAGE,
    ("api.annotations", "GET"): Permission.VIEW,
    ("api.image_operations", "POST"): Permission.VIEW,
    ("api.labels", "GET"): Permission.VIEW,
    ("api.project_conflicts", "GET"): Permission.VIEW,
    ("api.conflicts", "GET"): Permission.VIEW,
    ("api.presence", "POST"): Permission.ANNOTATE,
    ("api.take_image", "POST"): Permission.ANNOTATE,
    ("api.leases", "GET"): Permission.VIEW,
    ("api.give_back", "DELETE"): Permission.ANNOTATE,
    ("api.assignments", "GET"): Permission.MANAGE,
    ("api.assign", "POST"): Permission.MANAGE,
    ("api.unassign", "DELETE"): Permission.MANAGE,
    ("api.guide", "GET"): Permission.VIEW,
    ("api.set_guide", "PUT"): Permission.MANAGE,
    ("api.reviews", "GET"): Permission.REVIEW,
    ("api.review", "GET"): Permission.REVIEW,
    ("api.review_rule", "GET"): Permission.REVIEW,
    ("api.set_review_rule", "PUT"): Permission.MANAGE,
    ("api.overview", "GET"): Permission.VIEW,
    ("api.rounds", "GET"): Permission.REVIEW,
    ("api.start_round", "POST"): Permission.REVIEW,
    ("api.close_round", "DELETE"): Permission.REVIEW,
    ("api.agreement", "POST"): Permission.REVIEW,
    ("api.findings", "GET"): Permission.REVIEW,
    ("api.disagreement", "GET"): Permission.REVIEW,
    ("api.adjudicate", "POST"): Permission.REVIEW,
    ("api.undo_consensus", "DELETE"): Permission.REVIEW,
    ("api.gold", "GET"): Permission.REVIEW,
    ("api.add_gold", "PUT"): Permission.REVIEW,
    ("api.remove_gold", "DELETE"): Permission.REVIEW,
    ("api.project_history", "GET"): Permission.VIEW,
    ("api.history", "GET"): Permission.VIEW,
    ("api.moment", "GET"): Permission.VIEW,
    ("api.state_at", "GET"): Permission.VIEW,
    ("api.steps", "GET"): Permission.VIEW,
    ("api.restore", "POST"): Permission.ANNOTATE,
    ("api.project_operations", "POST"): Permission.MANAGE,
    ("api.pixels", "GET"): Permission.VIEW,
    ("api.prepare", "POST"): Permission.ANNOTATE,
    ("api.refine_scribbles", "POST"): Permission.ANNOTATE,
    ("api.refine_outline", "POST"): Permission.ANNOTATE,
    ("api.combine_shapes", "POST"): Permission.ANNOTATE,
    ("api.convert_shapes", "POST"): Permission.ANNOTATE,
    ("api.divide_shape", "POST"): Permission.ANNOTATE,
    ("api.refine_region", "POST"): Permission.ANNOTATE,
    ("api.refine_edit", "POST"): Permission.ANNOTATE,
    ("api.refine_cutout", "POST"): Permission.ANNOTATE,
    ("api.samples", "GET"): Permission.VIEW,
    ("api.histogram", "GET"): Permission.VIEW,
    ("api.profile", "POST"): Permission.VIEW,
    ("api.scale", "GET"): Permission.VIEW,
    ("api.set_scale", "PUT"): Permission.ANNOTATE,
    ("api.image_measurements", "GET"): Permission.VIEW,
    ("api.recipe", "GET"): Permission.VIEW,
    ("api.set_recipe", "PUT"): Permission.ANNOTATE,
    ("api.corrected", "POST"): Permission.VIEW,
    ("api.objects", "GET"): Permission.VIEW,
    ("api.measure_objects", "POST"): Permission.ANNOTATE,
    ("api.objects_file", "GET"): Permission.VIEW,
    ("api.create_pick", "POST"): Permission.ANNOTATE,
    ("api.map", "GET"): Permission.VIEW,
    ("api.draw_map", "POST"): Permission.ANNOTATE,
    ("api.map_points", "GET"): Permission.VIEW,
    ("api.duplicates", "GET"): Permission.VIEW,
    ("api.exports", "GET"): Permission.EXPORT,
    ("api.start_export", "POST"): Permission.EXPORT,
    ("api.verify_export", "POST"): Permission.EXPORT,
    ("api.diff_export", "POST"): Permission.EXPORT,
    ("api.start_import", "POST"): Permission.MANAGE,
    ("api.download_export", "GET"): Permission.EXPORT,
    ("api.beside", "POST"): Permission.MANAGE,
    ("api.jobs", "GET"): Permission.VIEW,
    ("api.make_previews", "POST"): Permission.MANAGE,
    ("api.job", "GET"): Permission.VIEW,
    ("api.cancel_job", "DELETE"): Permission.VIEW,
    ("api.resume_job", "POST"): Permission.VIEW,
    ("api.openapi", "GET"): Permission.VIEW,
    ("api.unknown", "GET"): Permission.VIEW,
}

PERSONAL = frozenset(
    {
        "api.log_out",
        "api.change_password",
        "api.tokens",
        "api.create_token",
        "api.revoke_token",
        "api.users",
        "api.change_user",
        "api.end_logins",
        "api.invites",
        "api.create_invite",
        "api.withdraw_invite",
        "api.audit",
        "api.members",
        "api.set_role",
        "api.remove_role",
    }
)
"""Routes that a token never opens: one that leaked must not make itself another, or a member."""

CALLBACKS: dict[str, Permission] = {
    "page.children": Permission.VIEW,
    "export-preview.children": Permission.EXPORT,
    "explore-grid.getRowsResponse": Permission.VIEW,
    "label-table.children < label-add.n_clicks": Permission.MANAGE,
    "label-table.children < label-name.value": Permission.MANAGE,
    "label-table.children < label-skeleton.value": Permission.MANAGE,
    "label-table.children < label-attributes.value": Permission.MANAGE,
    "label-table.children < label-group.value": Permission.MANAGE,
    "label-table.children < label-color.value": Permission.MANAGE,
    "label-table.children < label-merge.value": Permission.MANAGE,
    "label-table.children < label-remove.n_clicks": Permission.MANAGE,
    "label-table.children < label-restore.n_clicks": Permission.MANAGE,
}

_TARGETS = {
    TargetType.ANNOTATION: Permission.ANNOTATE,
    TargetType.SCRIBBLE: Permission.ANNOTATE,
    TargetType.IMAGE_STATE: Permission.ANNOTATE,
    TargetType.COMMENT: Permission.ANNOTATE,
    TargetType.CONFLICT: Permission.ANNOTATE,
    TargetType.SPLIT: Permission.MANAGE,
    TargetType.LABEL: Permission.MANAGE,
    TargetType.SETTINGS: Permission.MANAGE,
    TargetType.BATCH: Permission.MANAGE,
}
_REVIEWED = (ImageState.ACCEPTED.value, ImageState.REJECTED.value)


def endpoint_permission(endpoint: str | None, method: str) -> Permission | None:
    """What a route demands; None when the table does not know it."""
    return ENDPOINTS.get((endpoint or "", "GET" if method == "HEAD" else method))


def callback_permission(key: str) -> Permission | None:
    """What a callback demands; None when the table does not know it."""
    return CALLBACKS.get(key)


def operation_permission(operation: Operation) -> Permission:
    """What an operation demands, whichever route brought it."""
    target = operation.target.type
    if target is TargetType.IMAGE_STATE and operation.payload.get("state") in _REVIEWED:
        return Permission.REVIEW
    return _TARGETS[target]


def callback_key(output: str, spec: Mapping[str, Any]) -> str:
    """The name of a callback in the table: its first output.

    Where several callbacks share an output (``allow_duplicate``), the first input stands behind it:
    ``label-table.children < label-add.n_clicks``. A dict id goes by its type.
    """
    first = _dependency(output.strip(".").split("...")[0].partition("@")[0])
    if "@" not in output or not spec["inputs"]:
        return first
    source = spec["inputs"][0]
    return f"{first} < {_dependency(source['id'] + '.' + source['property'])}"


def _dependency(text: str) -> str:
    name, _, prop = text.rpartition(".")
    return f"{json.loads(name)['type'] if name.startswith('{') else name}.{prop}"
