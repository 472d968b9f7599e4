"""The whole job from Python: open a workspace, fill a project, label, export.

Nothing here knows a table or a page: a `Project` passes on to the store, the library and the
exporters, and speaks `datasetbuilder.model` on both sides.
"""

import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias
from uuid import uuid4

import numpy as np

from datasetbuilder import wire
from datasetbuilder.errors import DataError, UnknownName, UsageError
from datasetbuilder.exporters.diff import (
    DiffReport,
    compare,
    side_of_export,
    side_of_snapshot,
)
from datasetbuilder.exporters.export import ExportPlan, ExportReport, export, plan
from datasetbuilder.exporters.grouping import chosen_groups
from datasetbuilder.exporters.importing import Gallery
from datasetbuilder.geometry import mask_from_array
from datasetbuilder.importer import ImportReport, ImportWish, import_annotations
from datasetbuilder.insight.agreement import Agreement, Comparison, agreement
from datasetbuilder.insight.corrected import Corrected, picture_file
from datasetbuilder.insight.measurements import Measurements, Sources, measured
from datasetbuilder.insight.objects import described
from datasetbuilder.insight.progress import Activity, Forecast, activity, forecast
from datasetbuilder.insight.sampling import ReviewRule
from datasetbuilder.measure import Profile, Scale, profile
from datasetbuilder.model import (
    TRUTH,
    Annotation,
    Event,
    Geometry,
    Image,
    ImageState,
    Label,
    Operation,
    OperationKind,
    Outcome,
    Point,
    Result,
    Scribble,
    Snapshot,
    Target,
    TargetType,
)
from datasetbuilder.pixels.correction import Correction, Recipe, corrected, frame_of
from datasetbuilder.pixels.stitching import Pair, Residual, Shift, stitched
from datasetbuilder.projects import agreed, consensus
from datasetbuilder.projects.backup import BackupManifest, write_backup
from datasetbuilder.projects.beside import open_reader, open_store
from datasetbuilder.projects.corrections import has_recipes, recipe_of, recipe_operation
from datasetbuilder.projects.dealing import keep_splits
from datasetbuilder.projects.ingest import IngestReport, ingest
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.library import Library
from datasetbuilder.projects.likenesses import learn_likenesses
from datasetbuilder.projects.measuring import measured_by
from datasetbuilder.projects.opening import folder_name
from datasetbuilder.projects.restore import RestoreReport, restore_project
from datasetbuilder.projects.scales import recorded_scale, said_scale, scale_operation
from datasetbuilder.projects.sets import GOLD
from datasetbuilder.projects.space import watching_space
from datasetbuilder.projects.store import (
    Asked,
    Changes,
    Deal,
    Dispute,
    Due,
    Finished,
    Lease,
    Moment,
    Place,
    Present,
    ProjectInfo,
    Rated,
    Rating,
    Round,
    Share,
    Step,
    Trial,
    Verdict,
    Workload,
)

WORKSPACE_VARIABLE = "DATASETBUILDER_WORKSPACE"
DATABASE_VARIABLE = "DATASETBUILDER_DATABASE"
LOCAL_AUTHOR = "local"

NewAnnotation: TypeAlias = Annotation | tuple[str | int, "Geometry | np.ndarray"]
Progress: TypeAlias = Callable[[int, int, str], None]


