"""The table of all objects of a project: measured as a job, narrowed, saved; and picks from it."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from flask import Blueprint, Response, abort, jsonify, request

from datasetbuilder.api import Project
from datasetbuilder.app import explore_jobs, job_kinds, tables
from datasetbuilder.app import jobs as server_jobs
from datasetbuilder.app.object_rows import narrowed, ordered
from datasetbuilder.app.picks import keep_pick
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.rest.sight import sets_shown
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.services import Services
from datasetbuilder.errors import DataError, WireError
from datasetbuilder.exporters.measurements import write_table
from datasetbuilder.projects import jobs
from datasetbuilder.projects.jobs import Job, JobState

if TYPE_CHECKING:
    from pandas import DataFrame

_MOST_QUERY = 20_000


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects/<slug>/objects", endpoint="objects")
    def show_objects(slug: str) -> Response:
        project = project_at(services, slug)
        return jsonify(objects_document(services, project))

    @api.post("/projects/<slug>/objects", endpoint="measure_objects")
    def measure_objects(slug: str) -> tuple[Response, int]:
        project = project_at(services, slug)
        job = start_once(services, project, job_kinds.MEASURE, "All objects")
        return jsonify({"job": services.jobs.to_wire(job)}), 202

    @api.get("/projects/<slug>/objects.<form>", endpoint="objects_file")
    def save_objects(slug: str, form: str) -> Response:
        project = project_at(services, slug)
        if form not in ("csv", "parquet"):
            abort(404, "A table is saved as objects.csv or objects.parquet.")
        filters = _read_query("filter", request.args.get("filter", ""), {})
        sorting = _read_query("sort", request.args.get("sort", ""), [])
        table = ordered(narrowed(objects_table(project), filters), sorting)
        response = Response(_as_file(table, form), mimetype="application/octet-stream")
        name = f"{slug}-objects.{form}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @api.post("/projects/<slug>/picks", endpoint="create_pick")
    def create_pick(slug: str) -> Response:
        project = project_at(services, slug)
        ids = _chosen(project, bodies.read(bodies.NewPick))
        name = keep_pick(project, ids)
        address = f"/p/{project.slug}/images?pick={name}"
        return jsonify({"pick": name, "images": len(set(ids)), "address": address})


def objects_document(services: Services, project: Project) -> dict[str, Any]:
    """Whether the objects are measured, how old that is, and whether somebody is at it."""
    shown = sets_shown(project)
    kept = tables.newest(project, explore_jobs.OBJECTS, shown)
    running = running_job(project, job_kinds.MEASURE, {"sets": list(shown)})
    return {
        "table": None if kept is None else {"seq": kept.seq, **kept.about},
        "seq": project.info.seq,
        "job": None if running is None else services.jobs.to_wire(running),
    }


def objects_table(project: Project) -> "DataFrame":
    """The newest table of all objects that the caller sees.

    Raises
    ------
    DataError
        If nobody has measured yet.
    """
    kept = tables.newest(project, explore_jobs.OBJECTS, sets_shown(project))
    if kept is None:
        raise DataError("The objects are not measured yet; choose Measure on the explore page.")
    return kept.table()


def start_once(services: Services, project: Project, kind: str, title: str, **params: Any) -> Job:
    """Start a job over what the caller sees; one that does the very same is not started twice."""
    wanted = {"sets": list(sets_shown(project)), **params}
    running = running_job(project, kind, wanted)
    if running is not None:
        return running
    job = server_jobs.new_dataset_job(project, kind, wanted, title=title, author=current_user())
    return services.jobs.start(job.id)


def running_job(project: Project, kind: str, wanted: Mapping[str, Any]) -> Job | None:
    """The job of a kind that is at work in this project on the very same, if there is one."""
    with project.workspace.store.reading() as connection:
        active = jobs.jobs(connection, project.info.id, states=(JobState.WAITING, JobState.RUNNING))
    return next((one for one in active if one.kind == kind and one.params == wanted), None)


def _read_query(name: str, text: str, default: Any) -> Any:
    if not text:
        return default
    try:
        found = orjson.loads(text) if len(text) <= _MOST_QUERY else None
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, type(default)) or not all(
        isinstance(one, Mapping) for one in (found if isinstance(found, list) else [])
    ):
        raise WireError(name, "must be JSON as the table in the browser sends it")
    return found


def _chosen(project: Project, body: bodies.NewPick) -> list[int]:
    if (body.images is None) == (body.filter is None):
        raise WireError("images", "name either images or a filter")
    if body.images is not None:
        return body.images
    return [int(one) for one in narrowed(objects_table(project), body.filter or {})["image_id"]]


def _as_file(table: "DataFrame", form: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"objects.{form}"
        write_table(table, path)
        return path.read_bytes()
