"""The ids of the components that callbacks and scripts know; nobody writes one by hand."""

from typing import Any

LOCATION = "location"
PAGE = "page"
NOTICE = "notice"
ANNOTATE = "annotate"
CANVAS = "canvas"
SAVE_STATE = "save-state"

LABEL_NOTICE = "label-notice"
LABEL_TABLE = "label-table"
LABEL_PROJECT = "label-project"
LABEL_UNDO = "label-undo"
LABEL_NEW = "label-new"
LABEL_ADD = "label-add"
LABEL_RESTORE = "label-restore"

EXPORT_PROJECT = "export-project"
EXPORT_TASK = "export-task"
EXPORT_FORMATS = "export-formats"
EXPORT_SPLIT = "export-split"
EXPORT_IMAGES = "export-images"
EXPORT_WHERE = "export-where"
EXPORT_WHERE_ERROR = "export-where-error"
EXPORT_GROUP = "export-group"
EXPORT_STRATIFY = "export-stratify"
EXPORT_LOSS = "export-loss"
EXPORT_PREVIEW = "export-preview"
EXPORT_START = "export-start"
EXPORT_OUTCOME = "export-outcome"
EXPORT_LIST = "export-list"

EXPLORE_GRID = "explore-grid"
EXPLORE_PROJECT = "explore-project"


def label_name(uid: Any) -> dict[str, Any]:
    """The field that renames a label."""
    return {"type": "label-name", "uid": uid}


def label_color(uid: Any) -> dict[str, Any]:
    """The field that recolours a label."""
    return {"type": "label-color", "uid": uid}


def label_skeleton(uid: Any) -> dict[str, Any]:
    """The field that names a label's keypoints."""
    return {"type": "label-skeleton", "uid": uid}


def label_attributes(uid: Any) -> dict[str, Any]:
    """The field that says what a label asks of its objects."""
    return {"type": "label-attributes", "uid": uid}


def label_group(uid: Any) -> dict[str, Any]:
    """The field that names a label's group."""
    return {"type": "label-group", "uid": uid}


def label_merge(uid: Any) -> dict[str, Any]:
    """The choice of the label that takes over this one's annotations."""
    return {"type": "label-merge", "uid": uid}


def label_remove(uid: Any) -> dict[str, Any]:
    """The button that removes a label."""
    return {"type": "label-remove", "uid": uid}
