"""Jobs that people start: what each kind does, run here or in threads of the server.

What is written down survives this process; only how far a running export is lives in memory.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from datasetbuilder.api import Project, Workspace
from datasetbuilder.app import dataset_jobs
from datasetbuilder.app.export_process import export_project
from datasetbuilder.errors import DatasetBuilderError, FormatError, JobRefused, UnknownName
from datasetbuilder.exporters.manifest import NAME as MANIFEST
from datasetbuilder.exporters.manifest import read_manifest
from datasetbuilder.exporters.staging import refuse_taken
from datasetbuilder.projects import jobs
from datasetbuilder.projects.intake_job import summary
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.jobs import Item, ItemState, Job, JobState, Settled

_log = logging.getLogger(__name__)
IMAGES, EXPORT = "images", "export"
VERIFY, DIFF, IMPORT = "verify", "diff", "import"
_SHOWN = 200
_LARGEST = 2**53


class Cancelled(Exception):
    """Raised inside work that was cancelled; not a fault, the person asked for it."""


@dataclass(eq=False)
class Running:
    """How far a job is that this process works on; only its own thread writes to it.

    ``report`` is what this run has to say beside what is written down; ``engine`` has the workers
    that look at images, where they are not this computer's.
    """

    done: int = 0
    total: int = 0
    message: str = ""
    watch: Callable[[int, int, str], None] | None = None
    report: Any = None
    engine: Engine | None = None
    _cancel: threading.Event = field(default_factory=threading.Event)
    stopped: bool = False

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Say how far the work is; stops it here once it was cancelled."""
        self.note(done, total, message)
        if self._cancel.is_set():
            raise Cancelled

    def note(self, done: int, total: int, message: str = "") -> None:
        """Say how far the work is, for work that asks `cancelled` itself."""
        self.done, self.total, self.message = done, total, message
        if self.watch is not None:
            self.watch(done, total, message)

    def cancelled(self) -> bool:
        """Whether the person asked to stop; work that is told so stops there."""
        self.stopped = self._cancel.is_set()
        return self.stopped

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._cancel.set()


Work: TypeAlias = Callable[[Workspace, Job, Running], Mapping[str, Any]]


# --- the kinds ------------------------------------------------------------------------------------


def _take_in(workspace: Workspace, job: Job, running: Running) -> Mapping[str, Any]:
    report = workspace.project(job.project).add_images(
        [Path(source) for source in job.params["sources"]],
        copy=job.params["copy"],
        author=job.author,
        progress=running.note,
        cancelled=running.cancelled,
        job_id=job.id,
        engine=running.engine,
    )
    running.report = report
    with workspace.store.reading() as connection:
        found = summary(jobs.items_of(connection, job.id))
    return {**found, "ignored": report.ignored}


def _export(workspace: Workspace, job: Job, running: Running) -> Mapping[str, Any]:
    """One item, its folder: there with our manifest it is done, else it is started again."""
    params = dict(job.params)
    target = Path(params.pop("folder"))
    store = workspace.store
    (item,) = store.submit(lambda t: jobs.add_items(t.connection, job.id, [str(target)]))
    if item.attempts and _is_ours(target, job.project, params["formats"]):
        report = {"name": target.name, "lines": [f"{target} is there and whole."]}
    else:
        refuse_taken(target)
        store.submit(lambda t: jobs.attempt(t.connection, job.id, [item.id]))
        project = workspace.project(job.project)
        if running.engine is not None and params.get("splits"):
            project.learn_likenesses(progress=running.progress, engine=running.engine)
        done = export_project(project, target, params, running.progress)
        running.report = done
        report = {"name": target.name, "lines": list(done.lines())}
    store.submit(lambda t: jobs.settle(t.connection, job.id, [Settled(item.id, target.name)]))
    return report


def _is_ours(target: Path, slug: str, formats: list[str]) -> bool:
    """Whether an earlier run of this job, which found the place free, finished its export."""
    if not (target / MANIFEST).is_file():
        return False
    try:
        manifest = read_manifest(target)
    except FormatError:
        return False
    return manifest.project == slug and set(manifest.formats) == set(formats)


