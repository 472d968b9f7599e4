"""What workers do with images: pure functions of a file, its hash and a cache that all share.

An item is JSON, which holds file names of any bytes as text. The file is decoded in a child process
of the worker, as everywhere.
"""

import json
import os
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import mkstemp
from typing import Any, BinaryIO

from datasetbuilder.errors import ImageRefused, StoreUnavailable
from datasetbuilder.pixels.decoder import DecoderPool
from datasetbuilder.pixels.files import open_regular
from datasetbuilder.pixels.reader import ImageInfo
from datasetbuilder.pixels.rendition import PREPARED
from datasetbuilder.projects.job_chunk import Params

CHUNK = 8
"""Images in a chunk: one takes as long as hundreds of other items."""


@cache
def decoder() -> DecoderPool:
    """The child processes of this worker."""
    return DecoderPool()


def take_in(params: Params, item: str) -> dict[str, Any]:
    """Decode a file for an intake and put its renditions into the cache."""
    asked = json.loads(item)
    path, sha256, info = taken_in(
        decoder(),
        Path(asked["path"]),
        cache=Path(params["cache"]),
        staging=Path(asked["staging"]) if asked["staging"] else None,
        known=asked["known"],
    )
    return {"path": str(path), "sha256": sha256, "info": None if info is None else asdict(info)}


def likeness(_params: Params, item: str) -> int | None:
    """The perceptual hash of a file."""
    asked = json.loads(item)
    return decoder().likeness(Path(asked["path"]), sha256=asked["sha256"])


def render(params: Params, item: str) -> None:
    """Put the thumbnail and the preview of a file into the cache."""
    asked = json.loads(item)
    for kind in PREPARED:
        try:
            decoder().render(
                Path(asked["path"]), kind, Path(params["cache"]), sha256=asked["sha256"]
            )
        except ImageRefused as refused:
            raise ImageRefused(f"{asked['name']}: its original {refused}") from None


def file_item(name: str, path: Path, sha256: str) -> str:
    """The item of `likeness` and `render`."""
    return json.dumps({"name": name, "path": str(path), "sha256": sha256})


def taken_in(
    pool: DecoderPool, path: Path, *, cache: Path, staging: Path | None, known: list[str]
) -> tuple[Path, str, ImageInfo | None]:
    """Decode a file where it is, or with ``staging`` a copy of it that is made there.

    Returns
    -------
    path : Path
        What was decoded.
    sha256 : str
    info : ImageInfo or None
        None for a content that is among the known.
    """
    place = path if staging is None else _staged_copy(path, staging)
    try:
        sha256, info = pool.take_in(place, cache, known=known)
    except ImageRefused:
        if place != path:
            place.unlink(missing_ok=True)
        raise
    return place, sha256, info


def _staged_copy(path: Path, staging: Path) -> Path:
    """Copy a file into the staging folder, safely on the disk."""
    with open_regular(path) as source:
        descriptor, place = mkstemp(dir=staging)
        with os.fdopen(descriptor, "wb") as target:
            while chunk := _chunk(source):
                _write(target, chunk)
            os.fsync(target.fileno())
    return Path(place)


def _chunk(source: BinaryIO) -> bytes:
    try:
        return source.read(2**20)
    except OSError as error:
        raise ImageRefused(f"cannot be read: {error.strerror}") from None


def _write(target: BinaryIO, chunk: bytes) -> None:
    try:
        target.write(chunk)
        target.flush()
    except OSError as error:
        raise StoreUnavailable(f"The workspace's disk refuses a copy: {error.strerror}") from None
