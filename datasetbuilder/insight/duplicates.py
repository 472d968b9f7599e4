"""Images of one content, and pictures that look alike, in groups for a person to settle."""

from collections.abc import Iterable
from dataclasses import dataclass

from datasetbuilder.insight.grouped import Member, clusters_of
from datasetbuilder.model import Image


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Images that are the same to a machine (``exact``) or to the eye, by id."""

    exact: bool
    images: tuple[Image, ...]


def duplicate_groups(images: Iterable[Image]) -> list[DuplicateGroup]:
    """The groups of two images and more, exact ones first, then the largest, then by id.

    Pictures without anything to see have no likeness: they are compared by their content alone.
    """
    known = {image.id: image for image in images}
    members = [Member(one.id, one.sha256, likeness=one.likeness) for one in known.values()]
    found = []
    for ids in clusters_of(members):
        if len(ids) > 1:
            group = tuple(known[number] for number in sorted(ids))
            exact = len({one.sha256 for one in group}) == 1
            found.append(DuplicateGroup(exact, group))
    return sorted(found, key=lambda one: (not one.exact, -len(one.images), one.images[0].id))
