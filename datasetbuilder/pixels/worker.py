"""The child process that decodes: one request in, one answer out, until its input ends.

It limits itself before it touches a file: address space above what it holds at the start, processor
time for each request, and a wall clock that fires even when the parent is gone. What it cannot
survive kills it, and only it.
"""

import hashlib
import json
import os
import signal
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image as Pillow

from datasetbuilder.errors import ImageRefused
from datasetbuilder.pixels import rendition
from datasetbuilder.pixels.files import read_regular
from datasetbuilder.pixels.likeness import likeness
from datasetbuilder.pixels.reader import Frame, decode
from datasetbuilder.pixels.resolution import pixel_size

_LENGTH = struct.Struct(">I")
_PAGE = 4096


def main() -> None:
    """Answer requests from standard input on standard output."""
    limits = json.loads(sys.argv[1])
    requests, answers = _own_pipes()
    _limit_process(limits)
    send(answers, {"ready": True})
    _quiet(2)
    for request in _requests(requests):
        _start_clock(limits)
        header, payload = answer(request)
        _stop_clock()
        send(answers, header, payload)


def answer(request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes | memoryview]:
    """Carry out one request; whatever goes wrong becomes an answer."""
    try:
        return _answer(request)
    except ImageRefused as refused:
        return {"refused": str(refused)}, b""
    except MemoryError:
        return {"refused": "needs more memory than one image may take", "worn": True}, b""
    except OSError as error:
        return {"unwritten": f"{error.strerror or error}: {error.filename or ''}"}, b""
    except Exception as error:
        return {"refused": f"could not be decoded ({type(error).__name__}: {error})"[:300]}, b""


def _answer(request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes | memoryview]:
    data = read_regular(Path(request["path"]))
    digest = hashlib.sha256(data).hexdigest()
    if request["expected"] not in (None, digest):
        raise ImageRefused(
            f"has changed since it was added (its SHA-256 is {digest[:12]}…, "
            f"it was {request['expected'][:12]}…)"
        )
    if digest in request["known"]:
        return {"known": digest}, b""
    if request["pixel_size"]:
        return {"pixel_size": pixel_size(data)}, b""
    kinds = request["kinds"]
    frame = decode(data, near=_near(kinds, pixels=request["pixels"]))
    del data
    info = asdict(frame.info)
    if request["pixels"]:
        array = np.ascontiguousarray(frame.pixels())
        shape = {"shape": array.shape, "dtype": array.dtype.str}
        return {"info": info, "array": shape}, array.data.cast("B")
    pictures: dict[str, Pillow.Image] = {}
    if request["cache"]:
        _render(frame, kinds, Path(request["cache"]), pictures)
    if request["likeness"]:
        info["likeness"] = likeness(pictures.get("preview") or rendition.shown(frame, "preview"))
    return {"info": info}, b""


def _near(kinds: Iterable[str], *, pixels: bool) -> int | None:
    """The side that a decoding must reach; None for all of it."""
    return None if pixels or "full" in kinds else rendition.SIDES["preview"]


def _render(
    frame: Frame, kinds: Iterable[str], cache: Path, pictures: dict[str, Pillow.Image]
) -> None:
    """Write what is missing; a thumbnail always comes from the preview, so it is always equal."""
    longest = max(frame.info.width, frame.info.height)
    for kind in kinds:
        target = rendition.rendition_path(cache, frame.info.sha256, kind, longest=longest)
        if target.is_file() and target.stat().st_size:
            continue
        source = "full" if kind == "full" else "preview"
        if source not in pictures:
            pictures[source] = rendition.shown(frame, source)
        rendition.write_rendition(rendition.fitted(pictures[source], kind), target)


# --- the pipe ---------------------------------------------------------------------------------


def send(pipe: BinaryIO, header: Mapping[str, Any], payload: bytes | memoryview = b"") -> None:
    """Write one message: length, JSON header with the payload's length, payload."""
    text = json.dumps({**header, "payload": len(payload)}).encode()
    pipe.write(_LENGTH.pack(len(text)) + text)
    if len(payload):
        pipe.write(payload)
    pipe.flush()


def receive(pipe: BinaryIO) -> dict[str, Any] | None:
    """Read one message's header; None at the end of the stream."""
    length = pipe.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    text = pipe.read(_LENGTH.unpack(length)[0])
    return json.loads(text) if len(text) == _LENGTH.unpack(length)[0] else None


def _requests(pipe: BinaryIO) -> Iterator[dict[str, Any]]:
    while (request := receive(pipe)) is not None:
        yield request


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output away from libraries that print."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _quiet(0)
    _quiet(1)
    return requests, answers


def _quiet(descriptor: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, descriptor)
    os.close(null)


# --- limits -----------------------------------------------------------------------------------


def _limit_process(limits: Mapping[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        import resource
    except ImportError:  # Windows: the parent's clock alone stops a hanging child
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        held = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    except OSError:
        return
    allowed = held + limits["memory"]
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))


def _start_clock(limits: Mapping[str, Any]) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, limits["cpu_seconds"])
        signal.setitimer(signal.ITIMER_REAL, limits["seconds"] + 5)


def _stop_clock() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
