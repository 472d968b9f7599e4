"""Taking images into a project: decoded in child processes, stored in batches, in natural order.

A file that cannot be read is listed with its reason and the rest goes in. Nothing is stored of an
image before all of it was decoded.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Any, Self, TypeAlias

from datasetbuilder.errors import ImageRefused
from datasetbuilder.model import Image
from datasetbuilder.pixels.reader import ImageInfo
from datasetbuilder.projects.decoding import Outcome, Wish, decoded_by, decoded_here
from datasetbuilder.projects.intake_job import IntakeJob, add_images
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.library import IN_PLACE, Library
from datasetbuilder.projects.reading import ProjectInfo
from datasetbuilder.projects.sources import Candidate, Refusal, scan
from datasetbuilder.projects.store import Store

__all__ = ["BATCH", "IngestReport", "Refusal", "ingest"]

BATCH = 64

Progress: TypeAlias = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of every file.

    ``unchanged`` counts files that the project has already, ``ignored`` files that are no images
    by their names; ``notes`` say what of an added image is not used, such as further pages.
    """

    added: tuple[Image, ...] = ()
    refused: tuple[Refusal, ...] = ()
    unchanged: int = 0
    ignored: int = 0
    notes: tuple[Refusal, ...] = ()
    cancelled: bool = False


def ingest(  # noqa: PLR0913 - three places and the options of one call, by name
    store: Store,
    library: Library,
    project: ProjectInfo,
    sources: Sequence[Path],
    *,
    copy: bool = False,
    author: str = "local",
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    job_id: int | None = None,
    engine: Engine | None = None,
) -> IngestReport:
    """Take folders, files and zip archives into a project.

    Parameters
    ----------
    store, library : Store, Library
        Where rows and pixels go.
    project : ProjectInfo
        The project.
    sources : sequence of Path
        Folders are read with their sub-folders; links are not followed.
    copy : bool, optional
        Copy the files into the workspace; archives are always copied.
    author : str, optional
        Who adds them.
    progress : callable, optional
        Called with (done, total, name) after each file.
    cancelled : callable, optional
        Asked between files; what went in so far stays.
    job_id : int, optional
        The job that this is; its items are the files, and those that it has settled are passed
        over.
    engine : Engine, optional
        Whose workers decode; by default child processes of this one.

    Raises
    ------
    UsageError
        If a source does not exist.
    DataError
        If there is no image in any of them.
    """
    with library.taking_in(project.slug), library.incoming(project.slug) as staging:
        found = scan(sources, lambda: Path(mkdtemp(dir=staging)), uploads=staging.parent)
        job = None if job_id is None else IntakeJob.begin(store, job_id, found)
        left = found.candidates if job is None else job.waiting(found.candidates)
        total = len(found.candidates)
        settled = total - len(left)

        def go_on(done: int, candidate: Candidate) -> bool:
            if progress is not None:
                progress(settled + done, total, candidate.name)
            return cancelled is None or settled + done == total or not cancelled()

        with _Intake(
            store, library, project, staging=staging, copy=copy, author=author, job=job
        ) as intake:
            finished = intake.run(left, go_on, engine)
    return IngestReport(
        added=tuple(intake.added),
        refused=(*found.refused, *intake.refused),
        unchanged=intake.unchanged,
        ignored=found.ignored,
        notes=tuple(intake.notes),
        cancelled=not finished,
    )


