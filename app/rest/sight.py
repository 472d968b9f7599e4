"""What a caller sees of a project: the sets of annotations whose work is theirs to look at."""

from dataclasses import replace

from flask import g

from datasetbuilder.api import Project
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.model import TRUTH, Image, ImageState, Operation, TargetType
from datasetbuilder.projects.ratings import as_rated, rated_target
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
    info = replace(info, label_counts=counts, n_annotations=sum(counts.values()))
    rated = project.rating_counts(current_user())
    if not rated:
        return info
    return replace(info, states={state: rated.get(state, 0) for state in ImageState})


def images_shown(project: Project, images: list[Image], shown: tuple[str, ...]) -> list[Image]:
    """Images with the counts of what is shown."""
    if TRUTH in shown:
        return images
    ids = [one.id for one in images]
    counts = project.annotation_counts(ids, sets=shown)
    rated = project.ratings(current_user(), ids)
    return [
        replace(
            as_rated(one, rated[one.id]) if one.id in rated else one,
            n_annotations=counts.get(one.id, 0),
        )
        for one in images
    ]


def page_shown(  # noqa: PLR0913 - what to narrow by, all by name
    project: Project,
    shown: tuple[str, ...],
    *,
    after: int,
    limit: int,
    state: ImageState | None,
    label: int | None,
) -> tuple[list[Image], int | None]:
    """A page of images with the counts and states of what is shown, and what it ends with.

    The states of a rater stand in no index of the images: these are looked through.
    """
    if TRUTH in shown or state is None:
        page = project.images(after=after, limit=limit, state=state, label=label, sets=shown)
        return images_shown(project, page, shown), page[-1].id if len(page) == limit else None
    found: list[Image] = []
    while page := project.images(after=after, limit=1000, label=label, sets=shown):
        told = images_shown(project, page, shown)
        found += [one for one in told if one.state is state]
        if len(found) >= limit:
            return found[:limit], found[limit - 1].id
        after = page[-1].id
    return found, None


def as_raters_see(project: Project, operations: list[Operation]) -> list[Operation]:
    """Operations of a rater on the state of an image, turned to the state that is theirs."""
    ids = [one.target.image_id or 0 for one in operations if _is_state(one)]
    rated = project.ratings(current_user(), ids) if ids else {}

    def turned(one: Operation) -> Operation:
        by = rated.get(one.target.image_id or 0) if _is_state(one) else None
        if by is None:
            return one
        return replace(one, target=replace(one.target, key=rated_target(by.image_id, by.set_name)))

    return [turned(one) for one in operations]


def _is_state(operation: Operation) -> bool:
    return operation.target.type is TargetType.IMAGE_STATE
