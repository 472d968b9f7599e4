"""The project and the image that an address names."""

import re

from datasetbuilder.api import Project
from datasetbuilder.app.services import Services
from datasetbuilder.errors import UnknownName
from datasetbuilder.model import Image

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LARGEST = 2**53


def project_at(services: Services, slug: str) -> Project:
    """The project of the address.

    Raises
    ------
    UnknownName
        If there is none; other projects are not named.
    """
    try:
        if _SLUG.fullmatch(slug):
            return Project(services.workspace, slug)
    except UnknownName:
        pass
    raise UnknownName(f"There is no project '{slug[:100]}'.") from None


def image_at(project: Project, image_id: int) -> Image:
    """The image of the address.

    Raises
    ------
    UnknownName
        If the project has no such image.
    """
    try:
        if image_id <= _LARGEST:
            return project.image(image_id)
    except UnknownName:
        pass
    raise UnknownName(f"Project '{project.slug}' has no image of that number.")
