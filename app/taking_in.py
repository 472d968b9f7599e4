"""How the commands take images into a project, here or by the server that holds the workspace."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from datasetbuilder.api import Project
from datasetbuilder.app import beside_jobs, console, job_commands
from datasetbuilder.app.jobs import new_images_job

if TYPE_CHECKING:
    from datasetbuilder.projects.job_engine import Engine

_WHAT = "Reading images"


def take_in(
    project: Project,
    sources: Sequence[Path],
    *,
    copy: bool,
    as_json: bool,
    engine: "Engine | None",
) -> None:
    """Take images in and say what became of every file; exit code 1 if some were refused."""
    by = _by_the_server if project.workspace.store.is_beside else _here
    done = by(project, sources, copy=copy, as_json=as_json, engine=engine)
    if as_json:
        console.emit_json({"project": project.slug, **done})
    else:
        _print(project.slug, done)
    if done["refused"]:
        raise typer.Exit(1)


def _here(
    project: Project,
    sources: Sequence[Path],
    *,
    copy: bool,
    as_json: bool,
    engine: "Engine | None",
) -> dict[str, Any]:
    job = new_images_job(project, list(sources), copy=copy)
    _, report = job_commands.run(
        project.workspace, job.id, what=_WHAT, as_json=as_json, engine=engine
    )
    return {
        "added": [image.name for image in report.added],
        "refused": [{"name": item.name, "reason": item.reason} for item in report.refused],
        "unchanged": report.unchanged,
        "ignored": report.ignored,
    }


def _by_the_server(
    project: Project,
    sources: Sequence[Path],
    *,
    copy: bool,
    as_json: bool,
    engine: "Engine | None",
) -> dict[str, Any]:
    job = beside_jobs.run_there(
        project,
        "start_intake",
        what=_WHAT,
        as_json=as_json,
        engine=engine,
        sources=[str(source.absolute()) for source in sources],
        copy_files=copy,
    )
    result = job["result"]
    return {
        "added": beside_jobs.added_names(project, job["id"]),
        **{name: result[name] for name in ("refused", "unchanged", "ignored")},
    }


def _print(slug: str, done: Mapping[str, Any]) -> None:
    for refusal in done["refused"]:
        console.warn(f"refused {refusal['name']}: {refusal['reason']}")
    extras = [
        f"{count} {word}"
        for count, word in (
            (len(done["refused"]), "refused"),
            (done["unchanged"], "already there"),
            (done["ignored"], "not images"),
        )
        if count
    ]
    tail = f" ({', '.join(extras)})" if extras else ""
    console.say(f"{slug}: {len(done['added'])} images added{tail}.")
