"""Long work of a command that a running server does in its place, seen on the Jobs page as well."""

import time
from typing import TYPE_CHECKING, Any

import typer

from datasetbuilder.app import console
from datasetbuilder.app.cli_place import place_words
from datasetbuilder.errors import DataError, UsageError
from datasetbuilder.projects.beside import StoreBeside

if TYPE_CHECKING:
    from datasetbuilder.api import Project
    from datasetbuilder.projects.job_engine import Engine

_EVERY = 0.2
_AUTHOR = "local"


def run_there(
    project: "Project",
    call: str,
    *,
    what: str,
    as_json: bool,
    engine: "Engine | None",
    **arguments: Any,
) -> dict[str, Any]:
    """Have the server start a job and follow it to its end; the job as it stands then.

    Raises
    ------
    UsageError
        If the work was to be done elsewhere: that is the server's to say.
    DataError
        With the job's own words, if it failed or was stopped.
    """
    store = project.workspace.store
    assert isinstance(store, StoreBeside)
    if engine is not None:
        raise UsageError(
            "A server holds this workspace and does the work: start it with --scheduler, or stop it"
        )
    about = {"author": _AUTHOR, "project": project.slug}
    job = store.hand_over(call, **about, **arguments)["job"]
    about["job"] = job["id"]
    try:
        with console.progress_bar(what, quiet=as_json) as progress:
            while job["state"] in ("waiting", "running"):
                time.sleep(_EVERY)
                job = store.hand_over("job", **about)["job"]
                progress(job["done"], job["total"], job["message"])
    except KeyboardInterrupt:
        store.hand_over("cancel_job", **about)
        words = f"datasetbuilder jobs resume {job['id']} {place_words(project.workspace)}"
        console.warn(
            f"Stopped; what was done stays, nothing is left half done. Go on with: {words}"
        )
        raise typer.Exit(130) from None
    if job["state"] != "done":
        raise DataError(job["error"] or f"Job {job['id']} is {job['state']}; see the Jobs page.")
    return job


def cancel_there(project: "Project", job_id: int) -> None:
    """Have the server stop a job."""
    store = project.workspace.store
    assert isinstance(store, StoreBeside)
    store.hand_over("cancel_job", author=_AUTHOR, project=project.slug, job=job_id)


def added_names(project: "Project", job_id: int) -> list[str]:
    """The names of the images that an intake added."""
    from datasetbuilder.projects import jobs

    with project.workspace.store.reading() as connection:
        items = jobs.items_of(connection, job_id)
    return [one.result["added"] for one in items if one.result and "added" in one.result]
