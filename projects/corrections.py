"""The recipes by which pictures are corrected: of one image, or of all that have none of their own.

They are kept among the project's settings, so that each is an operation like any other, with its
history and undo: ``correction`` for all images, ``correction.12`` for image 12, which goes before
it (an empty one too: that image is seen as it is).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from datasetbuilder.model import Operation, OperationKind, Target, TargetType
from datasetbuilder.pixels.correction import Correction, Recipe, recipe_from_wire, recipe_to_wire

SETTING = "correction"
TOOL = "correct"


def is_recipe(setting: str) -> bool:
    """Whether a setting is a recipe."""
    return setting == SETTING or setting.startswith(f"{SETTING}.")


def setting_of(image_id: int | None) -> str:
    """The name of the setting of an image, or of the project."""
    return SETTING if image_id is None else f"{SETTING}.{image_id}"


def recipe_of(settings: Mapping[str, Any], image_id: int | None) -> Recipe:
    """The recipe that holds for an image; of None, the one for all."""
    names = (SETTING,) if image_id is None else (setting_of(image_id), SETTING)
    for name in names:
        if name in settings:
            return recipe_from_wire(settings[name], f"settings.{name}")
    return ()


def has_recipes(settings: Mapping[str, Any]) -> bool:
    """Whether any image may be corrected."""
    return any(is_recipe(name) and said for name, said in settings.items())


def recipe_operation(
    settings_version: int, recipe: Sequence[Correction] | None, image_id: int | None
) -> Operation:
    """The operation that sets a recipe, or takes it back."""
    payload = {setting_of(image_id): None if recipe is None else recipe_to_wire(recipe)}
    target = Target(TargetType.SETTINGS, "project")
    return Operation(
        str(uuid4()),
        OperationKind.CHANGE,
        target,
        payload,
        base_version=settings_version,
        tool=TOOL,
    )
