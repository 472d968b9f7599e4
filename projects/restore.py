"""A project out of a backup, whole or not at all.

Rows go in through the writer in small transactions, so that nobody's save waits, under a slug that
no list shows. The last transaction gives the project its name. What a killed process left behind is
swept away by the next restore, or when the workspace is opened again for backups.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Table, delete, func, insert, select, update

from datasetbuilder.errors import (
    DataError,
    DatasetBuilderError,
    FormatError,
    StoreUnavailable,
    WireError,
)
from datasetbuilder.projects import backup_rows
from datasetbuilder.projects.backup import BackupFile, Progress, table_member
from datasetbuilder.projects.creation import slug_of
from datasetbuilder.projects.library import COPIED, Library, copied_name
from datasetbuilder.projects.reading import HIDDEN
from datasetbuilder.projects.restored import check_rows
from datasetbuilder.projects.schema import HEAD, project
from datasetbuilder.projects.space import require_space

if TYPE_CHECKING:
    from datasetbuilder.projects.ledger import Transaction
    from datasetbuilder.projects.store import Store

_BLOCK = 500


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What came back, under which name, and which originals did not."""

    slug: str
    name: str
    seq: int
    n_images: int
    n_annotations: int
    n_files: int
    missing: tuple[str, ...] = ()


def restore_project(
    store: "Store",
    library: Library,
    file: Path,
    *,
    name: str | None = None,
    progress: Progress | None = None,
) -> RestoreReport:
    """Bring a project back from a backup.

    Parameters
    ----------
    store, library : Store, Library
        Of the workspace that it goes into.
    file : Path
        A backup that `write_backup` made, here or elsewhere.
    name : str, optional
        What the project is to be called; by default as it was, with a number where that is taken.
    progress : callable, optional
        Called with (done, total, name).

    Raises
    ------
    FormatError
        If the file is no backup, damaged, or of a newer version; then nothing was restored.
    StoreUnavailable
        If the workspace could not be written; then nothing was restored either.
    """
    sweep(store)
    with BackupFile(file) as backup:
        _check_schema(backup)
        require_space(library.workspace, "The restore", needed=backup.unpacked_bytes())
        return _Restore(store, library, backup, progress).run(name or backup.manifest.name)


def _check_schema(backup: BackupFile) -> None:
    manifest = backup.manifest
    if manifest.schema != HEAD:
        raise FormatError(
            f"{backup.path} was made by {manifest.made_by} (its schema is {manifest.schema}, this "
            f"version knows {HEAD}); restore it with that version, or update this one"
        )
    for table in backup_rows.KEPT:
        note = manifest.tables.get(table.name)
        if note is None or note.columns != backup_rows.columns_of(table):
            raise FormatError(f"{backup.path} lacks table {table.name} or a column of it")
    if len(manifest.tables) != len(backup_rows.KEPT) or manifest.rows(project.name) != 1:
        raise FormatError(f"{backup.path} does not hold one project")


