"""Recipes over REST: read, kept, and tried on a small copy of the picture."""

from typing import Any

import numpy as np
from flask import Blueprint, Response, g, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.app.services import Services
from datasetbuilder.errors import PermissionDenied
from datasetbuilder.insight.corrected import picture_file
from datasetbuilder.model import Image
from datasetbuilder.pixels.correction import (
    corrected,
    frame_of,
    recipe_from_wire,
    recipe_to_wire,
    scaled,
)
from datasetbuilder.pixels.display import shown_channels, to_display, window_of
from datasetbuilder.projects.corrections import SETTING, setting_of

_SIDE = 900


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""
    place = "/projects/<slug>/images/<int:image_id>"

    @api.get(f"{place}/recipe", endpoint="recipe")
    def show_recipe(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        return jsonify(recipe_document(project, image_at(project, image_id)))

    @api.put(f"{place}/recipe", endpoint="set_recipe")
    def set_recipe(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        body = bodies.read(bodies.SaidRecipe)
        if body.of == "project" and not g.member.may(Permission.MANAGE):
            raise PermissionDenied("Only an administrator corrects all images.")
        recipe = None if body.recipe is None else recipe_from_wire(body.recipe)
        chosen = image.id if body.of == "image" else None
        project.correct(recipe, image_id=chosen, author=current_user())
        return jsonify(recipe_document(project, image))

    @api.post(f"{place}/corrected", endpoint="corrected")
    def show_corrected(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        recipe = recipe_from_wire(bodies.read(bodies.TriedRecipe).recipe)
        frame_of(recipe, image.shape)
        factor = min(1.0, _SIDE / max(image.shape))

        def small(number: int) -> np.ndarray:
            other = image_at(project, number)
            pixels = services.pixels.pixels(project, other)
            return _shrunk(pixels, min(1.0, _SIDE / max(other.shape)))

        before = small(image.id)
        found = corrected(before, scaled(recipe, factor), reference=small)
        return Response(picture_file(_shown(found, before)), mimetype="image/png")


def recipe_document(project: Project, image: Image) -> dict[str, Any]:
    """The corrections of an image as JSON, whose they are, and its size as it is seen."""
    settings = project.info.settings
    recipe = project.recipe(image.id)
    said = "image" if setting_of(image.id) in settings else "project"
    frame = frame_of(recipe, image.shape)
    return {
        "recipe": recipe_to_wire(recipe),
        "from": said if said == "image" or SETTING in settings else None,
        "width": frame.size[1],
        "height": frame.size[0],
        "matrix": frame.matrix.tolist(),
        "exact": frame.exact,
    }


def _shrunk(pixels: np.ndarray, factor: float) -> np.ndarray:
    import cv2

    if factor >= 1:
        return pixels
    height, width = pixels.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    known = pixels.dtype in (np.uint8, np.uint16, np.int16, np.float32, np.float64)
    source: Any = pixels if known else pixels.astype(np.float64)
    found: Any = cv2.resize(source, size, interpolation=cv2.INTER_AREA)
    return found


def _shown(pixels: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Deep pixels in the window of the uncorrected ones, so that a change of light is seen."""
    if before.dtype in (np.uint8, bool):
        return to_display(pixels)
    low, high = window_of(before)
    levels = (shown_channels(pixels).astype(np.float64) - low) * (255 / max(high - low, 1e-9))
    return to_display(np.clip(np.nan_to_num(levels), 0, 255).astype(np.uint8))
