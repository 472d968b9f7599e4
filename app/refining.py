"""Refine tools behind the web server: one worker process, the newest request of a person wins.

The web process never imports the tools themselves (they bring scikit-learn and scikit-image): it
sends names and plain data to `refine_worker`.
"""

import logging
import threading
from collections.abc import Hashable, Mapping
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from datasetbuilder import errors
from datasetbuilder.errors import DataError, DatasetBuilderError, StoreUnavailable
from datasetbuilder.model import Geometry, Image, Mask, Polygon, Stroke

_log = logging.getLogger(__name__)
_WORKER = "datasetbuilder.app.refine_worker"
START_SECONDS = 110.0
PATIENCE_SECONDS = 55.0
_CRASHED = "The refine tool stopped unexpectedly on this image; it is ready again."
_SLOW = "The refine tool took too long on this image and was stopped; try a smaller object."
_CLOSING = "The server is stopping."


@dataclass(frozen=True, slots=True)
class Place:
    """An image as the worker finds it: workspace folder, project, image."""

    root: str
    slug: str
    image: Image

    @property
    def key(self) -> Hashable:
        """Changes when the pixels do."""
        return self.root, self.slug, self.image.id, self.image.sha256


@dataclass(frozen=True, slots=True)
class Shape:
    """A proposal on its way to the browser; ``geometry`` is None when nothing is proposed."""

    geometry: Mask | Polygon | None
    area: float
    method: str
    quality: float
    hint: str


@dataclass(frozen=True, slots=True)
class Failure:
    """One of our errors as plain data: the name of its class and its sentence.

    An exception itself does not cross: one that cannot be rebuilt here would break the pool.
    """

    kind: str
    message: str

    def to_error(self) -> DatasetBuilderError:
        """The error again."""
        kind = getattr(errors, self.kind)
        refused = kind in (errors.WireError, errors.UnknownName)
        return DataError(self.message) if refused else kind(self.message)


class Refining:
    """Runs refine tools in a process that starts when first needed and again after a crash."""

    def __init__(self, root: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        self._root = str(root)
        self._patience = patience
        self._pool: ProcessPoolExecutor | None = None
        self._started: Future[int] = Future()
        self._closed = False
        self._busy = False
        self._newest: dict[str, object] = {}
        self._changed = threading.Condition()

    def warm(self) -> None:
        """Start the worker in the background, so that the first stroke does not wait for it."""
        threading.Thread(target=self._warm, name="refine-warm", daemon=True).start()

    def prepare(self, slug: str, image: Image) -> None:
        """Get an image ready for strokes.

        Raises
        ------
        DatasetBuilderError
            If its pixels cannot be had.
        """
        self._in_turn(f"prepare {slug}/{image.id}", "prepare", Place(self._root, slug, image))

    def scribbles(  # noqa: PLR0913 - where, who, and what was drawn
        self,
        slug: str,
        image: Image,
        client: str,
        strokes: tuple[Stroke, ...],
        *,
        label: int,
        settings: Mapping[str, Any],
    ) -> Shape | None:
        """A mask from strokes, or None when the client asked again meanwhile."""
        place = Place(self._root, slug, image)
        return self._in_turn(client, "propose_from_strokes", place, strokes, label, settings)

    def scribbles_each(
        self,
        slug: str,
        image: Image,
        client: str,
        strokes: tuple[Stroke, ...],
        settings: Mapping[str, Any],
    ) -> tuple[tuple[int, Shape], ...] | None:
        """A mask for every label that was drawn, or None when the client asked again meanwhile."""
        place = Place(self._root, slug, image)
        return self._in_turn(client, "propose_each_from_strokes", place, strokes, settings)

    def outline(
        self, slug: str, image: Image, client: str, polygon: Polygon, settings: Mapping[str, Any]
    ) -> Shape | None:
        """A fitted outline, or None when the client asked again meanwhile."""
        place = Place(self._root, slug, image)
        return self._in_turn(client, "propose_from_outline", place, polygon, settings)

    def region(
        self, slug: str, image: Image, client: str, tool: str, settings: Mapping[str, Any]
    ) -> Shape | None:
        """A mask from a box, a click, touches or a shape; None when the client asked again."""
        place = Place(self._root, slug, image)
        return self._in_turn(client, "propose_region", place, tool, settings)

    def edit(  # noqa: PLR0913 - where, who, what and how
        self,
        slug: str,
        image: Image,
        client: str,
        tool: str,
        shape: Geometry,
        settings: Mapping[str, Any],
    ) -> tuple[Shape, ...] | None:
        """A shape put right, in its pieces; None when the client asked again meanwhile."""
        place = Place(self._root, slug, image)
        return self._in_turn(client, "propose_edit", place, tool, shape, settings)

    def cutout(
        self, slug: str, image: Image, client: str, shape: Geometry, *, soft: float
    ) -> bytes | None:
        """The object of a shape as PNG with transparency; None when the client asked again."""
        place = Place(self._root, slug, image)
        return self._in_turn(client, "cut_out", place, shape, soft)

    def close(self) -> None:
        """End the worker and everyone who waits for it."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._discard(self._pool)

    def _warm(self) -> None:
        try:
            self._run("warm")
            self._run("rehearse")
        except DatasetBuilderError as error:
            _log.debug("the refine worker did not start early: %s", error)

    def _in_turn(self, client: str, name: str, *arguments: Any) -> Any:
        ticket = object()
        with self._changed:
            self._newest[client] = ticket
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._overtaken(client, ticket) or not self._busy)
            if self._overtaken(client, ticket):
                return None
            self._busy = True
        try:
            answer = self._run(name, *arguments)
        finally:
            with self._changed:
                self._busy = False
                if self._newest.get(client) is ticket:
                    del self._newest[client]
                self._changed.notify_all()
        if isinstance(answer, Failure):
            raise answer.to_error()
        return answer

    def _overtaken(self, client: str, ticket: object) -> bool:
        return self._closed or self._newest.get(client) is not ticket

    def _run(self, name: str, *arguments: Any) -> Any:
        pool, started = self._workers()
        try:
            started.result(START_SECONDS)
            return pool.submit(_call, name, *arguments).result(self._patience)
        except TimeoutError:
            self._discard(pool)
            raise DataError(_SLOW) from None
        except BrokenProcessPool:
            self._discard(pool)
            if self._closed:
                raise StoreUnavailable(_CLOSING) from None
            _log.warning("the refine worker ended unexpectedly in %s", name)
            raise DataError(_CRASHED) from None
        except (CancelledError, RuntimeError):
            raise StoreUnavailable(_CLOSING) from None

    def _workers(self) -> tuple[ProcessPoolExecutor, "Future[int]"]:
        """The pool, and the promise that its process has loaded the tools."""
        with self._changed:
            if self._closed:
                raise StoreUnavailable(_CLOSING)
            if self._pool is None:
                self._pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_start)
                self._started = self._pool.submit(_call, "warm")
            return self._pool, self._started

    def _discard(self, pool: ProcessPoolExecutor | None) -> None:
        with self._changed:
            if pool is None or self._pool is not pool:
                return
            self._pool = None
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def _start() -> None:
    import_module(_WORKER).start()


def _call(name: str, *arguments: Any) -> Any:
    return getattr(import_module(_WORKER), name)(*arguments)
