"""Running jobs on a database that several processes share: who holds one says so again and again.

A process that is dead, or cut off, falls silent; after a while its job is free for the others. The
same way a person's wish to stop reaches the process that works on it.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from uuid import uuid4

from sqlalchemy import Connection, select, update

from datasetbuilder.errors import StoreUnavailable
from datasetbuilder.projects.clock import now
from datasetbuilder.projects.jobs import Claim, JobState
from datasetbuilder.projects.schema import job
from datasetbuilder.projects.store import Store

_log = logging.getLogger(__name__)
SECONDS = 30.0
"""How long a silent process keeps a job; the clocks of the machines differ by less."""

_EVERY = 3.0


def new_claim(store: Store, *, alone: bool) -> Claim:
    """What this process writes on a job that it takes up."""
    owner = f"{socket.gethostname()} {os.getpid()} {uuid4().hex[:12]}"
    if not store.is_shared:
        return Claim(owner)
    return Claim(owner, _until(), alone=alone)


def ask_to_stop(connection: Connection, job_id: int) -> bool:
    """Ask the process that works on a job to stop it; False if none does."""
    asked = connection.execute(
        update(job)
        .where(
            job.c.id == job_id,
            job.c.state == JobState.RUNNING.value,
            job.c.held_until >= now(),
        )
        .values(stop_asked=1)
    )
    return bool(asked.rowcount)


def renew(connection: Connection, job_id: int, owner: str) -> bool:
    """Hold a job for another while; False if it is to be stopped, or is no longer the owner's."""
    mine = (job.c.id == job_id) & (job.c.owner == owner)
    held = mine & (job.c.state == JobState.RUNNING.value)
    kept = connection.execute(update(job).where(held).values(held_until=_until()))
    asked = connection.scalar(select(job.c.stop_asked).where(mine))
    return bool(kept.rowcount) and not asked


def _until() -> int:
    return now() + int(SECONDS * 1e6)


class Lease:
    """Holds a job while this process works on it; calls ``stop`` once that is to end.

    On a database of this process alone nothing has to be held.
    """

    def __init__(self, store: Store, job_id: int, owner: str, stop: Callable[[], None]) -> None:
        self._store, self._job_id, self._owner, self._stop = store, job_id, owner, stop
        self._over = threading.Event()
        if store.is_shared:
            threading.Thread(target=self._hold, name=f"lease-{job_id}", daemon=True).start()

    def release(self) -> None:
        """Hold it no longer; what is written down of it stays."""
        self._over.set()

    def _hold(self) -> None:
        while not self._over.wait(_EVERY):
            try:
                held = self._store.submit(lambda t: renew(t.connection, self._job_id, self._owner))
            except StoreUnavailable as error:
                _log.warning("job %s could not be held: %s", self._job_id, error)
                continue
            if not held:
                self._stop()
