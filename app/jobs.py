"""Jobs that people start, run here or in threads of the server; `job_kinds` says what each does."""

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from datasetbuilder.api import Project, Workspace
from datasetbuilder.app.job_kinds import EXPORT, IMAGES, KINDS, PREVIEWS, Cancelled, Running
from datasetbuilder.errors import DatasetBuilderError, JobRefused, UnknownName
from datasetbuilder.projects import jobs
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.job_leases import Lease, ask_to_stop, new_claim
from datasetbuilder.projects.jobs import Item, ItemState, Job, JobState

_log = logging.getLogger(__name__)
_SHOWN = 200
_LARGEST = 2**53
_AGAIN = 1.0
_WATCH_EVERY = 10.0


# --- one job --------------------------------------------------------------------------------------


def new_images_job(
    project: Project, sources: list[Path], *, copy: bool = False, author: str = "local"
) -> Job:
    """Write down that folders, files or archives are to be taken in."""
    params = {"sources": [str(source.absolute()) for source in sources], "copy": copy}
    title = ", ".join(source.name for source in sources)
    return _new(project, IMAGES, params, title=title, author=author)


def new_export_job(
    project: Project, folder: Path, options: Mapping[str, Any], *, author: str = "local"
) -> Job:
    """Write down that a dataset is to be exported; ``options`` are those of `Project.export`."""
    params = {"folder": str(folder.expanduser().absolute()), **options}
    return _new(project, EXPORT, params, title=folder.name, author=author)


def new_previews_job(project: Project, *, author: str = "local") -> Job:
    """Write down that the thumbnails and previews that are missing are to be made."""
    return _new(project, PREVIEWS, {}, title=project.slug, author=author)


def new_dataset_job(
    project: Project, kind: str, params: Mapping[str, Any], *, title: str, author: str
) -> Job:
    """Write down that an export is to be verified or compared, or a file imported."""
    return _new(project, kind, params, title=title, author=author)


def _new(project: Project, kind: str, params: Mapping[str, Any], *, title: str, author: str) -> Job:
    store, project_id = project.workspace.store, project.info.id
    job_id = store.submit(
        lambda t: jobs.create(
            t.connection, project_id, kind, params=params, author=author, title=title
        )
    )
    return read_job(project.workspace, job_id)


def read_job(workspace: Workspace, job_id: int) -> Job:
    """One job; UnknownName if there is none with that number."""
    with workspace.store.reading() as connection:
        return jobs.job_with_id(connection, job_id)


def failed_items(workspace: Workspace, job_id: int) -> list[Item]:
    """The first of the items that failed, with their reasons."""
    with workspace.store.reading() as connection:
        return jobs.items_of(connection, job_id, state=ItemState.FAILED, limit=_SHOWN)


def carry_out(
    workspace: Workspace, job_id: int, running: Running, *, stopped: JobState = JobState.CANCELLED
) -> Job:
    """Run a job in this thread to its end, or until it is cancelled; how it stands then.

    Raises
    ------
    DatasetBuilderError
        If it failed; the job says so too.
    """
    while (owner := begin(workspace, job_id)) is None:
        running.note(0, 0, "waiting for another job of the project")
        time.sleep(_AGAIN)
    lease = Lease(workspace.store, job_id, owner, running.cancel)
    try:
        return run_begun(workspace, job_id, owner, running)
    except (KeyboardInterrupt, SystemExit):
        _finish(workspace, job_id, stopped, owner=owner)
        raise
    finally:
        lease.release()


def begin(workspace: Workspace, job_id: int) -> str | None:
    """Take a job up under a name of its own, which is given back.

    None while another job has to end first: where several processes share a database, one at a time
    takes images into a project.

    Raises
    ------
    JobRefused
        If it runs or is done.
    """
    job = read_job(workspace, job_id)
    claim = new_claim(workspace.store, alone=job.kind == IMAGES)
    if workspace.store.submit(lambda t: jobs.begin(t.connection, job_id, claim)):
        return claim.owner
    state = read_job(workspace, job_id).state
    if state in jobs.RESUMABLE:
        return None
    raise JobRefused(f"Job {job_id} is {state}; there is nothing to resume.")


def run_begun(workspace: Workspace, job_id: int, owner: str, running: Running) -> Job:
    """The work of a job that was begun, and how it ended."""
    job = replace(read_job(workspace, job_id), owner=owner)
    try:
        result = KINDS[job.kind](workspace, job, running)
    except Cancelled:
        return _finish(workspace, job_id, JobState.CANCELLED, owner=owner)
    except DatasetBuilderError as error:
        _finish(workspace, job_id, JobState.FAILED, owner=owner, error=str(error))
        raise
    except Exception as error:
        words = f"Stopped by a fault ({type(error).__name__}); see the server's log."
        _finish(workspace, job_id, JobState.FAILED, owner=owner, error=words)
        raise
    # A wish that came after the last step stopped nothing: what was made is there.
    state = JobState.CANCELLED if running.stopped else JobState.DONE
    return _finish(workspace, job_id, state, owner=owner, result=result)


def _finish(workspace: Workspace, job_id: int, state: JobState, **outcome: Any) -> Job:
    workspace.store.submit(lambda t: jobs.finish(t.connection, job_id, state, **outcome))
    return read_job(workspace, job_id)


def interrupt_abandoned(workspace: Workspace) -> None:
    """Mark what dead processes left running: all that runs, or on a shared database the silent."""
    store = workspace.store
    if not store.is_beside:
        store.submit(
            lambda t: jobs.interrupt_abandoned(t.connection, silent=store.is_shared) and None
        )


# --- the jobs of a server -------------------------------------------------------------------------


