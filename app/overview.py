"""What the overview of a project tells whom: reviewers all, everybody else of themselves alone."""

from dataclasses import dataclass

from datasetbuilder.api import Project
from datasetbuilder.app.security.access import Member
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.insight.agreement import against
from datasetbuilder.insight.progress import Activity, Forecast, in_fives
from datasetbuilder.model import TRUTH, ImageState, Label

Scores = list[tuple[str, str, float]]
"""Person, day, score on gold images."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What one person is told.

    ``forecast`` is None for whoever works blind: how far others are is not theirs to know.
    """

    states: dict[ImageState, int]
    labels: list[tuple[Label, int]]
    activity: Activity
    forecast: Forecast | None
    scores: Scores
    everybody: bool


def overview(project: Project, member: Member) -> Overview:
    """The numbers of a project as a member sees them."""
    everybody = member.may(Permission.REVIEW)
    sets = () if everybody else project.own_sets(member.user)
    states = project.rating_counts(member.user) if sets else {}
    info = project.info
    counts = project.label_counts(sets=sets or (TRUTH,))
    return Overview(
        states={state: (states or info.states).get(state, 0) for state in ImageState},
        labels=[(label, counts.get(label.id, 0)) for label in project.labels()],
        activity=project.activity(None if everybody else member.user),
        forecast=None if sets else project.forecast(),
        scores=_all_scores(project) if everybody else _own_scores(project, member.user),
        everybody=everybody,
    )


def _all_scores(project: Project) -> Scores:
    return [
        (one.user, one.done_at.date().isoformat(), against(one.image, one.drawn, one.answer))
        for one in project.trials()
    ]


def _own_scores(project: Project, user: str) -> Scores:
    """The scores of one person by fives: one alone, and when, would tell which image it was."""
    scores = [
        (one.done_at.date().isoformat(), against(one.image, one.drawn, one.answer))
        for one in project.trials(user)
    ]
    return [(user, day, score) for day, score in in_fives(scores)]
