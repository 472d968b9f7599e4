"""The physical scale of images: what was said of one image, of the project, or by the file.

What people say is kept among the project's settings, so that it is an operation like any other:
``scale`` for all images, ``scale.12`` for image 12, which goes before it.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from datasetbuilder.errors import DataError, WireError
from datasetbuilder.measure.scale import Scale, scale_from_wire
from datasetbuilder.model import Image, Operation, OperationKind, Target, TargetType
from datasetbuilder.projects.library import Library
from datasetbuilder.projects.reading import ProjectInfo

SETTING = "scale"
TOOL = "scale"


def setting_of(image_id: int | None) -> str:
    """The name of the setting of an image, or of the project."""
    return SETTING if image_id is None else f"{SETTING}.{image_id}"


def is_scale(setting: str) -> bool:
    """Whether a setting is a scale."""
    return setting == SETTING or setting.startswith(f"{SETTING}.")


def said_scale(info: ProjectInfo, image_id: int) -> tuple[Scale, str] | None:
    """What people said: of the image, else of the project, with which of both it was."""
    for name, place in ((setting_of(image_id), "image"), (SETTING, "project")):
        if name in info.settings:
            return scale_from_wire(info.settings[name], f"settings.{name}"), place
    return None


def recorded_scale(library: Library, slug: str, image: Image) -> Scale | None:
    """What the image's file says; None too where the file cannot be read."""
    try:
        said = library.pixel_size(slug, image)
        return None if said is None else scale_from_wire({"per_pixel": said[0], "unit": said[1]})
    except (DataError, WireError):
        return None


def scale_operation(info: ProjectInfo, scale: Scale | None, image_id: int | None) -> Operation:
    """The operation that says a scale, or takes it back."""
    payload: Mapping[str, Any] = {setting_of(image_id): scale.to_wire() if scale else None}
    return Operation(
        str(uuid4()),
        OperationKind.CHANGE,
        Target(TargetType.SETTINGS, "project"),
        payload,
        base_version=info.settings_version,
        tool=TOOL,
    )
