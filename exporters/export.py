"""Write a dataset, read it back, compare it with the project, then let it appear."""

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from datasetbuilder.errors import FormatError, UsageError
from datasetbuilder.exporters import manifest
from datasetbuilder.exporters.estimate import SizeOf, estimated_bytes, size_words
from datasetbuilder.exporters.grouping import Groups
from datasetbuilder.exporters.imagefiles import ImageFiles
from datasetbuilder.exporters.job import ExportJob, Progress
from datasetbuilder.exporters.options import WHOLE, ExportOptions
from datasetbuilder.exporters.placement import KEPT, Placement, place
from datasetbuilder.exporters.registry import Format, format_named, task_for
from datasetbuilder.exporters.staging import refuse_taken, staged
from datasetbuilder.exporters.survey import Survey, notes, survey, task_losses
from datasetbuilder.insight.where import Filtered, condition_from_text
from datasetbuilder.model import Snapshot


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export did.

    Attributes
    ----------
    folder : Path
    formats : tuple of str
    task : str
    counts : mapping
        ``images`` and ``annotations`` by class, for every split.
    losses : tuple of str
        What was left out, with leave.
    notes : tuple of str
        What is written but may surprise.
    reencoded : tuple of str
        Names of the images that were turned upright and coded anew.
    dealt : mapping of int to str
        The split of each image that no earlier export put there, by id.
    """

    folder: Path
    formats: tuple[str, ...]
    task: str
    counts: Mapping[str, Any]
    losses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reencoded: tuple[str, ...] = ()
    dealt: Mapping[int, str] = field(default_factory=dict)

    @property
    def n_images(self) -> int:
        """Number of images in all splits."""
        return sum(split["images"] for split in self.counts.values())

    @property
    def n_annotations(self) -> int:
        """Number of annotations in all splits."""
        return sum(sum(split["annotations"].values()) for split in self.counts.values())

    def to_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "folder": str(self.folder),
            "formats": list(self.formats),
            "task": self.task,
            "images": self.n_images,
            "annotations": self.n_annotations,
            "counts": dict(self.counts),
            "losses": list(self.losses),
            "notes": list(self.notes),
            "reencoded": list(self.reencoded),
        }

    def lines(self) -> list[str]:
        """The report for people, one thing to the line."""
        said = [
            f"{self.folder}: {_amount(self.n_images, self.n_annotations)} as "
            f"{' and '.join(self.formats)} ({self.task}), read back and equal to the project."
        ]
        for name, split in self.counts.items():
            if name != WHOLE:
                total = sum(split["annotations"].values())
                said.append(f"  {name}: {_amount(split['images'], total)}")
        said += [f"Lost: {loss}" for loss in self.losses]
        said += [f"Note: {note}" for note in self.notes]
        said += [f"Turned upright and coded anew: {name}" for name in self.reencoded]
        return said


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What an export would hold, told before anything is written.

    Attributes
    ----------
    counts : mapping
        ``images`` and ``annotations`` by class, for every split.
    losses : tuple of str
        What would be left out; such an export has to be allowed.
    notes : tuple of str
        What is written in full but may surprise who trains on it.
    size : int
        About how many bytes it would have.
    """

    counts: Mapping[str, Any]
    losses: tuple[str, ...]
    notes: tuple[str, ...]
    size: int = 0

    def to_json(self) -> dict[str, Any]:
        """The plan for machines."""
        return {
            "counts": dict(self.counts),
            "losses": list(self.losses),
            "notes": list(self.notes),
            "bytes": self.size,
        }

    def lines(self) -> list[str]:
        """The plan for people, one thing to the line."""
        said = [f"About {size_words(self.size)}. Nothing was written."]
        for name, split in self.counts.items():
            total = sum(split["annotations"].values())
            said.append(f"  {name}: {_amount(split['images'], total)}")
        said += [f"Would be lost: {loss}" for loss in self.losses]
        return [*said, *(f"Note: {note}" for note in self.notes)]


