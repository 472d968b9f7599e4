"""The commands ``jobs …``, and how other commands carry out a job."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datasetbuilder.app.cli_place import (
    DatabaseOption,
    SchedulerOption,
    WorkspaceOption,
    engine_at,
    open_named,
    place_words,
)
from datasetbuilder.app.options import JsonOption

if TYPE_CHECKING:
    from datasetbuilder.api import Project, Workspace
    from datasetbuilder.projects.job_engine import Engine
    from datasetbuilder.projects.jobs import Job

commands = typer.Typer(help="Long work: what runs and ran, stop, go on.", no_args_is_help=True)

JobArgument = Annotated[int, typer.Argument(metavar="JOB", min=1, help="Number of the job.")]
INTERRUPTED = 130


@contextmanager
def _opened(folder: Path | None, database: str | None) -> Iterator["Workspace"]:
    """The workspace, with the jobs of dead processes told apart from those that run."""
    from datasetbuilder.app.jobs import interrupt_abandoned

    with open_named(folder, database) as workspace:
        interrupt_abandoned(workspace)
        yield workspace


@commands.command("list")
def list_jobs(
    project: Annotated[
        str | None, typer.Option("--project", metavar="PROJECT", help="Of one project alone.")
    ] = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the jobs, the newest first."""
    from datasetbuilder.app import console
    from datasetbuilder.app.jobs import job_to_wire
    from datasetbuilder.projects import jobs

    with _opened(workspace, database) as opened:
        project_id = None if project is None else opened.project(project).info.id
        with opened.store.reading() as connection:
            found = jobs.jobs(connection, project_id)
    if as_json:
        console.emit_json({"jobs": [job_to_wire(job) for job in found]})
        return
    if not found:
        console.say("No jobs yet.")
        return
    rows = [
        (one.id, one.project, one.kind, one.title, one.state.value, _far(one), one.n_failed)
        for one in found
    ]
    console.show_table(("job", "project", "kind", "what", "state", "done", "failed"), rows)


@commands.command()
def resume(  # noqa: PLR0913 - one parameter per option
    job: JobArgument,
    abandoned: Annotated[
        bool,
        typer.Option(
            "--abandoned",
            help="On PostgreSQL: its process is known to be dead; do not wait until it was silent.",
        ),
    ] = False,
    scheduler: SchedulerOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on with a job where it stood; what failed gets another chance."""
    from datasetbuilder.app import console
    from datasetbuilder.app.jobs import failed_items, job_to_wire

    engine = engine_at(scheduler)
    with _opened(workspace, database) as opened:
        done = _resumed(opened, job, abandoned=abandoned, as_json=as_json, engine=engine)
        failed = failed_items(opened, job) if done.n_failed else []
    if as_json:
        items = [{"item": one.item, "reason": one.error} for one in failed]
        console.emit_json({"job": job_to_wire(done), "failed": items})
    else:
        for one in failed:
            console.warn(f"failed {one.error}")
        console.say(f"Job {done.id} is {done.state}: {_far(done)}, {done.n_failed} failed.")
    if failed:
        raise typer.Exit(1)


@commands.command()
def cancel(
    job: JobArgument,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Leave a job that does not run as it is; a server does not take it up by itself any more."""
    from datasetbuilder.app import beside_jobs, console
    from datasetbuilder.app.jobs import cancel_idle, job_to_wire, read_job

    with _opened(workspace, database) as opened:
        if opened.store.is_beside:
            beside_jobs.cancel_there(_project_of(opened, job), job)
        else:
            cancel_idle(opened, job)
        stands = read_job(opened, job)
    if as_json:
        console.emit_json({"job": job_to_wire(stands)})
    elif stands.active:
        console.say(f"The process that works on job {job} was asked to stop.")
    else:
        console.say(f"Job {job} is cancelled; what it did stays. {_way_on(job, opened)}")


def previews(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")],
    scheduler: SchedulerOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the thumbnails and previews that are missing."""
    from datasetbuilder.app import beside_jobs, console
    from datasetbuilder.app.jobs import failed_items, job_to_wire, new_previews_job, read_job

    engine, what = engine_at(scheduler), "Making previews"
    with open_named(workspace, database) as opened:
        found = opened.project(project)
        if opened.store.is_beside:
            job_id = beside_jobs.run_there(
                found, "start_previews", what=what, as_json=as_json, engine=engine
            )["id"]
        else:
            job_id = new_previews_job(found).id
            run(opened, job_id, what=what, as_json=as_json, engine=engine)
        done, failed = read_job(opened, job_id), failed_items(opened, job_id)
    if as_json:
        console.emit_json({"job": job_to_wire(done), "failed": [one.error for one in failed]})
    else:
        for one in failed:
            console.warn(f"failed {one.error}")
        console.say(f"{done.n_done} images have new previews, {done.n_failed} failed.")
    if failed:
        raise typer.Exit(1)


def run(
    workspace: "Workspace",
    job_id: int,
    *,
    what: str,
    as_json: bool,
    engine: "Engine | None" = None,
) -> tuple["Job", Any]:
    """Carry a job out with a bar; Ctrl-C stops it and says how to go on.

    Returns how the job stands, and what this run of it reports.
    """
    from datasetbuilder.app import console
    from datasetbuilder.app.job_kinds import Running
    from datasetbuilder.app.jobs import carry_out

    running = Running(engine=engine)
    try:
        with console.progress_bar(what, quiet=as_json) as running.watch:
            return carry_out(workspace, job_id, running), running.report
    except KeyboardInterrupt:
        way_on = _way_on(job_id, workspace, engine)
        console.warn(f"Stopped; what was done stays, nothing is left half done. {way_on}")
        raise typer.Exit(INTERRUPTED) from None


def _resumed(
    workspace: "Workspace",
    job_id: int,
    *,
    abandoned: bool,
    as_json: bool,
    engine: "Engine | None",
) -> "Job":
    from datasetbuilder.app import beside_jobs
    from datasetbuilder.app.jobs import read_job
    from datasetbuilder.projects import jobs

    what = "Going on"
    if workspace.store.is_beside:
        beside_jobs.run_there(
            _project_of(workspace, job_id),
            "resume_job",
            what=what,
            as_json=as_json,
            engine=engine,
            job=job_id,
        )
        return read_job(workspace, job_id)
    if abandoned:
        workspace.store.submit(lambda t: jobs.interrupt(t.connection, job_id))
    return run(workspace, job_id, what=what, as_json=as_json, engine=engine)[0]


def _project_of(workspace: "Workspace", job_id: int) -> "Project":
    from datasetbuilder.app.jobs import read_job

    return workspace.project(read_job(workspace, job_id).project)


def _far(job: "Job") -> str:
    return f"{job.n_done} of {job.n_items}"


def _way_on(job_id: int, workspace: "Workspace", engine: "Engine | None" = None) -> str:
    return f"Go on with: datasetbuilder jobs resume {job_id} {place_words(workspace, engine)}"
