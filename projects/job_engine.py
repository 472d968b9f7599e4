"""Where the chunks of a job are worked on: local processes, or a Dask cluster.

joblib makes both the same call. A worker that dies takes the chunks in flight with it, and nothing
tells which of them killed it: those chunks are tried again one at a time and halved after each
further death, until one item alone is to blame and is given up with its reason.
"""

import os
import time
import warnings
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from threading import Lock
from typing import Any

from datasetbuilder.errors import UsageError
from datasetbuilder.projects.job_chunk import Params, Task, carry_out
from datasetbuilder.projects.jobs import Item, Settled

CHUNK = 64
DEATHS_ALONE = 2
_ROUND = 4
_LARGEST_ROUND = 64
_ROUND_SECONDS = 1.0
_PATIENCE = 10
_SCHEMES = ("tcp://", "tls://")
_TURN = Lock()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a chunk: its settled items, or none because its worker died."""

    items: tuple[Item, ...]
    settled: tuple[Settled, ...] = ()


@dataclass(eq=False)
class Engine:
    """Processes of this computer, or of the cluster behind ``scheduler``.

    One job at a time has the workers; others wait their turn, so that a worker's death in one of
    them never ends another.
    """

    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    scheduler: str | None = None

    def run(
        self, task: Task, params: Params, items: Iterable[Item], *, chunk: int = CHUNK
    ) -> Generator[Answer, None, None]:
        """Work on all items; an answer per chunk as it is ready. Closing it stops the workers."""
        waiting = _chunks(items, chunk)
        suspects: deque[tuple[Item, ...]] = deque()
        deaths: dict[int, int] = {}
        most = _ROUND
        with _TURN, self._backend() as width:
            while True:
                alone = bool(suspects)
                # joblib runs ahead of a driver that writes slowly, and what was not written when
                # the driver is killed is done again: a round bounds it. Between two rounds workers
                # wait for the slowest of them, so rounds of quick chunks grow.
                few = [suspects.popleft()] if alone else list(islice(waiting, most * width))
                if not few:
                    return
                began = time.monotonic()
                lost, untouched = yield from self._round(task, params, few, width)
                if untouched:
                    waiting = chain(untouched, waiting)
                if not alone and time.monotonic() - began < _ROUND_SECONDS:
                    most = min(2 * most, _LARGEST_ROUND)
                for items_lost in lost:
                    yield Answer(items_lost)
                    if alone and len(items_lost) == 1:
                        only = items_lost[0]
                        deaths[only.id] = deaths.get(only.id, 0) + 1
                        if deaths[only.id] >= DEATHS_ALONE:
                            yield Answer(items_lost, (Settled(only.id, error=_given_up()),))
                            continue
                    suspects.extend(_halves(items_lost) if alone else [items_lost])

    def _round(
        self, task: Task, params: Params, chunks: Sequence[tuple[Item, ...]], width: int
    ) -> Generator[Answer, None, tuple[list[tuple[Item, ...]], list[tuple[Item, ...]]]]:
        """Hand these chunks out; returns those that died with a worker and those left untouched."""
        from joblib import Parallel, delayed

        flying: dict[int, tuple[Item, ...]] = {}
        source = iter(chunks)

        def calls() -> Iterator[Any]:
            for one in source:
                flying[one[0].id] = one
                yield delayed(carry_out)(task, params, [(item.id, item.item) for item in one])

        parallel: Any = Parallel(
            # One worker is two of which one gets work: joblib would run a single one in this
            # process.
            n_jobs=max(2, width),
            return_as="generator_unordered",
            pre_dispatch=str(1 if width == 1 else 2 * width),
            batch_size=1,  # type: ignore[arg-type]
        )
        try:
            with closing(parallel(calls())) as answers:
                for first, settled in answers:
                    yield Answer(flying.pop(first), tuple(Settled(*one) for one in settled))
        except self._deaths():
            return list(flying.values()), list(source)
        return [], []

    def _deaths(self) -> tuple[type[Exception], ...]:
        """What is raised when a worker died."""
        if self.scheduler is None:
            return (BrokenProcessPool,)
        from distributed.scheduler import KilledWorker

        return (KilledWorker,)

    @contextmanager
    def _backend(self) -> Iterator[int]:
        """The workers, and how many there are."""
        from joblib import parallel_config

        _leave_out_advice()
        width = self.workers
        with ExitStack() as stack:
            if self.scheduler is None:
                stack.enter_context(parallel_config("loky", inner_max_num_threads=1))
                stack.enter_context(_own_processes())
            else:
                width = stack.enter_context(_cluster(self.scheduler))
                stack.enter_context(parallel_config("dask"))
            yield width


def require_cluster(address: str) -> None:
    """Refuse an address where no cluster answers, before anything is begun.

    Raises
    ------
    UsageError
        If nobody answers there, there are no workers, or the packages for Dask are missing.
    """
    with _cluster(address):
        pass


def _chunks(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    source = iter(items)
    while chunk := tuple(islice(source, size)):
        yield chunk


def _halves(items: tuple[Item, ...]) -> list[tuple[Item, ...]]:
    middle = len(items) // 2
    return [part for part in (items[:middle], items[middle:]) if part]


def _given_up() -> str:
    return (
        f"ended its worker {DEATHS_ALONE} times when it was alone in it (a crash, or more memory "
        "than there is); look at it, or resume the job on a bigger computer"
    )


def _leave_out_advice() -> None:
    """Leave out joblib's advice about answers that a cancelled job did not take.

    For the whole process and for good: filters that come and go are not safe between threads.
    """
    advice, module = r"\d+ tasks ", r"joblib\."
    warnings.filterwarnings("ignore", message=advice, category=UserWarning, module=module)


@contextmanager
def _own_processes() -> Iterator[None]:
    """Let the local workers go afterwards: idle ones hold memory, and the end of the program up.

    Those that something else in this process had before stay with it.
    """
    from joblib.externals.loky import get_reusable_executor, reusable_executor

    had_before = getattr(reusable_executor, "_executor", None) is not None
    try:
        yield
    finally:
        if not had_before:
            current: Any = get_reusable_executor
            current(reuse=True).shutdown(wait=True, kill_workers=True)


@contextmanager
def _cluster(address: str) -> Iterator[int]:
    """A client of a cluster, as joblib finds it; gives the number of tasks it does at once."""
    if not address.startswith(_SCHEMES):
        raise UsageError(f"'{address}' is no address of a Dask scheduler; write tcp://host:8786")
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            "A Dask scheduler needs the extra: pip install 'datasetbuilder[dask]'"
        ) from None
    try:
        client: Any = Client(address, timeout=_PATIENCE, set_as_default=True)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"The Dask scheduler {address} does not answer: {error}") from None
    with client:
        width = sum(client.ncores().values())
        if not width:
            raise UsageError(
                f"The Dask scheduler {address} has no workers; start some: dask worker {address}"
            )
        yield width