def default_workspace() -> Path:
    """The folder that is used when none is named."""
    named = os.environ.get(WORKSPACE_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("datasetbuilder", appauthor=False) / "workspace"


def default_files(database: str) -> Path:
    """The folder for the images and exports of a database's workspace when none is named."""
    named = os.environ.get(WORKSPACE_VARIABLE)
    if named:
        return Path(named)
    usual = default_workspace()
    return usual.with_name(f"{usual.name}-{folder_name(database)}")


def open_workspace(
    place: str | os.PathLike[str] | None = None,
    *,
    files: str | os.PathLike[str] | None = None,
    beside: bool = True,
) -> "Workspace":
    """Open a workspace, making it when the folder or the database is empty.

    Beside a running server everything can be read, and projects, images and operations are handed
    over to it; what cannot be handed over is refused.

    Parameters
    ----------
    place : path-like or str, optional
        Its folder, or the address of a PostgreSQL database, such as
        ``postgresql+psycopg://user@host/name``. By default ``DATASETBUILDER_DATABASE``, else
        ``DATASETBUILDER_WORKSPACE``, else the platform's place for user data.
    files : path-like, optional
        With an address: the folder for copied images, exports and the cache, which every process
        must see as the same.
    beside : bool, optional
        False to be refused where a server holds the workspace.

    Raises
    ------
    WorkspaceError
        If another program that is no server holds the workspace, it lies on a network file system,
        or a newer release made it.
    UsageError
        If an address is none, or the package for PostgreSQL is not installed.
    """
    address = os.environ.get(DATABASE_VARIABLE) if place is None else _address_in(place)
    if address:
        return Workspace(Path(files) if files is not None else default_files(address), address)
    if files is not None:
        raise UsageError("files names the folder of a database; a folder needs no other")
    return Workspace(Path(place) if place is not None else default_workspace(), beside=beside)


def _address_in(place: str | os.PathLike[str]) -> str | None:
    return place if isinstance(place, str) and "://" in place else None


class Workspace:
    """A folder with a database, copied images and a cache that can be rebuilt."""

    def __init__(
        self,
        root: Path,
        database: str | None = None,
        *,
        beside: bool = False,
        read_only: bool = False,
    ) -> None:
        self.root = root.expanduser().absolute()
        self.database = database
        self.read_only = read_only
        self.store = (
            open_reader(self.root, database)
            if read_only
            else open_store(self.root, database, beside=beside)
        )
        self.library = Library(self.root)

    def projects(self) -> tuple["Project", ...]:
        """Every project, by name."""
        return tuple(Project(self, info.slug) for info in self.store.projects())

    def project(self, name: str) -> "Project":
        """The project with this slug or name.

        Raises
        ------
        UnknownName
            If no project is called so.
        """
        return Project(self, self.store.project(name).slug)

    def create_project(
        self, name: str, *, labels: Iterable[str | tuple[str, str]] = (), author: str = LOCAL_AUTHOR
    ) -> "Project":
        """Make a project with its labels, given as names or ``(name, "#rrggbb")``.

        Raises
        ------
        AlreadyExists
            If a project of that name exists.
        """
        pairs = [(label, None) if isinstance(label, str) else label for label in labels]
        info = self.store.create_project(name, labels=pairs, author=author)
        return Project(self, info.slug)

    def restore(
        self,
        file: str | os.PathLike[str],
        *,
        name: str | None = None,
        progress: Progress | None = None,
    ) -> RestoreReport:
        """Bring a project back from a backup, whole or not at all.

        Parameters
        ----------
        file : path-like
            What `Project.backup` wrote, here or on another computer.
        name : str, optional
            What to call the project; by default as it was, with a number where that is taken.
        progress : callable, optional
            Called with (done, total, name).

        Raises
        ------
        FormatError
            If the file is no backup, damaged, or of another version.
        """
        return restore_project(self.store, self.library, Path(file), name=name, progress=progress)

    def close(self) -> None:
        """Write what is pending and let others open the workspace."""
        self.library.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Project:
    """A labelling campaign: images, labels, annotations and their history."""

    def __init__(self, workspace: Workspace, slug: str) -> None:
        self.workspace = workspace
        self.slug = slug
        self._store = workspace.store
        self._id = workspace.store.project(slug).id

    @property
    def info(self) -> ProjectInfo:
        """Name, counts and the number of the last event, as they are now."""
        return self._store.project(self.slug)

    # --- labels ---------------------------------------------------------------------------

    def labels(self, *, deleted: bool = False) -> tuple[Label, ...]:
        """The labels by id; with ``deleted`` those that were removed too."""
        return self._store.labels(self._id, deleted=deleted)

    def label_id(self, label: str | int) -> int:
        """The id of a label given by name or id.

        Raises
        ------
        UnknownName
            If the project has no such label.
        """
        labels = self.labels()
        for candidate in labels:
            if label in (candidate.id, candidate.name):
                return candidate.id
        known = ", ".join(f"{item.id} {item.name}" for item in labels) or "none yet"
        raise UnknownName(f"Project '{self.slug}' has no label '{label}'. Its labels: {known}.")

    # --- images ---------------------------------------------------------------------------

    def add_images(  # noqa: PLR0913 - the options of one intake, all by name
        self,
        sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        copy: bool = False,
        author: str = LOCAL_AUTHOR,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
        job_id: int | None = None,
        engine: Engine | None = None,
    ) -> IngestReport:
        """Take in folders, files and zip archives; a bad file is reported, the rest goes in.

        Parameters
        ----------
        sources : path-like or iterable of path-like
            Folders are read with all their sub-folders.
        copy : bool, optional
            Copy the files into the workspace instead of reading them where they are; archives are
            always copied.
        progress : callable, optional
            Called with (done, total, name) after each file.
        cancelled : callable, optional
            Asked between files; what went in so far stays.
        job_id : int, optional
            The job that this is; files that it has settled are passed over.
        engine : Engine, optional
            Whose workers decode the files; by default child processes of this one.
        """
        if isinstance(sources, str | os.PathLike):
            sources = [sources]
        return ingest(
            self._store,
            self.workspace.library,
            self.info,
            [Path(source) for source in sources],
            copy=copy,
            author=author,
            progress=watching_space(self.workspace.root, "Taking images in", progress),
            cancelled=cancelled,
            job_id=job_id,
            engine=engine,
        )

    def images(
        self,
        *,
        after: int = 0,
        limit: int | None = None,
        state: ImageState | None = None,
        label: int | None = None,
        sets: Sequence[str] = (TRUTH,),
    ) -> list[Image]:
        """Images by id, from the one after ``after``; all of them without a ``limit``.

        ``sets`` are those in which an image must have an annotation of ``label``.
        """
        how = {"state": state, "label": label, "sets": tuple(sets)}
        if limit is not None:
            return self._store.images(self._id, after=after, limit=limit, **how)
        found: list[Image] = []
        while page := self._store.images(self._id, after=after, limit=1000, **how):
            found += page
            after = page[-1].id
        return found

    def images_among(
        self,
        ids: Sequence[int],
        *,
        state: ImageState | None = None,
        label: int | None = None,
        sets: Sequence[str] = (TRUTH,),
    ) -> list[Image]:
        """Those of these images that the project has, by id; narrowed as by `images`."""
        return self._store.images_among(self._id, ids, state=state, label=label, sets=tuple(sets))

    def image(self, image_id: int) -> Image:
        """One image.

        Raises
        ------
        UnknownName
            If the project has no image with that id.
        """
        return self._store.image(self._id, image_id)

    def pixels(self, image_id: int) -> np.ndarray:
        """The upright picture in its original depth, shape (H, W) or (H, W, C)."""
        return self.workspace.library.pixels(self.slug, self.image(image_id))

    def neighbours(self, image_id: int) -> tuple[int | None, int | None]:
        """The ids of the images before and after."""
        return self._store.neighbours(self._id, image_id)

    def position(self, image_id: int) -> int:
        """How many images come before this one, plus one."""
        return self._store.image_position(self._id, image_id)

    # --- annotations ----------------------------------------------------------------------

    def annotations(
        self, image_id: int, *, sets: Sequence[str] = (TRUTH,)
    ) -> tuple[Annotation, ...]:
        """The annotations of one image, by id."""
        return self._store.annotations(self._id, image_id, sets=tuple(sets))

    def annotation_wires(
        self, image_id: int, *, sets: Sequence[str] = (TRUTH,)
    ) -> list[dict[str, Any]]:
        """The annotations of one image in their wire form, rings as arrays: for JSON alone."""
        return self._store.annotation_wires(self._id, image_id, sets=tuple(sets))

    def scribbles(self, image_id: int, *, sets: Sequence[str] = (TRUTH,)) -> tuple[Scribble, ...]:
        """The strokes that were drawn for the refine tools on one image."""
        return self._store.scribbles(self._id, image_id, sets=tuple(sets))

    def annotate(
        self, image_id: int, annotations: Iterable[NewAnnotation], *, author: str = LOCAL_AUTHOR
    ) -> tuple[Annotation, ...]:
        """Add annotations to an image, all of them or none.

        Parameters
        ----------
        image_id : int
            The image.
        annotations : iterable
            Each an `Annotation`, or a pair of a label (name or id) and a geometry or a mask as
            ndarray of bool, shape (H, W).

        Returns
        -------
        stored : tuple of Annotation
            With their ids, areas and boxes.

        Raises
        ------
        UnknownName
            If a label does not exist.
        DataError
            If a shape is refused; the message names each one and why.
        """
        image = self.image(image_id)
        group = str(uuid4())
        new = [self._new_annotation(item, image) for item in annotations]
        results = self.apply([_add(item, image_id, group) for item in new], author=author)
        _refuse_unless_accepted(results, f"image {image_id} ({image.name})")
        uids = {item.uid for item in new}
        sets = tuple({item.set for item in new})
        stored = self._store.annotations(self._id, image_id, sets=sets)
        return tuple(item for item in stored if item.uid in uids)

    def _new_annotation(self, item: NewAnnotation, image: Image) -> Annotation:
        if isinstance(item, Annotation):
            return item
        label, shape = item
        if isinstance(shape, np.ndarray):
            if shape.shape != image.shape:
                given = " by ".join(str(side) for side in shape.shape)
                raise DataError(
                    f"The mask is {given} pixels (rows by columns) but {image.name} is "
                    f"{image.height} by {image.width}."
                )
            shape = mask_from_array(shape.astype(bool))
        return Annotation(str(uuid4()), self.label_id(label), shape, source="python")

    def apply(
        self,
        operations: Sequence[Operation],
        *,
        author: str = LOCAL_AUTHOR,
        client: str = "",
        limit_targets: Callable[[Target], bool] | None = None,
    ) -> list[Result]:
        """Carry out operations; the answers come after they are safe on the disk.

        ``limit_targets`` says of a target whether this author may change it; operations on others
        are refused.
        """
        return self._store.apply(
            self._id, operations, author=author, client=client, limit_targets=limit_targets
        )

    def own_sets(self, user: str) -> tuple[str, ...]:
        """The sets in which somebody works blind, the newest first; none for everybody else."""
        return self._store.own_sets(self._id, user)

    def annotation_counts(
        self, image_ids: Sequence[int], *, sets: Sequence[str] = (TRUTH,)
    ) -> dict[int, int]:
        """How many annotations of these sets each of these images holds, if any."""
        return self._store.annotation_counts(self._id, image_ids, sets=tuple(sets))

    def label_counts(self, *, sets: Sequence[str] = (TRUTH,)) -> dict[int, int]:
        """How many annotations of these sets each label has, if any."""
        return self._store.label_counts(self._id, sets=tuple(sets))

    def closed_targets(
        self, operations: Sequence[Operation], *, user: str, reviewing: bool = False
    ) -> set[Target]:
        """The targets of operations which are closed to somebody: other sets, others' words."""
        return self._store.closed_targets(self._id, operations, user=user, reviewing=reviewing)

    def comments(self, image_id: int, *, sets: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """The comments on an image as they travel, oldest first; of every set by default."""
        return self._store.comments(self._id, image_id, sets=sets)

    def changes(
        self,
        image_id: int,
        *,
        since: int,
        client: str,
        sets: Sequence[str] = (TRUTH,),
        all_comments: bool = False,
    ) -> Changes:
        """What others changed on an image after event ``since``."""
        return self._store.changes(
            self._id,
            image_id,
            since=since,
            client=client,
            sets=tuple(sets),
            all_comments=all_comments,
        )

    def events(
        self, *, image_id: int | None = None, after: int = 0, limit: int = 1000
    ) -> list[Event]:
        """The history of the project or of one image, oldest first."""
        return self._store.events(self._id, image_id=image_id, after=after, limit=limit)

    # --- conflicts, history, who is there ----------------------------------------------------

    def disputes(
        self, image_id: int | None, *, sets: Sequence[str] = (TRUTH,), limit: int | None = None
    ) -> list[Dispute]:
        """What was refused on an image because others were first, until it is settled."""
        return self._store.disputes(self._id, image_id, sets=tuple(sets), limit=limit)

    def conflict_counts(
        self, image_ids: Sequence[int], *, sets: Sequence[str] = (TRUTH,)
    ) -> dict[int, int]:
        """How many refused operations wait on each of these images that has any."""
        return self._store.conflict_counts(self._id, image_ids, sets=tuple(sets))

    def images_in_conflict(self, *, sets: Sequence[str] = (TRUTH,)) -> list[int]:
        """The ids of the images with something to settle."""
        return self._store.images_in_conflict(self._id, sets=tuple(sets))

    def history(
        self,
        image_id: int | None = None,
        *,
        asked: Asked | None = None,
        sets: Sequence[str] = (TRUTH,),
    ) -> list[Moment]:
        """Who did what and when on an image or in the whole project, the newest first.

        Parameters
        ----------
        image_id : int, optional
            The image; without it the whole project.
        asked : Asked, optional
            Narrows to a person or an object, and pages back; by default the last 100 lines.
        """
        return self._store.timeline(self._id, asked or Asked(image_id), sets=tuple(sets))

    def moment(self, seq: int, *, sets: Sequence[str] = (TRUTH,)) -> Moment | None:
        """One line of the history with its target before and after, None if there is none."""
        return self._store.moment(self._id, seq, sets=tuple(sets))

    def steps(self, asked: Asked, *, sets: Sequence[str] = (TRUTH,)) -> list[Step]:
        """What one person did last on one image, as it can be taken back, oldest first."""
        return self._store.steps(self._id, asked, sets=tuple(sets))

    def tombs(self, image_id: int, *, sets: Sequence[str] = (TRUTH,)) -> dict[Target, int]:
        """What was removed from an image, each with the version on which it can come back."""
        return self._store.tombs(self._id, image_id, sets=tuple(sets))

    def state_at(
        self, image_id: int, seq: int, *, sets: Sequence[str] = (TRUTH,)
    ) -> dict[Target, Mapping[str, Any] | None]:
        """What was drawn on an image after event ``seq``; None for what is there only now."""
        return self._store.state_at(self._id, image_id, seq, sets=tuple(sets))

    def restore(  # noqa: PLR0913 - what, to when, by whom, all by name
        self,
        image_id: int,
        *,
        at: int | datetime,
        uids: Sequence[str] | None = None,
        author: str = LOCAL_AUTHOR,
        client: str = "",
        name: str | None = None,
        sets: Sequence[str] = (TRUTH,),
    ) -> list[Result]:
        """Bring an image, or some of its objects, back to how they were, all or nothing.

        Parameters
        ----------
        image_id : int
            The image.
        at : int or datetime
            The number of an event, or a moment: what came after it is taken back by new operations
            of one group; the history only grows.
        uids : sequence of str, optional
            Only these objects.
        name : str, optional
            Calling twice under one name is calling once.

        Returns
        -------
        results : list of Result
            One for each object that had to change; empty if all is as it was.
        """
        seq = at if isinstance(at, int) else self._store.seq_at(self._id, at)
        return self._store.restore(
            self._id,
            image_id,
            seq=seq,
            uids=uids,
            author=author,
            client=client,
            name=name or str(uuid4()),
            sets=tuple(sets),
        )

    def note_presence(
        self, image_id: int, *, client: str, author: str, doing: str = "", set_name: str = TRUTH
    ) -> list[Present]:
        """Say that a page is open on an image; returns the other pages there."""
        place = Place(self._id, image_id, set_name)
        return self._store.note_presence(place, client=client, author=author, doing=doing)

    def take_image(
        self, user: str, *, leaving: int | None = None, order: str = "order"
    ) -> Lease | None:
        """Hold the next image for somebody, so that nobody else gets it; None: nothing is left."""
        return self._store.take_image(self._id, user, leaving=leaving, order=order)

    def give_back(self, user: str, image_id: int) -> None:
        """Hold an image no longer."""
        self._store.give_back(self._id, user, image_id)

    def leases(self) -> list[Lease]:
        """Which images are held for whom."""
        return self._store.leases(self._id)

    def assign(self, share: Share, *, author: str = LOCAL_AUTHOR) -> int:
        """Assign images to people in turn; how many there were."""
        return self._store.assign(self._id, share, actor=author)

    def unassign(self, share: Share) -> int:
        """Take assignments back; how many there were."""
        return self._store.unassign(self._id, share)

    def workloads(self) -> list[Workload]:
        """What is assigned, per person."""
        return self._store.workloads(self._id)

    # --- the review -------------------------------------------------------------------------

    def review_rule(self) -> ReviewRule:
        """What of the finished work is reviewed."""
        return agreed.review_rule(self.info)

    def waiting_reviews(self, user: str, *, after: int = 0, limit: int = 100) -> list[Due]:
        """The images behind ``after`` that wait for this reviewer, by id."""
        rule = self.review_rule()
        return self._store.waiting_reviews(self._id, rule, user=user, after=after, limit=limit)

    def finished(self, image_id: int) -> Finished:
        """Who finished an image and who accepted it."""
        return self._store.finished(self._id, image_id)

    def last_verdict(self, image_id: int) -> Verdict | None:
        """What the last review of an image said, None if it was never reviewed."""
        return self._store.last_verdict(self._id, image_id)

    def set_settings(
        self, values: Mapping[str, Any], *, author: str = LOCAL_AUTHOR, tool: str = "settings"
    ) -> None:
        """Set some settings of the project; None takes one away.

        Raises
        ------
        DataError
            If one makes no sense, or somebody changed the settings at the same moment.
        """
        operation = agreed.settings_operation(self.info, values, tool)
        (result,) = self.apply([operation], author=author)
        if result.outcome is not Outcome.ACCEPTED:
            reason = result.reason or "the settings changed"
            raise DataError(f"The settings were not kept: {reason}.")

    def leave(self, client: str) -> None:
        """Say that a page is closed."""
        self._store.leave(self._id, client)

    # --- rounds of raters, agreement, gold ----------------------------------------------------

    def start_round(self, deal: Deal, *, author: str = LOCAL_AUTHOR) -> Round:
        """Deal images to raters, who label them blind to each other.

        Raises
        ------
        DataError
            If there are too few raters, or nothing that these raters have not labelled already.
        """
        number = self._store.start_round(self._id, deal, author=author)
        return next(one for one in self.rounds() if one.id == number)

    def close_round(self, number: int) -> None:
        """End a round: its raters see again what everybody sees."""
        self._store.close_round(self._id, number)

    def rounds(self) -> list[Round]:
        """The rounds, the newest first, with how far each rater is."""
        return self._store.rounds(self._id)

    def ratings(self, user: str, image_ids: Sequence[int]) -> dict[int, Rating]:
        """How far somebody is with those of these images that were dealt to them."""
        return self._store.ratings(self._id, user, image_ids)

    def rating_counts(self, user: str) -> dict[ImageState, int]:
        """How many images were dealt to somebody, by how far they are."""
        return self._store.rating_counts(self._id, user)

    def agreement(
        self,
        *,
        round: int | None = None,
        threshold: float = 0.5,
        progress: Progress | None = None,
    ) -> Agreement:
        """Compare what raters drew on the same images.

        Parameters
        ----------
        round : int, optional
            The number of a round; by default all of them.
        threshold : float, optional
            The least IoU, above 0, of two shapes that may be the same object.
        progress : callable, optional
            Called with (done, total, name) after each image.

        Returns
        -------
        agreement : Agreement
            Tables per label, per image, per two raters and per object.
        """
        if not 0 < threshold <= 1:
            raise UsageError(f"The threshold is an IoU above 0 and at most 1, not {threshold}.")
        names = {label.id: label.name for label in self.labels(deleted=True)}
        total = sum(one.images for one in self.rounds() if round in (None, one.id))
        counted = itertools.count(1)

        def told(row: Rated) -> Rated:
            if progress is not None:
                progress(next(counted), total, row[0].name)
            return row

        with self._store.rated_images(self._id, number=round) as rows:
            return agreement(map(told, rows), names, threshold=threshold)

    def comparison(self, image_id: int, *, threshold: float = 0.5) -> Comparison:
        """What the raters of one image drew, object by object; of those who are done with it."""
        with self._store.rated_images(self._id, image_ids=[image_id]) as rows:
            rated = next(rows, (self.image(image_id), {}))[1]
        return Comparison(self.image(image_id), rated, threshold=threshold)

    def adjudicate(
        self,
        image_id: int,
        uids: Sequence[str],
        *,
        into: str = consensus.CONSENSUS,
        author: str = LOCAL_AUTHOR,
        name: str | None = None,
    ) -> list[Result]:
        """Make copies of these objects of raters the consensus of an image, all or nothing.

        Parameters
        ----------
        image_id : int
            The image.
        uids : sequence of str
            Objects of its raters; none says that there is nothing on it.
        into : str, optional
            The set; ``truth`` only where that is empty.
        name : str, optional
            Calling twice under one name is calling once.

        Raises
        ------
        DataError
            If an object is none of a rater, or would be mixed with what stands in ``truth``.
        """
        rated = self.comparison(image_id).rated
        drawn = {one.uid: one for mine in rated.values() for one in mine}
        missing = [uid for uid in uids if uid not in drawn]
        if missing:
            raise DataError(f"Image {image_id} has no object {missing[0]} of a rater who is done.")
        there = self.annotations(image_id, sets=(into,))
        if into == TRUTH and there:
            raise DataError(
                f"Image {image_id} holds {len(there)} objects in truth already. Remove them first, "
                "or write the consensus into its own set."
            )
        chosen = [drawn[uid] for uid in dict.fromkeys(uids)]
        made = consensus.operations(image_id, chosen, there, into=into, name=name or str(uuid4()))
        return self.apply(made, author=author) if made else []

    def gold_images(self) -> list[int]:
        """The ids of the images whose answer is known."""
        return self._store.gold_images(self._id)

    def add_gold(self, image_id: int, *, author: str = LOCAL_AUTHOR) -> None:
        """Hide an image among the work of later rounds; its objects in truth are the answer."""
        answer = self.annotations(image_id)
        there = self.annotations(image_id, sets=(GOLD,))
        made = consensus.operations(image_id, answer, there, into=GOLD, name=str(uuid4()))
        if made:
            _refuse_unless_accepted(self.apply(made, author=author), f"gold image {image_id}")
        self._store.add_gold(self._id, self.image(image_id).id, author=author)

    def remove_gold(self, image_id: int) -> None:
        """Measure nobody by an image any longer."""
        self._store.remove_gold(self._id, image_id)

    def trials(self, user: str | None = None) -> list[Trial]:
        """What raters drew on gold images, each beside the answer, in the order of time."""
        return self._store.trials(self._id, user)

    # --- who did what when ------------------------------------------------------------------

    def activity(self, user: str | None = None) -> Activity:
        """How much each person did, by day and by tool; breaks of 100 s and more do not count.

        Parameters
        ----------
        user : str, optional
            One person; by default everybody.
        """
        work = [
            (one.author, one.day, one.tool, one.events, one.objects, one.seconds)
            for one in self._store.work(self._id, user)
        ]
        return activity(work, self._finished_days(user))

    def forecast(self, *, today: date | None = None) -> Forecast:
        """When the open images may be done, at the pace of the last days."""
        states = self.info.states
        waiting = (ImageState.NEW, ImageState.IN_PROGRESS, ImageState.REJECTED)
        n_open = sum(states.get(state, 0) for state in waiting)
        return forecast(n_open, self._finished_days(None), today=today or datetime.now(UTC).date())

    def _finished_days(self, user: str | None) -> list[tuple[str, int, int]]:
        found = self._store.finished_days(self._id, user)
        return [(one.author, one.day, one.images) for one in found]

    # --- correcting -------------------------------------------------------------------------

    def recipe(self, image_id: int | None = None) -> Recipe:
        """The steps by which an image is corrected; without an image, those for all."""
        return recipe_of(self.info.settings, image_id)

    def correct(
        self,
        recipe: Sequence[Correction] | None,
        *,
        image_id: int | None = None,
        author: str = LOCAL_AUTHOR,
    ) -> None:
        """Say by which steps an image, or every image, is corrected; None takes that back.

        The original and the labels stay as they are; `corrected_pixels` and exports with
        ``corrected=True`` show the result.

        Raises
        ------
        UnknownName
            If the project has no such image.
        DataError
            If a step cannot be carried out on the image, or somebody changed the settings just now.
        """
        if image_id is not None:
            shape = self.image(image_id).shape
            frame_of(recipe or (), shape)
        operation = recipe_operation(self.info.settings_version, recipe, image_id)
        (result,) = self.apply([operation], author=author)
        if result.outcome is not Outcome.ACCEPTED:
            raise DataError(f"The recipe was not kept: {result.reason or 'the settings changed'}.")

    def corrected_pixels(
        self, image_id: int, recipe: Sequence[Correction] | None = None
    ) -> np.ndarray:
        """The corrected picture in its original depth; by another recipe than its own if given."""
        steps = self.recipe(image_id) if recipe is None else recipe
        return corrected(self.pixels(image_id), steps, reference=self.pixels)

    def stitch(  # noqa: PLR0913 - the options of one grid, all by name
        self,
        image_ids: Sequence[int],
        columns: int,
        *,
        overlap: float = 0.1,
        blending: bool = True,
        correspondences: Mapping[Pair, Shift] | None = None,
        name: str = "stitched.png",
        author: str = LOCAL_AUTHOR,
    ) -> tuple[IngestReport, tuple[Residual, ...]]:
        """Put images of a grid, row by row, together into one more image of the project.

        See `datasetbuilder.pixels.stitching.stitched`; the residuals say how well neighbours fit.
        """
        tiles = [self.pixels(number) for number in image_ids]
        how: dict[str, Any] = {"overlap": overlap, "blending": blending}
        found = stitched(tiles, columns, correspondences=correspondences, **how)
        with self.workspace.library.incoming(self.slug) as folder:
            path = folder / Path(name).name
            path.write_bytes(picture_file(found.pixels))
            report = self.add_images(path, copy=True, author=author)
        return report, found.residuals

    def _seen(self, snapshot: Snapshot, *, wanted: bool) -> Snapshot:
        """A snapshot as exports are to show it."""
        settings = self.info.settings
        if not (wanted and has_recipes(settings)):
            return snapshot
        return Corrected(snapshot, lambda image_id: recipe_of(settings, image_id), self.pixels)

    # --- measuring --------------------------------------------------------------------------

    def scale(self, image_id: int) -> Scale | None:
        """How long a pixel of an image is: as said of it, of the project, or by its file."""
        return _scale_of(self.workspace.library, self.info, self.image(image_id))

    def set_scale(
        self, scale: Scale | None, *, image_id: int | None = None, author: str = LOCAL_AUTHOR
    ) -> None:
        """Say how long a pixel of an image is, or of all images; None takes that back.

        Raises
        ------
        UnknownName
            If the project has no such image.
        DataError
            If the scale is no scale, or somebody changed the settings at the same moment.
        """
        if image_id is not None:
            self.image(image_id)
        (result,) = self.apply([scale_operation(self.info, scale, image_id)], author=author)
        if result.outcome is not Outcome.ACCEPTED:
            raise DataError(f"The scale was not kept: {result.reason or 'the settings changed'}.")

    def profile(self, image_id: int, line: Sequence[Point], *, width: int = 1) -> Profile:
        """The values under a line on an image, see `datasetbuilder.measure.profile`."""
        return profile(self.pixels(image_id), line, width)

    def measure(
        self,
        *,
        image_id: int | None = None,
        sets: Sequence[str] = (TRUTH,),
        progress: Progress | None = None,
        engine: Engine | None = None,
    ) -> Measurements:
        """Measure the objects of an image or of all images.

        Parameters
        ----------
        image_id : int, optional
            The image; without it every one.
        sets : sequence of str, optional
            Whose annotations.
        progress : callable, optional
            Called with (done, total, name) after each image of the project.
        engine : Engine, optional
            Whose workers measure the images of the project; by default this process.

        Returns
        -------
        measurements : Measurements
            ``table`` is a DataFrame, ``problems`` names the images without readable pixels.
        """
        if image_id is not None:
            row = (self.image(image_id), self.annotations(image_id, sets=sets))
            return measured([row], self._sources())
        return self._over_all(measured if engine is None else self._by(engine), sets, progress)

    def _by(self, engine: Engine) -> Callable[..., Measurements]:
        """Measuring by the workers of an engine, who open the originals themselves."""
        info, library = self.info, self.workspace.library
        return lambda rows, sources, *, advance: measured_by(
            engine,
            rows,
            path_of=lambda image: library.original_path(self.slug, image),
            scale_of=lambda image: (said_scale(info, image.id) or (None,))[0],
            labels=sources.labels,
            advance=advance,
        )

    def objects(
        self, *, sets: Sequence[str] = (TRUTH,), progress: Progress | None = None
    ) -> Measurements:
        """As `measure` of all images, with who made each annotation, when, and its image's state.

        What covers no pixel has a row too, see `datasetbuilder.insight.objects.described`.
        """
        return self._over_all(described, sets, progress)

    def _over_all(
        self,
        work: Callable[..., Measurements],
        sets: Sequence[str],
        progress: Progress | None,
    ) -> Measurements:
        total, counted = self.info.n_images, itertools.count(1)

        def advance(name: str) -> None:
            if progress is not None:
                progress(next(counted), total, name)

        with self.snapshot(sets=sets) as snapshot:
            return work(snapshot.rows(), self._sources(), advance=advance)

    def _sources(self) -> Sources:
        info, library = self.info, self.workspace.library
        return Sources(
            pixels=lambda image: library.pixels(self.slug, image),
            scale=lambda image: _scale_of(library, info, image),
            labels={label.id: label.name for label in self.labels(deleted=True)},
        )

    # --- likeness ---------------------------------------------------------------------------

    def learn_likenesses(
        self, *, progress: Progress | None = None, engine: Engine | None = None
    ) -> list[str]:
        """Look at images that came in before likeness was kept, so that a split can use it.

        An export with splits does it by itself. Beside a server nothing is written: there the
        server looks.

        Returns
        -------
        problems : list of str
            One for each image whose file cannot be read.
        """
        if self._store.is_beside or self.workspace.read_only:
            return []
        library = self.workspace.library
        return learn_likenesses(self._store, library, self.info, progress=progress, engine=engine)

    # --- import ---------------------------------------------------------------------------

    def import_annotations(  # noqa: PLR0913 - the options of one import, all by name
        self,
        path: str | os.PathLike[str],
        *,
        format: str = "auto",
        way: str = "annotations",
        set_name: str | None = None,
        new_labels: str = "create",
        dry_run: bool = False,
        author: str = LOCAL_AUTHOR,
    ) -> ImportReport:
        """Bring in annotations that another program made, all of a file or nothing of it.

        Parameters
        ----------
        path : path-like
            A file, or a folder of files.
        format : str, optional
            ``auto`` looks at the content.
        way : str, optional
            ``annotations`` for the truth, ``prelabels`` for a set of their own, with scores.
        set_name : str, optional
            The set; by default ``truth``, or ``prelabel`` for prelabels.
        new_labels : str, optional
            ``create`` labels that the project lacks, or ``refuse``.
        dry_run : bool, optional
            Say what would happen and store nothing.

        Raises
        ------
        UsageError
            If the path does not exist or an option makes no sense.
        FormatError
            If the format cannot be guessed.
        """
        wanted = ImportWish(format, way, set_name, new_labels)
        return import_annotations(
            self._store, self.info, Path(path), wanted, dry_run=dry_run, author=author
        )

    # --- export ---------------------------------------------------------------------------

    def snapshot(self, *, sets: Sequence[str] = (TRUTH,)) -> AbstractContextManager[Snapshot]:
        """The project at one event number, unmoved by later edits."""
        library = self.workspace.library
        return self._store.snapshot(
            self._id,
            open_pixels=lambda image: library.open_original(self.slug, image),
            sets=tuple(sets),
        )

    def backup(
        self,
        file: str | os.PathLike[str],
        *,
        images: str = "copy",
        progress: Progress | None = None,
    ) -> BackupManifest:
        """Write the project with its whole history into one file, checked by reading it back.

        Parameters
        ----------
        file : path-like
            A zip archive that does not exist yet.
        images : {'copy', 'none'}, optional
            Whether the originals go in, or stand there by place and hash only.
        progress : callable, optional
            Called with (done, total, name).

        Raises
        ------
        AlreadyExists
            If the file exists; a backup is never overwritten.
        """
        library = self.workspace.library
        with self._store.reading() as connection:
            return write_backup(
                connection,
                self._id,
                Path(file),
                open_original=lambda image: library.open_original(self.slug, image),
                images=images,
                progress=progress,
            )

    def plan_export(  # noqa: PLR0913 - the options of one export, all by name
        self,
        *,
        formats: Sequence[str] = ("coco",),
        task: str | None = None,
        splits: Mapping[str, float] | None = None,
        seed: int = 0,
        images: str = "copy",
        segmentation: str = "polygon",
        group_by: str = "",
        groups: str | os.PathLike[str] | None = None,
        stratify: bool = False,
        where: str = "",
        fresh_split: bool = False,
        sets: Sequence[str] = (TRUTH,),
    ) -> ExportPlan:
        """What `export` would write, what it would have to leave out, and about how large it is."""
        library, slug = self.workspace.library, self.slug
        with self.snapshot(sets=sets) as snapshot:
            return plan(
                snapshot,
                formats=formats,
                task=task,
                splits=splits,
                seed=seed,
                images=images,
                segmentation=segmentation,
                groups=chosen_groups(group_by, None if groups is None else Path(groups)),
                stratify=stratify,
                where=where,
                fresh_split=fresh_split,
                size_of=lambda image: library.file_size(slug, image),
            )

    def export(  # noqa: PLR0913 - the options of one export, all by name
        self,
        folder: str | os.PathLike[str],
        *,
        formats: str | Sequence[str] = ("coco",),
        task: str | None = None,
        splits: Mapping[str, float] | None = None,
        seed: int = 0,
        images: str = "copy",
        segmentation: str = "polygon",
        group_by: str = "",
        groups: str | os.PathLike[str] | None = None,
        stratify: bool = False,
        where: str = "",
        fresh_split: bool = False,
        corrected: bool = False,
        sets: Sequence[str] = (TRUTH,),
        allow_loss: bool = False,
        progress: Progress | None = None,
    ) -> ExportReport:
        """Write a dataset, read it back, compare it with the project, then move it into place.

        Parameters
        ----------
        folder : path-like
            Missing or empty.
        formats : str or sequence of str, optional
            Names of formats.
        task : str, optional
            By default what the first format is for.
        splits : mapping of str to float, optional
            Share of each split; ``seed`` deals the images.
        images : str, optional
            ``copy``, ``link`` or ``none``.
        segmentation : str, optional
            How COCO writes masks: ``polygon``, ``rle`` or ``counts``.
        group_by : str, optional
            ``folder``, or a column of the table ``groups``: what stays on one side of a split.
        stratify : bool, optional
            Give each split its share of every label.
        where : str, optional
            Which images and annotations are meant, such as ``status = accepted and score >= 0.5``.
        fresh_split : bool, optional
            Deal all images anew; otherwise each stays in the split an earlier export gave it.
        corrected : bool, optional
            The pictures as their recipes correct them, and the labels where they are seen there.
        allow_loss : bool, optional
            Export although a format cannot hold everything.

        Raises
        ------
        AlreadyExists
            If the folder exists and is not empty; an export is never overwritten.
        UnknownName
            If a format or task does not exist.
        FormatError
            If a format cannot hold everything and ``allow_loss`` is not given.
        VerificationError
            If what was read back differs from the project.
        """
        names = [formats] if isinstance(formats, str) else list(formats)
        if splits is not None:
            self.learn_likenesses(progress=progress)
        with self.snapshot(sets=sets) as snapshot:
            seen = self._seen(snapshot, wanted=corrected)
            report = export(
                seen,
                Path(folder),
                formats=names,
                task=task,
                splits=splits,
                seed=seed,
                images=images,
                segmentation=segmentation,
                groups=chosen_groups(group_by, None if groups is None else Path(groups)),
                stratify=stratify,
                where=where,
                fresh_split=fresh_split,
                allow_loss=allow_loss,
                progress=watching_space(Path(folder), "The export", progress),
            )
        self.keep_splits(report.dealt)
        if isinstance(seen, Corrected) and seen.left_out:
            return replace(report, notes=(*report.notes, _told_left_out(seen.left_out)))
        return report

    def keep_splits(self, splits: Mapping[int, str]) -> None:
        """Remember where an export put images, by id, for the exports that come later.

        Beside a server nothing is written: there the server's own exports are remembered.
        """
        if not (self._store.is_beside or self.workspace.read_only):
            keep_splits(self._store, self.info.id, splits)

    def diff(self, folder: str | os.PathLike[str], *, sets: Sequence[str] = (TRUTH,)) -> DiffReport:
        """What is different between an export and the project as it is now."""
        with self.snapshot(sets=sets) as snapshot:
            now = side_of_snapshot(snapshot)
            gallery = Gallery(snapshot.images())
            return compare(side_of_export(Path(folder), gallery.size_of), now)


def _told_left_out(left_out: Mapping[str, str]) -> str:
    uid, image = next(iter(left_out.items()))
    return (
        f"{len(left_out)} annotations were left out, such as {uid} of {image}: they end up outside"
        " of the corrected pictures, or have no shape there."
    )


def _scale_of(library: Library, info: ProjectInfo, image: Image) -> Scale | None:
    said = said_scale(info, image.id)
    return said[0] if said is not None else recorded_scale(library, info.slug, image)


def _add(annotation: Annotation, image_id: int, group: str) -> Operation:
    whole = wire.annotation_to_wire(annotation)
    payload: dict[str, Any] = {key: whole[key] for key in wire.CHANGEABLE}
    target = Target(TargetType.ANNOTATION, annotation.uid, image_id)
    return Operation(
        str(uuid4()), OperationKind.ADD, target, payload, group_id=group, tool=annotation.source
    )


def _refuse_unless_accepted(results: Sequence[Result], where: str) -> None:
    reasons = [
        f"annotation {index + 1}: {result.reason}"
        for index, result in enumerate(results)
        if result.outcome is not Outcome.ACCEPTED
    ]
    if reasons:
        raise DataError(f"Nothing was added to {where}. " + " ".join(reasons))
