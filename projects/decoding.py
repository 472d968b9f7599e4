"""Decoding the files of an intake: in child processes of this one, or by the workers of an engine.

Both ways give the outcomes in the order of the files.
"""

import json
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from datasetbuilder.errors import ImageRefused
from datasetbuilder.pixels.decoder import DecoderPool
from datasetbuilder.pixels.reader import ImageInfo
from datasetbuilder.projects import image_tasks
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.jobs import Item, Settled


@dataclass(frozen=True, slots=True)
class Wish:
    """A file to decode; with ``staging`` a copy of it is made there first."""

    path: Path
    staging: Path | None
    known: list[str]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file after decoding; ``info`` is None where the project has the content."""

    path: Path
    sha256: str
    info: ImageInfo | None


Outcome: TypeAlias = Callable[[], Decoded]
"""What was decoded; raises ImageRefused where the file is none."""


def decoded_here(
    decoder: DecoderPool, cache: Path, wishes: Iterable[Wish]
) -> Generator[Outcome, None, None]:
    """Decode a few files ahead of the one that is asked for."""

    def decode(wish: Wish) -> Decoded:
        found = image_tasks.taken_in(
            decoder, wish.path, cache=cache, staging=wish.staging, known=wish.known
        )
        return Decoded(*found)

    waiting = iter(wishes)
    with ThreadPoolExecutor(decoder.size) as threads:
        ahead: deque[Future[Decoded]] = deque()
        try:
            while True:
                for wish in islice(waiting, 2 * decoder.size - len(ahead)):
                    ahead.append(threads.submit(decode, wish))
                if not ahead:
                    return
                yield ahead.popleft().result
        finally:
            for decoding in ahead:
                decoding.cancel()


def decoded_by(
    engine: Engine, cache: Path, wishes: Iterable[Wish]
) -> Generator[Outcome, None, None]:
    """Have the workers of an engine decode; what is ready early waits for its turn."""

    def items() -> Iterator[Item]:
        for number, wish in enumerate(wishes):
            staging = None if wish.staging is None else str(wish.staging)
            asked = {"path": str(wish.path), "staging": staging, "known": wish.known}
            yield Item(number, json.dumps(asked))

    ready: dict[int, Settled] = {}
    following = 0
    params = {"cache": str(cache)}
    with closing(
        engine.run(image_tasks.take_in, params, items(), chunk=image_tasks.CHUNK)
    ) as answers:
        for answer in answers:
            ready |= {one.item_id: one for one in answer.settled}
            while following in ready:
                yield _outcome(ready.pop(following))
                following += 1


def _outcome(settled: Settled) -> Outcome:
    def outcome() -> Decoded:
        if settled.error:
            raise ImageRefused(settled.error)
        info = settled.result["info"]
        if info is not None:
            info = ImageInfo(**{**info, "notes": tuple(info["notes"])})
        return Decoded(Path(settled.result["path"]), settled.result["sha256"], info)

    return outcome
