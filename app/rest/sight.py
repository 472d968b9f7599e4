"""What a caller sees of a project: the sets of annotations whose work is theirs to look at."""

from dataclasses import replace

from flask import g

from datasetbuilder.api import Project
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.model import TRUTH, Image
from datasetbuilder.projects.store import ProjectInfo


def sets_shown(project: Project) -> tuple[str, ...]:
    """The sets that the caller sees: of a blind annotator their own, else `truth`.

    The first is the one that they draw in. A reviewer is never blind: they settle what the blind
    have drawn.
    """
    if g.member.may(Permission.REVIEW):
        return (TRUTH,)
    return project.own_sets(current_user()) or (TRUTH,)


def comment_sets_shown(shown: tuple[str, ...]) -> tuple[str, ...] | None:
    """The sets whose comments the caller reads; None for every set: a reviewer answers them all."""
    return None if g.member.may(Permission.REVIEW) else shown


def info_shown(project: Project, shown: tuple[str, ...]) -> ProjectInfo:
    """The project with the counts of what is shown."""
    info = project.info
    if TRUTH in shown:
        return info
    counts = project.label_counts(sets=shown)
    return replace(info, label_counts=counts, n_annotations=sum(counts.values()))


def images_shown(project: Project, images: list[Image], shown: tuple[str, ...]) -> list[Image]:
    """Images with the counts of what is shown."""
    if TRUTH in shown:
        return images
    counts = project.annotation_counts([one.id for one in images], sets=shown)
    return [replace(one, n_annotations=counts.get(one.id, 0)) for one in images]
