"""A pool of child processes that decode images, so that a hostile file cannot hurt the server.

The children are plain programs, not forks: a fork of a threaded server deadlocks, and
`multiprocessing`'s spawn would run the user's own script again. They start when first needed, are
used again and again, and end with their parent: at the end of their input, at the latest by their
own clock.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Self, cast

import numpy as np

from datasetbuilder.errors import DatasetBuilderError, ImageRefused, StoreUnavailable
from datasetbuilder.pixels.reader import ImageInfo
from datasetbuilder.pixels.rendition import PREPARED, RenditionKind
from datasetbuilder.pixels.worker import receive, send

_BOOT = """\
import json, sys
sys.path[:] = json.loads(sys.argv.pop(1))
import importlib
importlib.import_module(sys.argv.pop(1)).main()
"""
_WORKER = "datasetbuilder.pixels.worker"


@dataclass(frozen=True, slots=True)
class DecoderLimits:
    """What one file may take.

    Processor time is the limit that counts: a loaded machine must not make a good image look like a
    hanging one. Wall time, much longer, catches a child that waits for something.
    """

    memory: int = 2 * 2**30
    cpu_seconds: float = 20.0
    seconds: float = 120.0
    requests: int = 500


class DecoderPool:
    """Decodes files in child processes; safe to call from many threads.

    Every method refuses with the reason alone, since the caller knows what the file is called.
    A child that crashes, hangs or runs out of memory costs the one file and is replaced.

    Parameters
    ----------
    size : int, optional
        How many children at most; by default one per processor, two at least.
    limits : DecoderLimits, optional
        Memory and time for one file.
    program : str, optional
        The module whose ``main`` the children run.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        limits: DecoderLimits | None = None,
        program: str = _WORKER,
    ) -> None:
        self.size = size or max(2, os.cpu_count() or 1)
        self.limits = limits or DecoderLimits()
        self._program = program
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(self.size):
            self._idle.put(None)
        self._living: set[_Worker] = set()
        self._closer = weakref.finalize(self, _close_all, self._living)

    def inspect(self, path: Path) -> ImageInfo:
        """Decode a file and say what it holds.

        Raises
        ------
        ImageRefused
            If it is not one whole image within the limits.
        """
        return _info(self._ask(path))

    def take_in(
        self, path: Path, cache: Path, *, known: Collection[str] = ()
    ) -> tuple[str, ImageInfo | None]:
        """Decode a file once for everything that ingest needs.

        Parameters
        ----------
        path : Path
            The file.
        cache : Path
            Where its thumbnail and preview go, by `rendition.rendition_path`.
        known : collection of str
            Contents that need no decoding.

        Returns
        -------
        sha256 : str
            The hash of the very bytes that were decoded.
        info : ImageInfo or None
            None for a known content.
        """
        answer = self._ask(path, known=list(known), kinds=PREPARED, cache=str(cache), likeness=True)
        if "known" in answer:
            return answer["known"], None
        info = _info(answer)
        return info.sha256, info

    def render(
        self, path: Path, kind: RenditionKind, cache: Path, *, sha256: str | None = None
    ) -> None:
        """Write one rendition of a file to its place in the cache, unless it is there."""
        self._ask(path, expected=sha256, kinds=(kind,), cache=str(cache))

    def pixels(self, path: Path, *, sha256: str | None = None) -> np.ndarray:
        """The upright picture in its original depth, as `reader.read_pixels` gives it."""
        return self._ask(path, expected=sha256, pixels=True)["array"]

    def pixel_size(self, path: Path, *, sha256: str | None = None) -> tuple[float, str] | None:
        """How long a pixel is and in which unit, as the file records it; nothing is decoded."""
        said = self._ask(path, expected=sha256, pixel_size=True)["pixel_size"]
        return None if said is None else (said[0], said[1])

    def likeness(self, path: Path, *, sha256: str | None = None) -> int | None:
        """The perceptual hash of a file's upright preview, None if there is nothing to see."""
        return _info(self._ask(path, expected=sha256, likeness=True)).likeness

    def close(self) -> None:
        """End the children."""
        self._closer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, path: Path, **wishes: Any) -> dict[str, Any]:
        request = {
            "path": str(path),
            "expected": None,
            "known": [],
            "kinds": [],
            "cache": None,
            "pixels": False,
            "pixel_size": False,
            "likeness": False,
        } | wishes
        self._require_open()
        worker = self._idle.get()
        try:
            if worker is None:
                worker = _Worker(self._program, self.limits)
                self._living.add(worker)
            return _checked(worker.ask(request))
        except ImageRefused:
            self._require_open()
            raise
        finally:
            self._idle.put(self._kept(worker))

    def _require_open(self) -> None:
        if not self._closer.alive:
            raise DatasetBuilderError("The image decoder is closed.")

    def _kept(self, worker: "_Worker | None") -> "_Worker | None":
        """The worker when it can go on, None for a fresh one next time."""
        if worker is None or (worker.usable and self._closer.alive):
            return worker
        worker.close()
        self._living.discard(worker)
        return None