def plan(  # noqa: PLR0913 - the options of one export, all by name
    snapshot: Snapshot,
    *,
    formats: Sequence[str],
    task: str | None = None,
    splits: Mapping[str, float] | None = None,
    seed: int = 0,
    images: str = "copy",
    segmentation: str = "polygon",
    groups: Groups | None = None,
    stratify: bool = False,
    where: str = "",
    fresh_split: bool = False,
    size_of: SizeOf | None = None,
) -> ExportPlan:
    """Look at a snapshot as `export` would, without writing.

    Raises
    ------
    UnknownName
        If a format, task or option does not exist.
    """
    names = _names(formats)
    options = ExportOptions(
        task_for(names, task),
        images,
        segmentation,
        splits,
        seed,
        groups or Groups(),
        stratify,
        where,
        fresh_split,
    )
    snapshot = meant(snapshot, where)
    chosen = [format_named(name, options.task) for name in names]
    placement, found = _looked_over(snapshot, options, chosen)
    lost, counts = _losses(found, chosen, options), found.counts(snapshot.labels)
    totals = sum(found.images.values()), sum(sum(c.values()) for c in found.objects.values())
    size = estimated_bytes(snapshot, options, names, totals, size_of)
    return ExportPlan(counts, lost, _notes(found, options, placement, chosen), size)


def export(  # noqa: PLR0913 - the options of one export, all by name
    snapshot: Snapshot,
    folder: str | os.PathLike[str],
    *,
    formats: Sequence[str],
    task: str | None = None,
    splits: Mapping[str, float] | None = None,
    seed: int = 0,
    images: str = "copy",
    segmentation: str = "polygon",
    groups: Groups | None = None,
    stratify: bool = False,
    where: str = "",
    fresh_split: bool = False,
    allow_loss: bool = False,
    progress: Progress | None = None,
) -> ExportReport:
    """Write a snapshot in one or more formats into a folder that does not exist yet.

    Parameters
    ----------
    snapshot : Snapshot
    folder : path-like
        Missing or empty; it appears whole or not at all.
    formats : sequence of str
        Names from the registry; they share one folder of images.
    task : str, optional
        ``classification``, ``detection`` or ``instances``.
    splits : mapping of str to float, optional
        Share of each split; a split given by hand wins.
    seed : int, optional
        Deals the images among the splits.
    images : str, optional
        ``copy``, ``link`` or ``none``.
    segmentation : str, optional
        How COCO writes masks: exact ``polygon``, ``rle`` or ``counts``.
    groups : Groups, optional
        What has to stay on one side of a split.
    stratify : bool, optional
        Whether each split gets its share of every label.
    where : str, optional
        Which images and annotations are meant, see `datasetbuilder.insight.where`.
    fresh_split : bool, optional
        Deal the images anew, wherever earlier exports put them.
    allow_loss : bool, optional
        Export although something has to be left out.
    progress : callable, optional
        Called with (done, total, name of the image).

    Raises
    ------
    AlreadyExists
        If the folder is taken.
    UnknownName
        If a format, task or option does not exist.
    FormatError
        If something would be lost, an image cannot be exported, or the disk refuses to write.
    VerificationError
        If what was read back differs from the snapshot.
    """
    names = _names(formats)
    options = ExportOptions(
        task_for(names, task),
        images,
        segmentation,
        splits,
        seed,
        groups or Groups(),
        stratify,
        where,
        fresh_split,
    )
    snapshot = meant(snapshot, where)
    chosen = [format_named(name, options.task) for name in names]
    target = Path(os.path.abspath(os.path.expanduser(folder)))
    refuse_taken(target)
    placement, found = _looked_over(snapshot, options, chosen)
    lost = _losses(found, chosen, options)
    if lost and not allow_loss:
        said = "; ".join(lost)
        raise FormatError(f"Not exported, for it would lose: {said}. Allow it with --allow-loss.")
    advance = _counter(progress, 2 * len(chosen) * sum(found.images.values()))
    job = ExportJob(snapshot, options, placement, found, ImageFiles(snapshot), advance)
    report = ExportReport(
        folder=target,
        formats=tuple(item.name for item in chosen),
        task=options.task,
        counts=found.counts(snapshot.labels),
        losses=lost,
        notes=_notes(found, options, placement, chosen),
        dealt=placement.newly_dealt(snapshot.images()),
    )
    try:
        with staged(target) as staging:
            return _written(job, chosen, staging, report)
    except OSError as error:
        raise FormatError(f"The export cannot be written: {error}. Nothing was kept.") from error


