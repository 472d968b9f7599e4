"""A project in one portable file, checked by reading it back.

The file is a zip archive::

    tables/<name>.jsonl          the rows of one table, as `backup_rows` writes them
    images/<ab>/<sha256>.<ext>   the originals, if they were asked for
    manifest.json                what it holds: schema, counts and the hash of every table

All rows are of one read transaction, so that a backup is the project at one event number, whatever
is saved meanwhile. Ids, events, tombstones, conflicts and the answers to operations are kept: an
operation that was answered before the backup gets the same answer after it was restored.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from sqlalchemy import Connection, Table, select

from datasetbuilder.errors import (
    AlreadyExists,
    DatasetBuilderError,
    FormatError,
    ImageRefused,
    StoreUnavailable,
    UsageError,
    VerificationError,
)
from datasetbuilder.model import Image
from datasetbuilder.projects import backup_rows
from datasetbuilder.projects import images as image_rows
from datasetbuilder.projects.archive import Archive, Limits
from datasetbuilder.projects.library import copied_name
from datasetbuilder.projects.schema import HEAD, image, project

FORMAT = "datasetbuilder project backup"
VERSION = 1
MANIFEST = "manifest.json"
IMAGES = ("copy", "none")
LONGEST_LINE = 256 * 2**20

# Rows compress well and are read as a stream; pictures are stored as they are.
LIMITS = Limits(members=5_000_000, member_bytes=1 << 40, ratio=1_100)
_MANIFEST_BYTES = 16 * 2**20

Progress = Callable[[int, int, str], None]
OpenOriginal = Callable[[Image], BinaryIO]


@dataclass(frozen=True, slots=True)
class TableNote:
    """What a manifest says of a table."""

    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What a backup holds."""

    schema: str
    slug: str
    name: str
    seq: int
    made_at: str
    made_by: str
    images: str
    n_files: int
    tables: Mapping[str, TableNote]
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The manifest as it stands in the file."""
        tables = {
            str(name): {"columns": list(note.columns), "rows": note.rows, "sha256": note.sha256}
            for name, note in self.tables.items()
        }
        return {
            "format": FORMAT,
            "version": VERSION,
            "schema": self.schema,
            "project": {"slug": self.slug, "name": self.name, "event": self.seq},
            "made_at": self.made_at,
            "made_by": self.made_by,
            "images": {"mode": self.images, "files": self.n_files, "missing": list(self.missing)},
            "tables": tables,
        }

    def rows(self, table: str) -> int:
        """How many rows of a table it holds."""
        return self.tables[table].rows if table in self.tables else 0


def write_backup(  # noqa: PLR0913 - what a backup is made of, all by name
    connection: Connection,
    project_id: int,
    file: Path,
    *,
    open_original: OpenOriginal,
    images: str = "copy",
    progress: Progress | None = None,
) -> BackupManifest:
    """Write a project into a file that did not exist, then read it back.

    Parameters
    ----------
    connection : Connection
        With a read transaction that nothing was read in yet.
    project_id : int
        The project.
    file : Path
        Appears when everything in it was checked, or not at all.
    open_original : callable
        Opens the original of an image, checked against its hash.
    images : {'copy', 'none'}, optional
        Whether the originals go in, or stand there by place and hash only.
    progress : callable, optional
        Called with (done, total, name).

    Raises
    ------
    AlreadyExists
        If the file exists.
    StoreUnavailable
        If it cannot be written.
    VerificationError
        If what was read back differs.
    """
    if images not in IMAGES:
        raise UsageError(f"'{images}' is not known; images are {' or '.join(IMAGES)}")
    if os.path.lexists(file):
        raise AlreadyExists(f"{file} exists, and a backup never overwrites; give another name")
    with _appearing(file) as staged:
        run = _Writing(connection, project_id, images, open_original, progress)
        with zipfile.ZipFile(staged, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            manifest = run.write(archive)
        _compare(staged, file, manifest)
    return manifest


@contextmanager
def _appearing(file: Path) -> Iterator[Path]:
    """A place beside the file that is renamed to it when the block ends well."""
    staged = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        yield staged
        with staged.open("rb") as written:
            os.fsync(written.fileno())
        _rename(staged, file)
    except FileExistsError:
        raise AlreadyExists(f"{file} exists, and a backup never overwrites") from None
    except OSError as error:
        raise StoreUnavailable(
            f"{file}: the backup was not written ({error.strerror}); nothing of it is left"
        ) from None
    finally:
        with suppress(OSError):
            staged.unlink()
    _force_folder(file.parent)


def _rename(staged: Path, file: Path) -> None:
    """Rename without overwriting, also on file systems that know no links."""
    try:
        os.link(staged, file)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(file):
            raise FileExistsError from None
        os.rename(staged, file)


def _force_folder(folder: Path) -> None:
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass
class _Writing:
    """One run of `write_backup`."""

    connection: Connection
    project_id: int
    images: str
    open_original: OpenOriginal
    progress: Progress | None
    tables: dict[str, TableNote] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    n_files: int = 0

    def write(self, archive: zipfile.ZipFile) -> BackupManifest:
        about = self.connection.execute(
            select(project.c.slug, project.c.name, project.c.seq, project.c.next_image).where(
                project.c.id == self.project_id
            )
        ).one()
        pictures = about.next_image - 1 if self.images == "copy" else 0
        total = len(backup_rows.KEPT) + pictures
        for done, table in enumerate(backup_rows.KEPT, start=1):
            self.tables[table.name] = self._table(archive, table)
            self._tell(done, total, table.name)
        if self.images == "copy":
            self._pictures(archive, total)
        manifest = BackupManifest(
            schema=HEAD,
            slug=about.slug,
            name=about.name,
            seq=about.seq,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            made_by=f"datasetbuilder {version('datasetbuilder')}",
            images=self.images,
            n_files=self.n_files,
            tables=self.tables,
            missing=tuple(self.missing),
        )
        archive.writestr(MANIFEST, orjson.dumps(manifest.to_json(), option=orjson.OPT_INDENT_2))
        return manifest

    def _tell(self, done: int, total: int, name: str) -> None:
        if self.progress is not None:
            self.progress(done, total, name)

    def _table(self, archive: zipfile.ZipFile, table: Table) -> TableNote:
        digest, rows = hashlib.sha256(), 0
        with archive.open(table_member(table.name), "w", force_zip64=True) as member:
            for line in backup_rows.lines(self.connection, table, self.project_id):
                digest.update(line)
                member.write(line)
                rows += 1
        return TableNote(backup_rows.columns_of(table), rows, digest.hexdigest())

    def _pictures(self, archive: zipfile.ZipFile, total: int) -> None:
        question = image_rows.SELECT.where(image.c.project == self.project_id).order_by(image.c.id)
        rows = self.connection.execute(question, execution_options={"yield_per": 1_000})
        written: set[str] = set()
        for done, row in enumerate(rows, start=len(backup_rows.KEPT) + 1):
            picture = image_rows.image_from_row(row)
            if picture.sha256 not in written:
                self._picture(archive, picture)
                written.add(picture.sha256)
            self._tell(done, total, picture.name)

    def _picture(self, archive: zipfile.ZipFile, picture: Image) -> None:
        try:
            source = self.open_original(picture)
        except (DatasetBuilderError, OSError) as error:
            self.missing.append(f"{picture.name}: {error}")
            return
        info = zipfile.ZipInfo(image_member(picture))
        with source, archive.open(info, "w", force_zip64=True) as member:
            while chunk := source.read(2**20):
                member.write(chunk)
        self.n_files += 1


def table_member(name: str) -> str:
    """Where the rows of a table are in a backup."""
    return f"tables/{name}.jsonl"


def image_member(picture: Image) -> str:
    """Where the original of an image is in a backup: its place among copied originals."""
    return f"images/{picture.sha256[:2]}/{copied_name(picture.sha256, picture.format)}"


# --- reading ----------------------------------------------------------------------------------


class BackupFile:
    """A backup that has been looked through: harmless, and with the members that it says.

    Raises
    ------
    FormatError
        Naming the file and what is wrong with it.
    """

    def __init__(self, file: Path) -> None:
        self.path = file
        with self._explained():
            self._archive = Archive(file, LIMITS)
        try:
            self.manifest = self._read_manifest()
            self._check_members()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def __enter__(self) -> "BackupFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pictures(self) -> tuple[str, ...]:
        """The members that are originals."""
        return tuple(name for name in self._archive.names() if name.startswith("images/"))

    def unpacked_bytes(self) -> int:
        """How much it takes unpacked."""
        return self._archive.unpacked_bytes(self._archive.names())

    def lines(self, table: str) -> Iterator[tuple[int, bytes]]:
        """The rows of a table with their numbers from 1; at its end count and hash are right."""
        note, digest, number, rest = self.manifest.tables[table], hashlib.sha256(), 0, b""
        with self._explained():
            for chunk in self._archive.chunks(table_member(table)):
                digest.update(chunk)
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    number += 1
                    yield number, line
                if len(rest) > LONGEST_LINE:
                    raise ImageRefused(f"holds a line of more than {LONGEST_LINE >> 20} MB")
        if rest or (number, digest.hexdigest()) != (note.rows, note.sha256):
            raise FormatError(f"{self.path}: table {table} is not what its manifest says")

    def picture(self, member: str) -> Iterator[bytes]:
        """The bytes of an original; at its end they fit its name."""
        digest = hashlib.sha256()
        with self._explained():
            for chunk in self._archive.chunks(member):
                digest.update(chunk)
                yield chunk
        if digest.hexdigest() != Path(member).stem:
            raise FormatError(f"{self.path}: {member} does not have the content of its name")

    def check(self, progress: Progress | None = None) -> None:
        """Read everything once.

        Raises
        ------
        FormatError
            If a row or a picture is not what the manifest says.
        """
        members = [*self.manifest.tables, *self.pictures]
        for done, name in enumerate(members, start=1):
            readings = self.lines(name) if name in self.manifest.tables else self.picture(name)
            for _ in readings:
                pass
            if progress is not None:
                progress(done, len(members), name)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ImageRefused as refused:
            raise FormatError(f"{self.path} {refused}; it cannot be restored") from None

    def _read_manifest(self) -> BackupManifest:
        if MANIFEST not in self._archive.names():
            raise FormatError(f"{self.path} is a zip archive of something else, not a backup")
        if self._archive.unpacked_bytes([MANIFEST]) > _MANIFEST_BYTES:
            raise FormatError(f"{self.path}: its manifest is larger than any backup's")
        with self._explained():
            text = b"".join(self._archive.chunks(MANIFEST))
        try:
            return _manifest_from_json(orjson.loads(text))
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(
                f"{self.path}: its manifest is not that of a backup ({error})"
            ) from None

    def _check_members(self) -> None:
        names = set(self._archive.names()) - {MANIFEST}
        tables = {table_member(name) for name in self.manifest.tables}
        pictures = {name for name in names if name.startswith("images/")}
        if names - pictures != tables or len(pictures) != self.manifest.n_files:
            raise FormatError(f"{self.path} does not hold the members that its manifest says")


def _manifest_from_json(document: Any) -> BackupManifest:
    if document["format"] != FORMAT:
        raise ValueError(f"format is {document['format']!r}")
    if document["version"] != VERSION:
        raise ValueError(f"version {document['version']} is newer than this program knows")
    tables = {
        str(name): TableNote(tuple(note["columns"]), int(note["rows"]), str(note["sha256"]))
        for name, note in document["tables"].items()
    }
    about, images = document["project"], document["images"]
    return BackupManifest(
        schema=str(document["schema"]),
        slug=str(about["slug"]),
        name=str(about["name"]),
        seq=int(about["event"]),
        made_at=str(document["made_at"]),
        made_by=str(document["made_by"]),
        images=str(images["mode"]),
        n_files=int(images["files"]),
        tables=tables,
        missing=tuple(map(str, images["missing"])),
    )


def _compare(staged: Path, file: Path, wanted: BackupManifest) -> None:
    try:
        with BackupFile(staged) as backup:
            if backup.manifest != wanted:
                raise FormatError("the manifest read back differs")
            backup.check()
    except FormatError as error:
        raise VerificationError(f"{file}: the backup differs from the project: {error}") from None