class _Worker:
    """One child and the two pipes to it."""

    def __init__(self, program: str, limits: DecoderLimits) -> None:
        self._limits = limits
        self._served = 0
        self.usable = True
        command = [sys.executable, "-I", "-c", _BOOT]
        command += [json.dumps(sys.path), program, json.dumps(asdict(limits))]
        with tempfile.TemporaryFile() as complaints:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
            self._requests = cast("BinaryIO", self._process.stdin)
            self._answers = cast("BinaryIO", self._process.stdout)
            if receive(self._answers) is None:
                self.close()
                raise DatasetBuilderError(_start_failure(complaints))

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        deadline = _Deadline(self._process, self._limits.seconds)
        try:
            with deadline:
                send(self._requests, request)
                answer = receive(self._answers)
                array = self._array(answer) if answer and "array" in answer else None
        except (OSError, EOFError):
            answer, array = None, None
        self._served += 1
        if answer is None or deadline.expired:
            self.usable = False
            raise ImageRefused(self._cause_of_death(expired=deadline.expired))
        if array is not None:
            answer["array"] = array
        self.usable = not answer.get("worn") and self._served < self._limits.requests
        return answer

    def _array(self, answer: dict[str, Any]) -> np.ndarray:
        array = np.empty(answer["array"]["shape"], np.dtype(answer["array"]["dtype"]))
        view = array.data.cast("B")
        filled = 0
        while filled < len(view):
            count = cast("Any", self._answers).readinto(view[filled:])
            if not count:
                raise EOFError
            filled += count
        return array

    def _cause_of_death(self, *, expired: bool) -> str:
        code = self._process.wait()
        if expired or code == -getattr(signal, "SIGALRM", 0):
            return f"took longer than {self._limits.seconds:g} s to decode"
        if code == -getattr(signal, "SIGPROF", 0):
            return f"took more than {self._limits.cpu_seconds:g} s of processor time to decode"
        if code == -getattr(signal, "SIGKILL", 0):
            return "was stopped by the system while it was decoded, probably for lack of memory"
        return f"crashed the decoder (exit {code})"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._requests.close()
        try:
            self._process.wait(0.5 if self.usable else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()


class _Deadline:
    """Kills a process that has not answered in time, and knows whether it did."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        self.expired = False
        self._done = False
        self._process = process
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._done = True
        self._timer.cancel()

    def _expire(self) -> None:
        with self._lock:
            if not self._done:
                self.expired = True
                self._process.kill()


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "refused" in answer:
        raise ImageRefused(answer["refused"])
    if "unwritten" in answer:
        raise StoreUnavailable(f"A picture cannot be written to the cache: {answer['unwritten']}")
    return answer


def _info(answer: dict[str, Any]) -> ImageInfo:
    info = answer["info"]
    return ImageInfo(**{**info, "notes": tuple(info["notes"])})


def _start_failure(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    last = complaints.read()[-500:].decode(errors="replace").strip().splitlines()[-1:]
    return f"The image decoder cannot start: {''.join(last) or 'it ended at once'}"


def _close_all(workers: "set[_Worker]") -> None:
    while workers:
        workers.pop().close()
