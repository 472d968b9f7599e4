"""What each kind of job does, and how far a running one is.

What is written down survives this process; only how far a running export is lives in memory.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from datasetbuilder.api import Workspace
from datasetbuilder.app import agreement_wire, dataset_jobs, explore_jobs
from datasetbuilder.app.export_process import export_project
from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.manifest import NAME as MANIFEST
from datasetbuilder.exporters.manifest import read_manifest
from datasetbuilder.exporters.staging import refuse_taken
from datasetbuilder.projects import image_tasks, jobs
from datasetbuilder.projects.intake_job import summary
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.job_run import Kind, run_items
from datasetbuilder.projects.jobs import Job, Settled

IMAGES, EXPORT, PREVIEWS = "images", "export", "previews"
VERIFY, DIFF, IMPORT = "verify", "diff", "import"
AGREEMENT = "agreement"
MEASURE, MAP = "measure", "map"


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
        report = {"name": target.name, "lines": list(done.lines()), "report": done.to_json()}
    settled = [Settled(item.id, target.name)]
    store.submit(lambda t: jobs.settle(t.connection, job.id, settled, owner=job.owner))
    return report


def _make_previews(workspace: Workspace, job: Job, running: Running) -> Mapping[str, Any]:
    """An item for each image whose pictures were missing when the job was looked at."""
    store, library, slug = workspace.store, workspace.library, job.project
    items = [
        image_tasks.file_item(one.name, library.original_path(slug, one), one.sha256)
        for one in workspace.project(slug).images()
        if not library.has_renditions(one)
    ]
    store.submit(lambda t: jobs.add_items(t.connection, job.id, items) and None)
    kind = Kind(image_tasks.render, chunk=image_tasks.CHUNK)
    there = replace(job, params={"cache": str(library.cache)})
    run_items(
        store,
        there,
        kind,
        running.engine or Engine(),
        progress=running.note,
        cancelled=running.cancelled,
    )
    return {}


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
    PREVIEWS: _make_previews,
    VERIFY: dataset_jobs.verify_export,
    DIFF: dataset_jobs.diff_export,
    IMPORT: dataset_jobs.import_file,
    AGREEMENT: agreement_wire.compare_raters,
    MEASURE: explore_jobs.measure_objects,
    MAP: explore_jobs.draw_map,
}