class _Intake:
    """One run of ingest: hands candidates to the decoder and settles them in their order."""

    def __init__(  # noqa: PLR0913 - what `ingest` was given
        self,
        store: Store,
        library: Library,
        project: ProjectInfo,
        *,
        staging: Path,
        copy: bool,
        author: str,
        job: IntakeJob | None = None,
    ) -> None:
        self.added: list[Image] = []
        self.refused: list[Refusal] = []
        self.notes: list[Refusal] = []
        self.unchanged = 0
        self._store, self._library, self._project = store, library, project
        self._staging, self._copy, self._author = staging, copy, author
        self._job = job
        self._taken: dict[str, Image] = {}
        self._places: dict[str, Image] = {}
        for image in _all_images(store, project.id):
            self._take(image)
        self._batch: list[Image] = []
        self._kept: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        else:
            self._discard_kept()

    def run(
        self,
        candidates: Sequence[Candidate],
        go_on: Callable[[int, Candidate], bool],
        engine: Engine | None,
    ) -> bool:
        """Take in the candidates; False when ``go_on`` said stop before the last."""
        cache, wishes = self._library.cache, map(self._wish, candidates)
        decoding = (
            decoded_here(self._library.decoder, cache, wishes)
            if engine is None
            else decoded_by(engine, cache, wishes)
        )
        with closing(decoding) as outcomes:
            for done, (candidate, outcome) in enumerate(zip(candidates, outcomes, strict=True), 1):
                self._settle(candidate, outcome)
                if not go_on(done, candidate):
                    return False
        return True

    def _wish(self, candidate: Candidate) -> Wish:
        staging = self._staging if self._copy and not candidate.staged else None
        return Wish(candidate.path, staging, self._known_contents(candidate))

    def _drop(self, candidate: Candidate, path: Path) -> None:
        if candidate.staged or path != candidate.path:
            path.unlink(missing_ok=True)

    # --- in order -------------------------------------------------------------------------

    def _settle(self, candidate: Candidate, outcome: Outcome) -> None:
        try:
            decoded = outcome()
            name = self._free_name(candidate, decoded.sha256)
            if name is None or decoded.info is None:
                self.unchanged += 1
                self._drop(candidate, decoded.path)
                self._note(candidate, unchanged=True)
            else:
                self._add(name, candidate, decoded.path, decoded.info)
        except ImageRefused as refused:
            self._drop(candidate, candidate.path)
            self.refused.append(Refusal(candidate.name, str(refused)))
            self._note(candidate, error=str(refused))

    def _note(self, candidate: Candidate, **outcome: Any) -> None:
        """Have the item marked together with the next images."""
        if self._job is not None and self._job.note(candidate, **outcome) >= BATCH:
            self._flush()

    def _add(self, name: str, candidate: Candidate, path: Path, info: ImageInfo) -> None:
        image = Image(
            id=0,
            name=name,
            width=info.width,
            height=info.height,
            uri=self._placed(candidate, path, info),
            sha256=info.sha256,
            format=info.format,
            dtype=info.dtype,
            channels=info.channels,
            orientation=info.orientation,
            likeness=info.likeness,
        )
        self._take(image)
        self._batch.append(image)
        self.notes += [Refusal(name, note) for note in info.notes]
        if self._job is not None:
            self._job.note(candidate, added=name, notes=info.notes)
        if len(self._batch) >= BATCH:
            self._flush()

    def _placed(self, candidate: Candidate, path: Path, info: ImageInfo) -> str:
        if not (self._copy or candidate.staged):
            return _in_place(candidate.path)
        slug = self._project.slug
        place, is_new = self._library.keep(slug, path, sha256=info.sha256, form=info.format)
        if is_new:
            self._kept.append(place)
        return self._library.copied_uri(slug, place)

    def _free_name(self, candidate: Candidate, sha256: str) -> str | None:
        """The first name that nothing else has; None where the project has this very image."""
        same_file = self._places.get(IN_PLACE + str(candidate.path))
        if same_file is not None and same_file.sha256 != sha256:
            raise ImageRefused(
                f"is in the project as {same_file.name} and has changed since; its labels belong "
                "to the old picture. Put the old file back, or add the new one under another name"
            )
        if same_file is not None:
            return None
        names = _names(candidate)
        name = next(name for name in names if self._content(name) in (None, sha256))
        return name if self._content(name) is None else None

    def _known_contents(self, candidate: Candidate) -> list[str]:
        same_file = self._places.get(IN_PLACE + str(candidate.path))
        if same_file is not None:
            return [same_file.sha256]
        contents = map(self._content, _names(candidate))
        return [content for content in takewhile(bool, contents) if content]

    def _content(self, name: str) -> str | None:
        there = self._taken.get(name)
        return None if there is None else there.sha256

    def _take(self, image: Image) -> None:
        self._taken[image.name] = image
        if image.uri.startswith(IN_PLACE):
            self._places[image.uri] = image

    def _flush(self) -> None:
        if not self._batch and (self._job is None or not self._job.noted):
            return
        try:
            self.added += add_images(
                self._store, self._project.id, self._batch, author=self._author, job=self._job
            )
        except BaseException:
            self._discard_kept()
            raise
        self._batch, self._kept = [], []

    def _discard_kept(self) -> None:
        for path in self._kept:
            path.unlink(missing_ok=True)


def _names(candidate: Candidate) -> Iterator[str]:
    yield candidate.name
    yield f"{candidate.source}/{candidate.name}"
    for number in count(2):
        yield f"{candidate.source}-{number}/{candidate.name}"


def _all_images(store: Store, project_id: int) -> Iterator[Image]:
    after = 0
    while page := store.images(project_id, after=after, limit=1000):
        yield from page
        after = page[-1].id


def _in_place(path: Path) -> str:
    uri = IN_PLACE + str(path)
    try:
        uri.encode()
    except UnicodeEncodeError:
        raise ImageRefused(
            "lies in a folder whose name is not UTF-8; rename the folder, or copy the images in"
        ) from None
    return uri