class Jobs:
    """Runs jobs in threads of this process, images perhaps at the workers of an engine."""

    def __init__(
        self, workspace: Workspace, *, workers: int = 2, engine: Engine | None = None
    ) -> None:
        self._engine = engine
        self._workspace = workspace
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="job")
        self._running: dict[int, Running] = {}
        self._lock = threading.Lock()
        self._closing = False
        self._over = threading.Event()

    def start(self, job_id: int) -> Job:
        """Take a job up in the background, or leave it waiting while another has to end first.

        Raises
        ------
        JobRefused
            If it runs already or is done.
        """
        owner = begin(self._workspace, job_id)
        if owner is not None:
            running = Running(engine=self._engine)
            with self._lock:
                self._running[job_id] = running
            lease = Lease(self._workspace.store, job_id, owner, running.cancel)
            self._pool.submit(self._carry_out, job_id, owner, running, lease)
        return read_job(self._workspace, job_id)

    def resume_interrupted(self) -> None:
        """Take up what an earlier server of this workspace left.

        On a database that several servers share, again and again: what one of them left when it
        died, and what waited for another job.
        """
        self.take_over()
        if self._workspace.store.is_shared:
            threading.Thread(target=self._watch, name="job-watch", daemon=True).start()

    def take_over(self, *, waiting_for: float = 0.0) -> None:
        """Start what nobody works on and has waited for so many seconds."""
        interrupt_abandoned(self._workspace)
        with self._workspace.store.reading() as connection:
            left = jobs.jobs(connection, states=(JobState.INTERRUPTED, JobState.WAITING))
        latest = datetime.now(UTC) - timedelta(seconds=waiting_for)
        for one in reversed(left):
            if one.kind in KINDS and (
                one.state is JobState.INTERRUPTED or one.updated_at <= latest
            ):
                with suppress(JobRefused):
                    self.start(one.id)

    def _watch(self) -> None:
        while not self._over.wait(_WATCH_EVERY):
            try:
                self.take_over(waiting_for=_WATCH_EVERY)
            except DatasetBuilderError as error:
                _log.warning("the jobs of other servers could not be looked at: %s", error)

    def cancel(self, job_id: int) -> None:
        """Ask a job to stop at its next step.

        Raises
        ------
        JobRefused
            If another process works on it.
        """
        with self._lock:
            running = self._running.get(job_id)
        if running is not None:
            running.cancel()
        else:
            cancel_idle(self._workspace, job_id)

    def to_wire(self, job: Job) -> dict[str, Any]:
        """A job as JSON, with how far it is at this moment."""
        with self._lock:
            running = self._running.get(job.id)
        document = job_to_wire(job)
        if running is not None and running.total:
            document |= {
                "done": running.done,
                "total": running.total,
                "message": running.message,
            }
        return document

    def close(self) -> None:
        """Stop everything at its next step, to be resumed by the next server."""
        with self._lock:
            self._closing = True
            running = list(self._running.values())
        self._over.set()
        for one in running:
            one.cancel()
        self._pool.shutdown(wait=True)

    def _carry_out(self, job_id: int, owner: str, running: Running, lease: Lease) -> None:
        try:
            if self._closing:
                raise Cancelled
            if running.cancelled():
                _finish(self._workspace, job_id, JobState.CANCELLED, owner=owner)
                return
            self._interrupted_by_close(run_begun(self._workspace, job_id, owner, running), owner)
        except Cancelled:
            _finish(self._workspace, job_id, JobState.INTERRUPTED, owner=owner)
        except DatasetBuilderError:
            _log.info("job %s failed", job_id)
        except Exception:
            # The outermost handler of a background thread; the job says what it was.
            _log.exception("job %s failed", job_id)
        finally:
            lease.release()
            with self._lock:
                self._running.pop(job_id, None)

    def _interrupted_by_close(self, job: Job, owner: str) -> None:
        """The end of the server is no wish of a person: such a job goes on with the next one."""
        if self._closing and job.state is JobState.CANCELLED:
            self._workspace.store.submit(lambda t: jobs.interrupt(t.connection, job.id, owner))


def cancel_idle(workspace: Workspace, job_id: int) -> None:
    """Cancel a job that this process does not work on.

    On a database that several processes share, the one that works on it is asked to stop.

    Raises
    ------
    JobRefused
        With the state of the job, if there is nothing to stop.
    """
    store = workspace.store
    if store.submit(lambda t: jobs.cancel_waiting(t.connection, job_id)):
        return
    if store.is_shared and store.submit(lambda t: ask_to_stop(t.connection, job_id)):
        return
    state = read_job(workspace, job_id).state
    if state is JobState.RUNNING:
        raise JobRefused(f"Job {job_id} runs in another process; stop it there.")
    if state is not JobState.CANCELLED:
        raise JobRefused(f"Job {job_id} is {state}; there is nothing to cancel.")


def job_to_wire(job: Job) -> dict[str, Any]:
    """A job as JSON."""
    return {
        "id": job.id,
        "kind": job.kind,
        "project": job.project,
        "title": job.title,
        "state": job.state.value,
        "author": job.author,
        "done": job.settled,
        "total": job.n_items,
        "failed": job.n_failed,
        "message": "",
        "error": job.error,
        "result": job.result,
        "resumable": job.state in jobs.RESUMABLE,
        "created": job.created_at.isoformat(),
        "updated": job.updated_at.isoformat(),
    }


def job_of(workspace: Workspace, slug: str, job_id: int) -> Job:
    """A job of a project; UnknownName if it is none of it."""
    try:
        job = read_job(workspace, min(job_id, _LARGEST))
    except UnknownName:
        job = None
    if job is None or job.project != slug:
        raise UnknownName(f"Project '{slug}' has no job {job_id}.")
    return job
