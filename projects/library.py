"""Where the pixels of a project are: originals in place or copied, renditions in the cache.

Layout below the workspace::

    projects/<slug>/images/<ab>/<sha256>.<ext>    copied originals, named by content
    projects/<slug>/incoming/                     uploads and archives being unpacked
    cache/renditions/…                            rebuilt whenever missing
"""

import hashlib
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from datasetbuilder.errors import DataError, ImageRefused, UnknownName
from datasetbuilder.model import Image
from datasetbuilder.pixels.decoder import DecoderPool
from datasetbuilder.pixels.files import open_regular
from datasetbuilder.pixels.rendition import KINDS, PREPARED, RenditionKind, rendition_path

IN_PLACE = "file:"
COPIED = "copied:"

_REMEMBERED = 50_000
_ABANDONED_AFTER = 24 * 3600
_EXTENSIONS = {"JPEG": "jpg", "TIFF": "tif", "WEBP": "webp"}


class Library:
    """The pixels behind the images of a workspace.

    Parameters
    ----------
    workspace : Path
        The workspace's folder.
    decoder : DecoderPool, optional
        The child processes that decode; by default a pool of its own.
    """

    def __init__(self, workspace: Path, *, decoder: DecoderPool | None = None) -> None:
        self.workspace = workspace
        self.decoder = decoder or DecoderPool()
        self._checked: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self._lock = threading.Lock()
        self._intakes: dict[str, threading.Lock] = {}

    @property
    def cache(self) -> Path:
        """The folder of everything that can be made again."""
        return self.workspace / "cache"

    # --- originals ------------------------------------------------------------------------

    def original_path(self, slug: str, image: Image) -> Path:
        """Where the original of an image is said to be."""
        if image.uri.startswith(IN_PLACE):
            return Path(image.uri.removeprefix(IN_PLACE))
        folder = self._images(slug)
        path = Path(os.path.normpath(folder / image.uri.removeprefix(COPIED)))
        if not image.uri.startswith(COPIED) or not path.is_relative_to(folder):
            raise DataError(f"{image.name}: its place '{image.uri}' is not one that is known here.")
        return path

    def file_size(self, slug: str, image: Image) -> int:
        """How many bytes the original has, 0 where it is not to be found."""
        try:
            return self.original_path(slug, image).stat().st_size
        except OSError:
            return 0

    def open_original(self, slug: str, image: Image) -> BinaryIO:
        """The original file, checked against the hash it had when it was added.

        Raises
        ------
        DataError
            If it was moved or changed since; the message says how to go on.
        """
        path = self.original_path(slug, image)
        with self._explaining(image, path):
            file = open_regular(path)
            try:
                self._check(file, path, image)
            except BaseException:
                file.close()
                raise
        return file

    def pixels(self, slug: str, image: Image) -> np.ndarray:
        """The upright picture in its original depth, shape (H, W) or (H, W, C)."""
        path = self.original_path(slug, image)
        with self._explaining(image, path):
            return self.decoder.pixels(path, sha256=image.sha256 or None)

    def pixel_size(self, slug: str, image: Image) -> tuple[float, str] | None:
        """How long a pixel is and in which unit, where the original records it."""
        path = self.original_path(slug, image)
        with self._explaining(image, path):
            return self.decoder.pixel_size(path, sha256=image.sha256 or None)

    def likeness(self, slug: str, image: Image) -> int | None:
        """The perceptual hash of an image, None where there is nothing to see."""
        path = self.original_path(slug, image)
        with self._explaining(image, path):
            return self.decoder.likeness(path, sha256=image.sha256 or None)

    def rendition(self, slug: str, image: Image, kind: RenditionKind) -> Path:
        """The upright, eight-bit file that a browser gets; made when it is missing.

        Parameters
        ----------
        slug : str
            The project.
        image : Image
            One of its images.
        kind : {'thumb', 'preview', 'full'}
            At most 256 or 2048 pixels on the longer side, or all of them.
        """
        if kind not in KINDS:
            raise UnknownName(f"'{kind}' is not a rendition. Renditions: {', '.join(KINDS)}.")
        longest = max(image.width, image.height)
        target = rendition_path(self.cache, image.sha256, kind, longest=longest)
        if not _is_filled(target):
            path = self.original_path(slug, image)
            with self._explaining(image, path):
                self.decoder.render(path, kind, self.cache, sha256=image.sha256)
        return target

    def has_renditions(self, image: Image) -> bool:
        """Whether the thumbnail and the preview of an image are there."""
        longest = max(image.width, image.height)
        return all(
            _is_filled(rendition_path(self.cache, image.sha256, kind, longest=longest))
            for kind in PREPARED
        )

    # --- taking in ------------------------------------------------------------------------

    @contextmanager
    def incoming(self, slug: str) -> Iterator[Path]:
        """A folder on the workspace's disk that is gone afterwards, whatever happens."""
        place = self.workspace / "projects" / slug / "incoming"
        place.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(place)
        folder = Path(mkdtemp(dir=place))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):
                place.rmdir()

    @contextmanager
    def taking_in(self, slug: str) -> Iterator[None]:
        """One intake at a time for a project, since names are shared out by what is there."""
        with self._lock:
            intake = self._intakes.setdefault(slug, threading.Lock())
        with intake:
            yield

    def keep(self, slug: str, staged: Path, *, sha256: str, form: str) -> tuple[Path, bool]:
        """Move a staged file among the copied originals, under the name of its content.

        Returns
        -------
        path : Path
            Its place.
        is_new : bool
            False where the same content was there.
        """
        return self.keep_as(slug, staged, copied_name(sha256, form))

    def keep_as(self, slug: str, staged: Path, name: str) -> tuple[Path, bool]:
        """The same for a file whose name by content is known."""
        path = self._images(slug) / name[:2] / name
        if _is_filled(path):
            staged.unlink()
            return path, False
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(staged, path)
        _sync_folder(path.parent)
        return path, True

    def copied_uri(self, slug: str, path: Path) -> str:
        """The uri of a copied original."""
        return COPIED + path.relative_to(self._images(slug)).as_posix()

    def close(self) -> None:
        """End the decoding processes."""
        self.decoder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _images(self, slug: str) -> Path:
        return self.workspace / "projects" / slug / "images"

    def _check(self, file: BufferedReader, path: Path, image: Image) -> None:
        """Compare the content with the hash, once for each state of the file on the disk."""
        status = os.fstat(file.fileno())
        key = (str(path), status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        with self._lock:
            found = self._checked.get(key)
        if found is None:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            self._remember(key, found)
        if found != image.sha256:
            raise ImageRefused("has changed since it was added")

    def _remember(self, key: tuple[object, ...], digest: str) -> None:
        with self._lock:
            self._checked[key] = digest
            while len(self._checked) > _REMEMBERED:
                self._checked.popitem(last=False)

    @contextmanager
    def _explaining(self, image: Image, path: Path) -> Iterator[None]:
        try:
            yield
        except ImageRefused as refused:
            raise DataError(unreadable(image, path, str(refused))) from refused


def unreadable(image: Image, path: Path, reason: str) -> str:
    """What to say of an image whose original is not what it was."""
    return (
        f"{image.name}: its original {path} {reason}. Put the file of SHA-256 "
        f"{image.sha256[:12]}… back there; a changed picture goes in as a new image under another "
        "name."
    )


def copied_name(sha256: str, form: str) -> str:
    """What a copied original is called, by its content and its format."""
    return f"{sha256}.{_EXTENSIONS.get(form, form.lower() or 'image')}"


def _is_filled(path: Path) -> bool:
    """Whether the file is there; an empty one is what a power cut leaves of a cached file."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_abandoned(place: Path) -> None:
    """Clear what a killed process left behind."""
    for folder in place.iterdir():
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _ABANDONED_AFTER:
                shutil.rmtree(folder)
