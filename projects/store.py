"""The store of a workspace: every change an operation, every read one transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

from sqlalchemy import Connection

from datasetbuilder.errors import UnknownName
from datasetbuilder.insight.sampling import ReviewRule
from datasetbuilder.model import (
    TRUTH,
    Annotation,
    Event,
    Image,
    ImageState,
    Label,
    Operation,
    Outcome,
    Result,
    Scribble,
    Target,
)
from datasetbuilder.projects import (
    activity,
    batches,
    comments,
    creation,
    disputes,
    gold,
    history,
    presence,
    queue,
    ratings,
    reading,
    restoring,
    reviewing,
    rounds,
    sessions,
    sets,
    timeline,
)
from datasetbuilder.projects.activity import FinishedDay, Work
from datasetbuilder.projects.annotations import measured
from datasetbuilder.projects.database import Database
from datasetbuilder.projects.disputes import Dispute
from datasetbuilder.projects.gold import Trial
from datasetbuilder.projects.history import Changes, Conflict, TargetState
from datasetbuilder.projects.ledger import Transaction
from datasetbuilder.projects.opening import open_database
from datasetbuilder.projects.operations import prepare, run
from datasetbuilder.projects.people import People
from datasetbuilder.projects.presence import Place, Present
from datasetbuilder.projects.queue import Lease, Share, Workload
from datasetbuilder.projects.ratings import Rated, Rating
from datasetbuilder.projects.reading import ProjectInfo
from datasetbuilder.projects.reviewing import Due, Finished, Verdict
from datasetbuilder.projects.rounds import Deal, Round
from datasetbuilder.projects.snapshot import StoreSnapshot
from datasetbuilder.projects.timeline import Asked, Moment, Step

_T = TypeVar("_T")

__all__ = [
    "Asked",
    "Changes",
    "Conflict",
    "Deal",
    "Dispute",
    "Due",
    "Finished",
    "Lease",
    "Moment",
    "Place",
    "Present",
    "ProjectInfo",
    "Rated",
    "Rating",
    "Round",
    "Share",
    "Step",
    "Store",
    "TargetState",
    "Trial",
    "Verdict",
    "Workload",
]


class Store:
    """The projects of one workspace, open in this process.

    Reads may come from any thread and never wait for writers. Whatever writes returns after COMMIT
    has reached the disk, or raises ``StoreUnavailable`` and has changed nothing.
    """

    is_beside = False
    """Whether a server holds the workspace, to which some of the writing is handed over."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.backup = database.backup
        self.integrity = database.integrity
        self.database = database.name
        self.is_shared = database.is_shared
        self._database = database
        self._writer = database.writer
        self._reading = database.reading
        self.people = People(database.reading, database.writer.submit)
        self._known_shape = lru_cache(maxsize=4096)(self._read_shape)

    @classmethod
    def open(cls, folder: Path, database: str | None = None) -> Self:
        """Open the workspace in a folder, making it if there is none.

        Parameters
        ----------
        folder : Path
            Where its files are, and its database unless that is named.
        database : str, optional
            The address of a PostgreSQL database, which many processes may open.

        Raises
        ------
        UsageError
            If the address is none, or what speaks to PostgreSQL is not installed.
        WorkspaceError
            If another process has it open, it lies on a network file system, or it was written by a
            newer version.
        StoreUnavailable
            If the folder cannot be written or the database does not answer.
        """
        return cls(folder, open_database(folder, database))

    def keep_backups(self) -> None:
        """Copy the database in the background, every hour in which something changed."""
        self._database.keep_backups()

    def close(self) -> None:
        """Finish what is being written and let the workspace go."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read transaction, for work that needs more than one question, such as a backup."""
        with self._reading() as connection:
            yield connection

    def submit(
        self, work: Callable[[Transaction], _T], *, weight: int = 1, project: int | None = None
    ) -> _T:
        """Run ``work`` in a transaction of the writer; what it returns, after COMMIT.

        With ``project`` it writes in that project only, and does not wait for others.

        Raises
        ------
        StoreUnavailable
            If the database could not be written; then nothing of ``work`` was kept.
        """
        return self._writer.submit(work, weight=weight, project=project)

    # --- projects and labels ------------------------------------------------------------------

    def create_project(
        self, name: str, *, labels: Sequence[tuple[str, str | None]] = (), author: str = "local"
    ) -> ProjectInfo:
        """Make a project with its first labels, each a name and a colour or None.

        Raises
        ------
        AlreadyExists
            If there is a project of that name.
        DataError
            If a label is wrong; then there is no project either.
        """
        slug = self._writer.submit(
            lambda transaction: creation.create_project(transaction, name, labels, author=author)
        )
        return self.project(slug)

    def projects(self) -> list[ProjectInfo]:
        """Every project, by name."""
        with self._reading() as connection:
            return reading.projects(connection)

    def project(self, slug: str) -> ProjectInfo:
        """The project with a slug or a name; UnknownName with what there is."""
        with self._reading() as connection:
            return reading.project_named(connection, slug)

    def labels(self, project_id: int, *, deleted: bool = False) -> tuple[Label, ...]:
        """The labels by id, those out of use only on request."""
        with self._reading() as connection:
            return reading.labels(connection, project_id, deleted=deleted)

    # --- images -------------------------------------------------------------------------------

    def add_images(
        self, project_id: int, images: Sequence[Image], *, author: str
    ) -> tuple[Image, ...]:
        """Add images under one event; returns them with their ids.

        Raises
        ------
        AlreadyExists
            If a name is taken; then none of them is added.
        """
        return self._writer.submit(
            lambda transaction: batches.add_images(
                transaction.ledger(project_id), images, author=author
            ),
            weight=len(images),
            project=project_id,
        )

    def image(self, project_id: int, image_id: int) -> Image:
        """One image; UnknownName if it is not there."""
        with self._reading() as connection:
            return reading.image_with_id(connection, project_id, image_id)

    def images(  # noqa: PLR0913 - what to narrow by, all by name
        self,
        project_id: int,
        *,
        after: int = 0,
        limit: int = 100,
        state: ImageState | None = None,
        label: int | None = None,
        sets: Sequence[str] = (TRUTH,),
    ) -> list[Image]:
        """The images with an id above ``after``, by id, at most ``limit`` of them.

        ``sets`` are those in which an image must have an annotation of ``label``.
        """
        with self._reading() as connection:
            return reading.images(
                connection,
                project_id,
                after=after,
                limit=limit,
                state=state,
                label_id=label,
                sets=sets,
            )

    def images_among(
        self,
        project_id: int,
        ids: Sequence[int],
        *,
        state: ImageState | None = None,
        label: int | None = None,
        sets: Sequence[str] = (TRUTH,),
    ) -> list[Image]:
        """Those of these images that are there and pass, by id."""
        with self._reading() as connection:
            return reading.images_among(
                connection, project_id, ids, state=state, label_id=label, sets=sets
            )

    def images_named(self, project_id: int, names: Sequence[str]) -> dict[str, Image]:
        """Those of the names that are taken, with their images."""
        with self._reading() as connection:
            return reading.images_named(connection, project_id, names)

    def neighbours(self, project_id: int, image_id: int) -> tuple[int | None, int | None]:
        """The ids of the images before and after one."""
        with self._reading() as connection:
            return reading.neighbours(connection, project_id, image_id)

    def image_position(self, project_id: int, image_id: int) -> int:
        """The place of an image among all, from 1."""
        with self._reading() as connection:
            return reading.image_position(connection, project_id, image_id)

    # --- what is drawn on an image ------------------------------------------------------------

    def annotations(
        self, project_id: int, image_id: int, *, sets: Sequence[str] = (TRUTH,)
    ) -> tuple[Annotation, ...]:
        """The annotations of an image, by id."""
        with self._reading() as connection:
            return reading.annotations(connection, project_id, image_id, sets)

    def annotation_wires(
        self, project_id: int, image_id: int, *, sets: Sequence[str] = (TRUTH,)
    ) -> list[dict[str, Any]]:
        """The annotations of an image in their wire form, by id; much faster with crowds."""
        with self._reading() as connection:
            return reading.annotation_wires(connection, project_id, image_id, sets)

    def scribbles(
        self, project_id: int, image_id: int, *, sets: Sequence[str] = (TRUTH,)
    ) -> tuple[Scribble, ...]:
        """The scribbles of an image, in the order they were begun."""
        with self._reading() as connection:
            return reading.scribbles(connection, project_id, image_id, sets)

    def comments(
        self, project_id: int, image_id: int, *, sets: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """The comments on an image in their wire form, oldest first; of every set by default."""
        with self._reading() as connection:
            return reading.comments(connection, project_id, image_id, sets)

    # --- operations ---------------------------------------------------------------------------

    def apply(
        self,
        project_id: int,
        operations: Sequence[Operation],
        *,
        author: str,
        client: str = "",
        limit_targets: Callable[[Target], bool] | None = None,
    ) -> list[Result]:
        """Carry operations out; one result each, in their order.

        Parameters
        ----------
        project_id : int
            The project they belong to.
        operations : sequence of Operation
            Safe to send again: an ``op_id`` that was answered gets the same answer.
        author, client : str
            Who did it, and in which tab or program.
        limit_targets : callable, optional
            Says of a target whether this caller may change it; an operation on another target is
            refused, its group with it, and nothing of it is kept.

        Raises
        ------
        StoreUnavailable
            If the database could not be written; then none of them was carried out.
        """
        barred = _barred(operations, limit_targets)
        allowed = [op for op in operations if op.op_id not in barred]
        if allowed:
            shape_of = lambda image_id: self._shape(project_id, image_id)  # noqa: E731
            with self._database.plainly():
                prepared = [prepare(op, shape_of) for op in allowed]
            results = self._writer.submit(
                lambda transaction: run(
                    transaction.ledger(project_id), prepared, author=author, client=client
                ),
                weight=len(prepared),
                project=project_id,
            )
            barred.update((result.op_id, result) for result in results)
        return [barred[op.op_id] for op in operations]

    def own_sets(self, project_id: int, user: str) -> tuple[str, ...]:
        """The sets in which somebody works blind, the newest first; none for everybody else."""
        with self._reading() as connection:
            return sets.own(connection, project_id, user)

    def annotation_counts(
        self, project_id: int, image_ids: Sequence[int], *, sets: Sequence[str]
    ) -> dict[int, int]:
        """How many annotations of these sets each of these images holds, if any."""
        with self._reading() as connection:
            return reading.annotation_counts(connection, project_id, image_ids, sets)

    def label_counts(self, project_id: int, *, sets: Sequence[str]) -> dict[int, int]:
        """How many annotations of these sets each label has, if any."""
        with self._reading() as connection:
            return reading.label_counts(connection, project_id, sets)

    def closed_targets(
        self,
        project_id: int,
        operations: Sequence[Operation],
        *,
        user: str,
        reviewing: bool = False,
    ) -> set[Target]:
        """The targets of operations which are closed to somebody.

        They lie in a set that is not theirs, or would; no set is closed to whoever is
        ``reviewing``. Or they are somebody else's words.
        """
        with self._reading() as connection:
            words = comments.closed_to(
                connection, project_id, operations, user, reviewing=reviewing
            )
            if reviewing:
                return words
            barred = sets.closed_to(connection, project_id, operations, user)
        return words | {one.target for one in operations if one.op_id in barred}

    def add_annotations(
        self, project_id: int, annotations: Iterable[Annotation], *, author: str, tool: str = ""
    ) -> tuple[Annotation, ...]:
        """Add annotations under one event, as an import does; all or none.

        Raises
        ------
        GeometryError, DataError
            If a shape, a label, an image or a uid is wrong.
        UnknownName
            If an image is not there.
        """
        checked = [
            replace(one, **measured(one.geometry, self._known_shape(project_id, one.image_id)))
            for one in annotations
        ]
        return self._writer.submit(
            lambda transaction: batches.add_annotations(
                transaction.ledger(project_id), checked, author=author, tool=tool
            ),
            weight=len(checked),
            project=project_id,
        )

    def known_uids(self, project_id: int, uids: Sequence[str]) -> set[str]:
        """Those of the uids that annotations of the project have or had."""
        with self._reading() as connection:
            return set(batches.known_uids(connection, project_id, uids))

    def _shape(self, project_id: int, image_id: int) -> tuple[int, int] | None:
        try:
            return self._known_shape(project_id, image_id)
        except UnknownName:
            return None

    def _read_shape(self, project_id: int, image_id: int) -> tuple[int, int]:
        return self.image(project_id, image_id).shape

    # --- history ------------------------------------------------------------------------------

    def changes(  # noqa: PLR0913 - what to tell of, all by name
        self,
        project_id: int,
        image_id: int,
        *,
        since: int,
        client: str,
        sets: Sequence[str] = (TRUTH,),
        all_comments: bool = False,
    ) -> Changes:
        """The latest state of what others wrote on an image, or among the labels, since ``since``.

        An empty ``client`` is nobody: everything since is told. ``all_comments`` tells those of
        other sets too.
        """
        with self._reading() as connection:
            return history.changes(
                connection,
                project_id,
                image_id,
                since=since,
                client=client,
                sets=sets,
                all_comments=all_comments,
            )

    def events(
        self, project_id: int, *, image_id: int | None = None, after: int = 0, limit: int = 1000
    ) -> list[Event]:
        """The log after an event number, of one image or of the whole project."""
        with self._reading() as connection:
            return history.events(
                connection, project_id, image_id=image_id, after=after, limit=limit
            )

    def before(self, project_id: int, seq: int) -> Mapping[str, Any] | None:
        """The target of an event as it was before it, in its wire form, None if it was not."""
        with self._reading() as connection:
            return history.before(connection, project_id, seq)

    def conflicts(self, project_id: int, image_id: int | None) -> list[Conflict]:
        """What was refused on an image because others were first, with all that it wanted."""
        with self._reading() as connection:
            return history.conflicts(connection, project_id, image_id)

    def disputes(
        self,
        project_id: int,
        image_id: int | None,
        *,
        sets: Sequence[str] = (TRUTH,),
        limit: int | None = None,
    ) -> list[Dispute]:
        """What waits to be settled on an image, put together as one person meets it."""
        with self._reading() as connection:
            return disputes.disputes(connection, project_id, image_id, sets, limit)

    def conflict_counts(
        self, project_id: int, image_ids: Sequence[int], *, sets: Sequence[str] = (TRUTH,)
    ) -> dict[int, int]:
        """How many refused operations wait on each of these images that has any."""
        with self._reading() as connection:
            return disputes.counts(connection, project_id, image_ids, sets)

    def images_in_conflict(self, project_id: int, *, sets: Sequence[str] = (TRUTH,)) -> list[int]:
        """The ids of the images with something to settle."""
        with self._reading() as connection:
            return disputes.images(connection, project_id, sets)

    def timeline(
        self, project_id: int, asked: Asked, *, sets: Sequence[str] = (TRUTH,)
    ) -> list[Moment]:
        """The newest lines of the log, each with its target before and after."""
        with self._reading() as connection:
            return timeline.lines(connection, project_id, asked, sets=sets)

    def moment(self, project_id: int, seq: int, *, sets: Sequence[str] = (TRUTH,)) -> Moment | None:
        """One line of the log, None if there is none that may be seen."""
        with self._reading() as connection:
            return timeline.moment(connection, project_id, seq, sets=sets)

    def steps(self, project_id: int, asked: Asked, *, sets: Sequence[str] = (TRUTH,)) -> list[Step]:
        """What one person did last on one image, as it can be taken back, oldest first."""
        with self._reading() as connection:
            return timeline.steps(connection, project_id, asked, sets=sets)

    def tombs(
        self, project_id: int, image_id: int, *, sets: Sequence[str] = (TRUTH,)
    ) -> dict[Target, int]:
        """What was removed from an image, each with the version on which it can come back."""
        with self._reading() as connection:
            return timeline.tombs(connection, project_id, image_id, sets=sets)

    def seq_at(self, project_id: int, at: datetime) -> int:
        """The number of the last event up to a time."""
        with self._reading() as connection:
            return timeline.seq_at(connection, project_id, at)

    def state_at(
        self, project_id: int, image_id: int, seq: int, *, sets: Sequence[str] = (TRUTH,)
    ) -> dict[Target, Mapping[str, Any] | None]:
        """What was drawn on an image after an event; None for what is there only now.

        A label that was merged since is told as the one that took its place.
        """
        with self._reading() as connection:
            found = timeline.state_at(connection, project_id, image_id, seq, sets=sets)
            labels = reading.labels(connection, project_id, deleted=True)
        return restoring.with_heirs(found, labels)

    def restore(  # noqa: PLR0913 - what, to when, by whom, all by name
        self,
        project_id: int,
        image_id: int,
        *,
        seq: int,
        uids: Sequence[str] | None = None,
        author: str,
        name: str,
        client: str = "",
        sets: Sequence[str] = (TRUTH,),
    ) -> list[Result]:
        """Bring an image, or some objects of it, back to how they were after an event.

        All of it happens or none; ``name`` makes asking twice the same as asking once.
        """
        wanted = self.state_at(project_id, image_id, seq, sets=sets)
        if uids is not None:
            wanted = {target: state for target, state in wanted.items() if target.key in uids}
        with self._reading() as connection:
            there = {target: restoring.held(connection, project_id, target) for target in wanted}
        states = {target: one.current for target, one in there.items()}
        versions = {target: one.version for target, one in there.items()}
        made = restoring.operations(wanted, states, versions, name=name)
        return self.apply(project_id, made, author=author, client=client) if made else []

    # --- presence -----------------------------------------------------------------------------

    def note_presence(
        self, place: Place, *, client: str, author: str, doing: str = ""
    ) -> list[Present]:
        """Say that a page is open on an image; returns the other pages there."""

        def work(transaction: Transaction) -> None:
            connection = transaction.connection
            presence.note(connection, place, client=client, author=author, doing=doing)
            queue.renew(connection, place.project_id, author, place.image_id)

        self._writer.submit(work)
        with self._reading() as connection:
            return presence.others(connection, place, client=client)

    def leave(self, project_id: int, client: str) -> None:
        """Say that a page is closed."""
        self._writer.submit(lambda t: presence.leave(t.connection, project_id, client))

    # --- the queue ----------------------------------------------------------------------------

    def take_image(
        self, project_id: int, user: str, *, leaving: int | None = None, order: str = "order"
    ) -> Lease | None:
        """Hold the next image for somebody; None when nothing is left for them."""

        def work(transaction: Transaction) -> Lease | None:
            transaction.ledger(project_id)  # on a server with many writers: one at a time in here
            return queue.take(
                transaction.connection, project_id, user, leaving=leaving, order=order
            )

        return self._writer.submit(work, project=project_id)

    def give_back(self, project_id: int, user: str, image_id: int) -> None:
        """Hold an image no longer."""
        self._writer.submit(lambda t: queue.give_back(t.connection, project_id, user, image_id))

    def leases(self, project_id: int) -> list[Lease]:
        """Which images are held for whom."""
        with self._reading() as connection:
            return queue.leases(connection, project_id)

    def assign(self, project_id: int, share: Share, *, actor: str) -> int:
        """Assign images to people in turn; how many there were."""
        return self._writer.submit(
            lambda t: queue.assign(t.connection, project_id, share, actor=actor)
        )

    def unassign(self, project_id: int, share: Share) -> int:
        """Take assignments back; how many there were."""
        return self._writer.submit(lambda t: queue.unassign(t.connection, project_id, share))

    def workloads(self, project_id: int) -> list[Workload]:
        """What is assigned, per person."""
        with self._reading() as connection:
            return queue.workloads(connection, project_id)

    # --- the review ---------------------------------------------------------------------------

    def finished(self, project_id: int, image_id: int) -> Finished:
        """Who finished an image and who accepted it."""
        with self._reading() as connection:
            return reviewing.finished(connection, project_id, image_id)

    def last_verdict(self, project_id: int, image_id: int) -> Verdict | None:
        """What the last review of an image said, None if it was never reviewed."""
        with self._reading() as connection:
            return reviewing.last_verdict(connection, project_id, image_id)

    def waiting_reviews(
        self, project_id: int, rule: ReviewRule, *, user: str, after: int = 0, limit: int = 100
    ) -> list[Due]:
        """The images behind ``after`` that wait for this reviewer, by id."""
        with self._reading() as connection:
            return reviewing.waiting(
                connection, project_id, rule, user=user, after=after, limit=limit
            )

    # --- rounds of raters ---------------------------------------------------------------------

    def start_round(self, project_id: int, deal: Deal, *, author: str) -> int:
        """Deal images to raters who do not see each other; the number of the round."""
        return self._writer.submit(
            lambda t: rounds.start(t.connection, project_id, deal, author=author),
            project=project_id,
        )

    def close_round(self, project_id: int, number: int) -> None:
        """End a round: its raters see again what everybody sees."""
        self._writer.submit(
            lambda t: rounds.close(t.connection, project_id, number), project=project_id
        )

    def rounds(self, project_id: int) -> list[Round]:
        """The rounds, the newest first."""
        with self._reading() as connection:
            return rounds.rounds(connection, project_id)

    def ratings(self, project_id: int, user: str, image_ids: Sequence[int]) -> dict[int, Rating]:
        """How far somebody is with those of these images that were dealt to them."""
        with self._reading() as connection:
            return ratings.of_rater(connection, project_id, user, image_ids)

    def rating_counts(self, project_id: int, user: str) -> dict[ImageState, int]:
        """How many images were dealt to somebody, by how far they are."""
        with self._reading() as connection:
            return ratings.state_counts(connection, project_id, user)

    @contextmanager
    def rated_images(
        self,
        project_id: int,
        *,
        number: int | None = None,
        image_ids: Sequence[int] | None = None,
    ) -> Iterator[Iterator[Rated]]:
        """Images with what each rater who is done with them drew, in one read transaction."""
        with self._reading() as connection:
            yield ratings.rated_images(connection, project_id, number=number, image_ids=image_ids)

    def gold_images(self, project_id: int) -> list[int]:
        """The ids of the images whose answer is known."""
        with self._reading() as connection:
            return gold.gold_images(connection, project_id)

    def add_gold(self, project_id: int, image_id: int, *, author: str) -> None:
        """Hide an image among the work of later rounds."""
        self._writer.submit(
            lambda t: gold.add_gold(t.connection, project_id, image_id, author=author),
            project=project_id,
        )

    def remove_gold(self, project_id: int, image_id: int) -> None:
        """Measure nobody by an image any longer."""
        self._writer.submit(
            lambda t: gold.remove_gold(t.connection, project_id, image_id), project=project_id
        )

    def trials(self, project_id: int, user: str | None = None) -> list[Trial]:
        """What raters drew on gold images, each beside the answer."""
        with self._reading() as connection:
            return gold.trials(connection, project_id, user)

    def work(self, project_id: int, user: str | None = None) -> list[Work]:
        """What was done, by person, day and tool; of one person or of all."""
        with self._reading() as connection:
            return activity.work(connection, project_id, user=user)

    def finished_days(self, project_id: int, user: str | None = None) -> list[FinishedDay]:
        """How many images were finished, by person and day."""
        with self._reading() as connection:
            return activity.finished_days(connection, project_id, user=user)

    @contextmanager
    def snapshot(
        self,
        project_id: int,
        *,
        open_pixels: Callable[[Image], BinaryIO],
        sets: Sequence[str] = (TRUTH,),
    ) -> Iterator[StoreSnapshot]:
        """The project at one event number, whatever is written meanwhile."""
        with self._database.snapshot() as connection:
            yield StoreSnapshot(connection, project_id, open_pixels=open_pixels, sets=sets)

    # --- the workspace ------------------------------------------------------------------------

    def workspace_setting(self, key: str, default: Any = None) -> Any:
        """A setting of the workspace."""
        with self._reading() as connection:
            return sessions.setting_value(connection, key, default)

    def set_workspace_setting(self, key: str, value: Any) -> None:
        """Write a setting of the workspace; any JSON value."""
        self._writer.submit(lambda t: sessions.set_setting(t.connection, key, value))

    def first_workspace_setting(self, key: str, value: Any) -> Any:
        """A setting that whoever comes first gives a value: what it is."""
        kept = self.workspace_setting(key)
        if kept is not None:
            return kept
        return self._writer.submit(lambda t: sessions.first_setting(t.connection, key, value))

    def add_one_time_token(self, token_hash: str, expires_at: datetime) -> None:
        """Remember by its hash a token that opens one session, by whichever process."""
        self._writer.submit(
            lambda t: sessions.add_one_time_token(t.connection, token_hash, expires_at)
        )

    def end_one_time_tokens(self, hashes: Sequence[str] | None = None) -> None:
        """Forget these tokens, or all of them."""
        self._writer.submit(lambda t: sessions.end_one_time_tokens(t.connection, hashes))

    def exchange_token(
        self, token_hash: str, session_hash: str, user: str, expires_at: datetime
    ) -> bool:
        """Turn a one-time token into a session; False if there is none, or somebody was first."""
        with self._reading() as connection:
            # Strangers may guess as they like: only a token that is there is worth a write.
            if not sessions.is_one_time_token(connection, token_hash):
                return False
        return self._writer.submit(
            lambda t: sessions.exchange(t.connection, token_hash, session_hash, user, expires_at)
        )

    def add_session(self, token_hash: str, user: str, expires_at: datetime) -> None:
        """Remember a login by the hash of its token."""
        self._writer.submit(
            lambda t: sessions.add_session(t.connection, token_hash, user, expires_at)
        )

    def session_user(self, token_hash: str) -> str | None:
        """Whose login this is, None if there is none or it is over."""
        with self._reading() as connection:
            return sessions.session_user(connection, token_hash)

    def end_session(self, token_hash: str) -> None:
        """Forget a login."""
        self._writer.submit(lambda t: sessions.end_session(t.connection, token_hash))


def _barred(
    asked: Sequence[Operation], limit: Callable[[Target], bool] | None
) -> dict[str, Result]:
    if limit is None:
        return {}
    outside = [op for op in asked if not limit(op.target)]
    groups = {op.group_id for op in outside if op.group_id is not None}
    op_ids = {op.op_id for op in outside}
    reason = "this request may not change that target"
    return {
        op.op_id: Result(op.op_id, Outcome.REFUSED, reason=reason)
        for op in asked
        if op.op_id in op_ids or op.group_id in groups
    }