def _written(
    job: ExportJob, chosen: Sequence[Format], staging: Path, report: ExportReport
) -> ExportReport:
    names = [item.name for item in chosen]
    for item in chosen:
        home = item.home(staging, names)
        home.mkdir(exist_ok=True)
        item.write(job, home)
    tallies = {item.name: item.check(job, item.home(staging, names)) for item in chosen}
    turned = tuple(job.files.reencoded[key] for key in sorted(job.files.reencoded))
    done = replace(report, reencoded=turned)
    about = _manifest(job, chosen, done)
    if said := {name: tally for name, tally in tallies.items() if tally is not None}:
        about["written"] = said
    manifest.write_manifest(staging, about)
    return done


def meant(snapshot: Snapshot, where: str) -> Snapshot:
    """The snapshot with what an expression means; all of it for an empty one.

    Raises
    ------
    WhereError
        Pointing at the column that is not understood.
    """
    return Filtered(snapshot, condition_from_text(where)) if where.strip() else snapshot


def _notes(
    found: Survey, options: ExportOptions, placement: Placement, chosen: Sequence[Format]
) -> tuple[str, ...]:
    said = notes(found, options, whole=any(item.whole for item in chosen))
    kept = placement.proof.get(KEPT, 0)
    if not kept:
        return said
    stay = f"{kept} image{' stays' if kept == 1 else 's stay'} in the split of an earlier export"
    return (*said, f"{stay}, though today's shares would deal them elsewhere.")


def _looked_over(
    snapshot: Snapshot, options: ExportOptions, chosen: Sequence[Format]
) -> tuple[Placement, Survey]:
    placement = place(snapshot, options, by_stem=any(item.by_stem for item in chosen))
    traced = any(item.traced for item in chosen)
    return placement, survey(snapshot, placement, options, traced=traced)


def _manifest(job: ExportJob, chosen: Sequence[Format], report: ExportReport) -> dict[str, Any]:
    filters: dict[str, Any] = {"sets": sorted(job.survey.sets)}
    if job.options.where.strip():
        filters["where"] = job.options.where
    said = {
        "manifest": manifest.VERSION,
        "project": job.snapshot.project,
        "event": job.snapshot.seq,
        "task": job.options.task,
        "formats": {item.name: item.version for item in chosen},
        "filters": filters,
        "splits": list(job.placement.splits),
        "options": job.options.to_json(),
        "counts": dict(report.counts),
        "losses": list(report.losses),
        "notes": list(report.notes),
        "reencoded": list(report.reencoded),
    }
    if job.placement.proof:
        said["proof"] = dict(job.placement.proof)
    return said


def _amount(images: int, annotations: int) -> str:
    return (
        f"{images} image{'' if images == 1 else 's'}, "
        f"{annotations} annotation{'' if annotations == 1 else 's'}"
    )


def _names(formats: Sequence[str]) -> list[str]:
    if isinstance(formats, str) or not formats:
        raise UsageError("Name at least one format, as a list of names.")
    return list(dict.fromkeys(formats))


def _losses(found: Survey, chosen: Sequence[Format], options: ExportOptions) -> tuple[str, ...]:
    of_formats = [f"{item.name}: {loss}" for item in chosen for loss in item.losses(found, options)]
    return (*task_losses(found, options), *of_formats)


def _counter(progress: Progress | None, total: int) -> Callable[[str], None]:
    done = itertools.count(1)

    def advance(name: str) -> None:
        if progress is not None:
            progress(next(done), total, name)

    return advance