@dataclass
class _Restore:
    """One run of `restore_project`."""

    store: "Store"
    library: Library
    backup: BackupFile
    progress: Progress | None
    placed: list[Path] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def run(self, name: str) -> RestoreReport:
        self.hidden = HIDDEN + uuid4().hex
        self.pictures = {Path(member).name: member for member in self.backup.pictures}
        name, slug = self.store.submit(lambda t: _free_name(t, name))
        self.slug = slug
        self.total = len(self.pictures) + len(backup_rows.KEPT) + 1
        try:
            with self._explained():
                self._place_pictures()
                project_id = self._place_rows()
                with self.store.reading() as connection:
                    check_rows(connection, project_id)
                self.store.submit(lambda t: _reveal(t, project_id, name, slug))
        except BaseException:
            self._take_back()
            raise
        self._tell(self.total, slug)
        return self._report(name)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FormatError as error:
            path = str(self.backup.path)
            raise error if path in str(error) else FormatError(f"{path}: {error}") from None

    def _tell(self, done: int, name: str) -> None:
        if self.progress is not None:
            self.progress(done, self.total, name)

    # --- pictures -------------------------------------------------------------------------

    def _place_pictures(self) -> None:
        with self.library.incoming(self.slug) as staging:
            for done, (name, member) in enumerate(self.pictures.items(), start=1):
                staged = staging / "picture"
                _write(staged, self.backup.picture(member))
                self._keep(staged, name)
                self._tell(done, name)

    def _keep(self, staged: Path, name: str) -> None:
        path, is_new = self.library.keep_as(self.slug, staged, name)
        if is_new:
            self.placed.append(path)

    def _copied(self, row: dict[str, Any]) -> None:
        """Point an image at its copy here, if the backup or this workspace has one."""
        name = copied_name(row["sha256"], row["format"])
        if name in self.pictures:
            row["uri"] = f"{COPIED}{row['sha256'][:2]}/{name}"
            return
        if row["uri"].startswith(COPIED) and not self._found_here(row["uri"]):
            self.missing.append(row["name"])

    def _found_here(self, uri: str) -> bool:
        relative = uri.removeprefix(COPIED)
        if ".." in relative or relative.startswith("/"):
            raise FormatError(f"an image's place {uri!r} leads out of the workspace")
        for other in self.library.workspace.glob("projects/*/images"):
            if (other / relative).is_file():
                with self.library.incoming(self.slug) as staging:
                    shutil.copyfile(other / relative, staging / "picture")
                    self._keep(staging / "picture", Path(relative).name)
                return True
        return False

    # --- rows -----------------------------------------------------------------------------

    def _place_rows(self) -> int:
        project_id = self._place_project()
        for done, table in enumerate(backup_rows.KEPT, start=1):
            if table is not project:
                for block in _blocks(self._rows(table, project_id)):
                    self.store.submit(_insertion(table, block), weight=len(block))
            self._tell(len(self.pictures) + done, table.name)
        return project_id

    def _place_project(self) -> int:
        (row,) = self._rows(project, 0)
        row.update(slug=self.hidden, name=self.hidden)

        def place(transaction: "Transaction") -> int:
            highest = transaction.connection.execute(select(func.max(project.c.id))).scalar() or 0
            transaction.connection.execute(insert(project), {**row, "id": highest + 1})
            return highest + 1

        return self.store.submit(place)

    def _rows(self, table: Table, project_id: int) -> Iterator[dict[str, Any]]:
        columns = self.backup.manifest.tables[table.name].columns
        for number, line in self.backup.lines(table.name):
            try:
                row = backup_rows.row_from_line(table, columns, line, project_id)
            except WireError as error:
                raise FormatError(f"{table_member(table.name)} line {number}: {error}") from None
            if table.name == "image":
                self._copied(row)
            yield row

    # --- the end --------------------------------------------------------------------------

    def _take_back(self) -> None:
        for path in self.placed:
            with suppress(OSError):
                path.unlink()
        with suppress(DatasetBuilderError):
            sweep(self.store)

    def _report(self, name: str) -> RestoreReport:
        manifest = self.backup.manifest
        return RestoreReport(
            slug=self.slug,
            name=name,
            seq=manifest.seq,
            n_images=manifest.rows("image"),
            n_annotations=manifest.rows("annotation"),
            n_files=len(self.pictures),
            missing=tuple(self.missing),
        )


def _write(target: Path, chunks: Iterable[bytes]) -> None:
    try:
        with target.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreUnavailable(f"The workspace's disk refuses a copy: {error.strerror}") from None


def _blocks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    block: list[dict[str, Any]] = []
    for row in rows:
        block.append(row)
        if len(block) >= _BLOCK:
            yield block
            block = []
    if block:
        yield block


def _insertion(table: Table, rows: list[dict[str, Any]]) -> Callable[["Transaction"], None]:
    def place(transaction: "Transaction") -> None:
        transaction.connection.execute(insert(table), rows)

    return place


def _free_name(transaction: "Transaction", wanted: str) -> tuple[str, str]:
    wanted = " ".join(wanted.split())[:190] or "Restored"
    rows = transaction.connection.execute(select(project.c.name, project.c.slug)).all()
    names, slugs = {row.name.casefold() for row in rows}, {row.slug for row in rows}
    name, slug, number = wanted, slug_of(wanted), 2
    while name.casefold() in names or slug in slugs:
        name, slug, number = f"{wanted} ({number})", f"{slug_of(wanted)}-{number}", number + 1
    return name, slug


def _reveal(transaction: "Transaction", project_id: int, name: str, slug: str) -> None:
    if _free_name(transaction, name) != (name, slug):
        raise DataError(f'a project named "{name}" was made meanwhile; restore again')
    transaction.connection.execute(
        update(project).where(project.c.id == project_id).values(name=name, slug=slug)
    )


def sweep(store: "Store") -> None:
    """Remove what restores that were killed on the way have left."""
    with store.reading() as connection:
        question = select(project.c.id).where(project.c.slug.startswith(HIDDEN, autoescape=True))
        abandoned = connection.execute(question).scalars().all()
    for project_id in abandoned:
        for table in reversed(backup_rows.KEPT):
            owner = table.c.id if table is project else table.c.project
            store.submit(_deletion(table, owner == project_id))


def _deletion(table: Table, condition: Any) -> Callable[["Transaction"], None]:
    def remove(transaction: "Transaction") -> None:
        transaction.connection.execute(delete(table).where(condition))

    return remove
