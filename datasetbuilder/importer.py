"""Annotations that another program made, into a project: read, matched, stored under one event."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from datasetbuilder.errors import DataError
from datasetbuilder.exporters.importing import ImportPlan, plan_import
from datasetbuilder.model import (
    Annotation,
    Image,
    Operation,
    OperationKind,
    Outcome,
    Skeleton,
    Target,
    TargetType,
)
from datasetbuilder.projects.store import ProjectInfo, Store
from datasetbuilder.wire import skeleton_to_wire

_PAGE = 1000
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ImportWish:
    """How a file is to be taken.

    Attributes
    ----------
    format : str
        A reader's name, or ``auto``.
    way : str
        ``annotations`` or ``prelabels``.
    set_name : str or None
        The set that it goes to.
    new_labels : str
        ``create`` or ``refuse``.
    """

    format: str = "auto"
    way: str = "annotations"
    set_name: str | None = None
    new_labels: str = "create"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do.

    Attributes
    ----------
    format : str
        The format that was named or guessed.
    dry_run : bool
        Whether nothing was stored.
    added : int
        Number of annotations.
    images : int
        Number of images that they are on.
    counts : mapping of str to int
        Number of annotations by label.
    unchanged : int
        Annotations that the project has already.
    new_labels : tuple of str
        Labels that were or would be created.
    unmatched : tuple of str
        Images that the project does not have.
    problems : tuple of str
        What is wrong, each naming file and field; their files were refused whole.
    notes : tuple of str
        What was changed on its way in.
    """

    format: str
    dry_run: bool
    added: int = 0
    images: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    unchanged: int = 0
    new_labels: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether everything in the files came in."""
        return not self.problems and not self.unmatched

    def to_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "format": self.format,
            "dry_run": self.dry_run,
            "added": self.added,
            "images": self.images,
            "counts": dict(self.counts),
            "unchanged": self.unchanged,
            "new_labels": list(self.new_labels),
            "unmatched": list(self.unmatched),
            "problems": list(self.problems),
            "notes": list(self.notes),
        }

    def lines(self) -> Iterator[str]:
        """The report for people."""
        verb = "would be added" if self.dry_run else "added"
        yield f"Read as {self.format}: {self.added} annotations {verb} to {self.images} images."
        for label, count in self.counts.items():
            yield f"  {label}: {count}{' (new label)' if label in self.new_labels else ''}"
        if self.unchanged:
            yield f"{self.unchanged} are there already."
        yield from (f"Note: {note}." for note in self.notes)
        if self.unmatched:
            named = ", ".join(self.unmatched[:5]) + (", …" if len(self.unmatched) > 5 else "")
            yield f"{len(self.unmatched)} images are not in the project: {named}"
        yield from (f"Problem: {problem}" for problem in self.problems[:_SHOWN])
        if len(self.problems) > _SHOWN:
            yield f"… and {len(self.problems) - _SHOWN} problems more."


def import_annotations(  # noqa: PLR0913 - where, what and by whom
    store: Store,
    project: ProjectInfo,
    path: Path,
    wanted: ImportWish,
    *,
    dry_run: bool,
    author: str,
) -> ImportReport:
    """Read, match and store; see `Project.import_annotations`."""
    labels = store.labels(project.id)
    plan = plan_import(
        path,
        _images(store, project.id),
        labels,
        format=wanted.format,
        way=wanted.way,
        set_name=wanted.set_name,
        new_labels=wanted.new_labels,
    )
    new, unchanged = _new_ones(store, project.id, plan)
    if not dry_run and new:
        known = {label.name: label.id for label in labels}
        missing = [name for name in plan.new_labels if name not in known]
        known |= _create_labels(store, project.id, missing, plan.skeletons, author)
        rows = [replace(item, label=known[label]) for label, item in new]
        store.add_annotations(project.id, rows, author=author, tool=f"import:{plan.format}")
    return ImportReport(
        format=plan.format,
        dry_run=dry_run,
        added=len(new),
        images=len({item.image_id for _, item in new}),
        counts=dict(sorted(Counter(label for label, _ in new).items())),
        unchanged=unchanged,
        new_labels=tuple(plan.new_labels),
        unmatched=tuple(plan.unmatched),
        problems=tuple(plan.problems),
        notes=tuple(plan.notes),
    )


def _images(store: Store, project_id: int) -> Iterator[Image]:
    after = 0
    while page := store.images(project_id, after=after, limit=_PAGE):
        yield from page
        after = page[-1].id


def _new_ones(
    store: Store, project_id: int, plan: ImportPlan
) -> tuple[list[tuple[str, Annotation]], int]:
    """The annotations that the project does not have, and how many it has."""
    known = store.known_uids(project_id, [item.uid for _, item in plan.annotations])
    there: dict[tuple[int, str], dict[str, Annotation]] = {}
    seen: set[str] = set()
    new: list[tuple[str, Annotation]] = []
    unchanged = changed = 0
    for label, item in plan.annotations:
        if item.uid in known:
            place = item.image_id, item.set
            if place not in there:
                found = store.annotations(project_id, item.image_id, sets=(item.set,))
                there[place] = {one.uid: one for one in found}
            if (kept := there[place].get(item.uid)) is not None:
                unchanged += 1
                changed += kept.geometry != item.geometry
                continue
        if item.uid in known or item.uid in seen:
            item = replace(item, uid=str(uuid4()))
        seen.add(item.uid)
        new.append((label, item))
    if changed:
        plan.notes.append(f"{changed} exist with another shape and were left as they are")
    return new, unchanged


def _create_labels(
    store: Store,
    project_id: int,
    names: Sequence[str],
    skeletons: Mapping[str, Skeleton],
    author: str,
) -> dict[str, int]:
    """Make labels with their skeletons, all of them or none.

    Raises
    ------
    DataError
        If one is refused.
    """
    if not names:
        return {}
    group = str(uuid4())
    operations = [
        Operation(
            str(uuid4()),
            OperationKind.ADD,
            Target(TargetType.LABEL, str(uuid4())),
            {"name": name} | _skeleton(skeletons.get(name)),
            group_id=group,
            tool="import",
        )
        for name in names
    ]
    results = store.apply(project_id, operations, author=author)
    refused = [
        f"label '{name[:100]}': {result.reason}"
        for name, result in zip(names, results, strict=True)
        if result.outcome is not Outcome.ACCEPTED
    ]
    if refused:
        raise DataError("Nothing was imported. " + " ".join(refused))
    return {label.name: label.id for label in store.labels(project_id)}


def _skeleton(said: Skeleton | None) -> dict[str, Any]:
    return {} if said is None else {"skeleton": skeleton_to_wire(said)}