KINDS: Mapping[str, Work] = {
    IMAGES: _take_in,
    EXPORT: _export,
    VERIFY: dataset_jobs.verify_export,
    DIFF: dataset_jobs.diff_export,
    IMPORT: dataset_jobs.import_file,
}


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
    begin(workspace, job_id)
    try:
        return run_begun(workspace, job_id, running)
    except (KeyboardInterrupt, SystemExit):
        _finish(workspace, job_id, stopped)
        raise


def begin(workspace: Workspace, job_id: int) -> None:
    """Take a job up; JobRefused if it runs or is done."""
    if not workspace.store.submit(lambda t: jobs.begin(t.connection, job_id)):
        state = read_job(workspace, job_id).state
        raise JobRefused(f"Job {job_id} is {state}; there is nothing to resume.")


def run_begun(workspace: Workspace, job_id: int, running: Running) -> Job:
    """The work of a job that was begun, and how it ended."""
    job = read_job(workspace, job_id)
    try:
        result = KINDS[job.kind](workspace, job, running)
    except Cancelled:
        return _finish(workspace, job_id, JobState.CANCELLED)
    except DatasetBuilderError as error:
        _finish(workspace, job_id, JobState.FAILED, error=str(error))
        raise
    except Exception as error:
        words = f"Stopped by a fault ({type(error).__name__}); see the server's log."
        _finish(workspace, job_id, JobState.FAILED, error=words)
        raise
    # A wish that came after the last step stopped nothing: what was made is there.
    state = JobState.CANCELLED if running.stopped else JobState.DONE
    return _finish(workspace, job_id, state, result=result)


def _finish(workspace: Workspace, job_id: int, state: JobState, **outcome: Any) -> Job:
    workspace.store.submit(lambda t: jobs.finish(t.connection, job_id, state, **outcome))
    return read_job(workspace, job_id)


def interrupt_abandoned(workspace: Workspace) -> None:
    """Mark what a dead process left running, where this one is known to be the only one."""
    if not (workspace.store.is_shared or workspace.store.is_beside):
        workspace.store.submit(lambda t: jobs.interrupt_abandoned(t.connection))


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

    def start(self, job_id: int) -> Job:
        """Take a job up in the background.

        Raises
        ------
        JobRefused
            If it runs already or is done.
        """
        begin(self._workspace, job_id)
        running = Running(engine=self._engine)
        with self._lock:
            self._running[job_id] = running
        self._pool.submit(self._carry_out, job_id, running)
        return read_job(self._workspace, job_id)

    def resume_interrupted(self) -> None:
        """Take up what an earlier server of this workspace left; a shared database waits."""
        if self._workspace.store.is_shared:
            return
        interrupt_abandoned(self._workspace)
        with self._workspace.store.reading() as connection:
            left = jobs.jobs(connection, states=(JobState.INTERRUPTED, JobState.WAITING))
        for one in reversed(left):
            if one.kind in KINDS:
                self.start(one.id)

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
        for one in running:
            one.cancel()
        self._pool.shutdown(wait=True)

    def _carry_out(self, job_id: int, running: Running) -> None:
        try:
            if self._closing:
                raise Cancelled
            if running.cancelled():
                _finish(self._workspace, job_id, JobState.CANCELLED)
                return
            self._interrupted_by_close(run_begun(self._workspace, job_id, running))
        except Cancelled:
            _finish(self._workspace, job_id, JobState.INTERRUPTED)
        except DatasetBuilderError:
            _log.info("job %s failed", job_id)
        except Exception:
            # The outermost handler of a background thread; the job says what it was.
            _log.exception("job %s failed", job_id)
        finally:
            with self._lock:
                self._running.pop(job_id, None)

    def _interrupted_by_close(self, job: Job) -> None:
        """The end of the server is no wish of a person: such a job goes on with the next one."""
        if self._closing and job.state is JobState.CANCELLED:
            self._workspace.store.submit(lambda t: jobs.interrupt(t.connection, job.id))


def cancel_idle(workspace: Workspace, job_id: int) -> None:
    """Cancel a job that nobody works on; JobRefused with its state if there is nothing to stop."""
    if workspace.store.submit(lambda t: jobs.cancel_waiting(t.connection, job_id)):
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
