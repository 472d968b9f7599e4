"""Jobs of a project: what runs and ran, how far, which items failed and why; stop and take up."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app.job_kinds import (
    AGREEMENT,
    DIFF,
    EXPORT,
    IMAGES,
    IMPORT,
    MAP,
    MEASURE,
    PREVIEWS,
    VERIFY,
)
from datasetbuilder.app.jobs import failed_items, job_of, new_previews_job
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.rest.sight import sets_shown
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.app.services import Services
from datasetbuilder.errors import PermissionDenied
from datasetbuilder.projects import jobs
from datasetbuilder.projects.jobs import Job

_NEEDED = {
    IMAGES: Permission.MANAGE,
    IMPORT: Permission.MANAGE,
    AGREEMENT: Permission.REVIEW,
    PREVIEWS: Permission.MANAGE,
    EXPORT: Permission.EXPORT,
    VERIFY: Permission.EXPORT,
    DIFF: Permission.EXPORT,
    MEASURE: Permission.ANNOTATE,
    MAP: Permission.ANNOTATE,
}


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects/<slug>/jobs", endpoint="jobs")
    def list_jobs(slug: str) -> Response:
        project = project_at(services, slug)
        with services.workspace.store.reading() as connection:
            found = jobs.jobs(connection, project.info.id)
        shown = sets_shown(project)
        mine = [services.jobs.to_wire(job) for job in found if _may(job, shown)]
        return jsonify({"jobs": mine})

    @api.get("/projects/<slug>/jobs/<int:job_id>", endpoint="job")
    def show_job(slug: str, job_id: int) -> Response:
        job = _allowed(services, project_at(services, slug), job_id)
        failed = failed_items(services.workspace, job.id) if job.n_failed else []
        items = [{"item": one.item, "reason": one.error} for one in failed]
        return jsonify({"job": services.jobs.to_wire(job), "failed": items})

    @api.delete("/projects/<slug>/jobs/<int:job_id>", endpoint="cancel_job")
    def cancel_job(slug: str, job_id: int) -> Response:
        project = project_at(services, slug)
        job = _allowed(services, project, job_id)
        services.jobs.cancel(job.id)
        return jsonify({"job": _wire(services, project, job.id)})

    @api.post("/projects/<slug>/jobs/<int:job_id>/resume", endpoint="resume_job")
    def resume_job(slug: str, job_id: int) -> tuple[Response, int]:
        project = project_at(services, slug)
        job = _allowed(services, project, job_id)
        _refuse_foreign_places(services, job)
        return jsonify({"job": services.jobs.to_wire(services.jobs.start(job.id))}), 202

    @api.post("/projects/<slug>/previews", endpoint="make_previews")
    def make_previews(slug: str) -> tuple[Response, int]:
        job = new_previews_job(project_at(services, slug), author=current_user())
        return jsonify({"job": services.jobs.to_wire(services.jobs.start(job.id))}), 202


def _wire(services: Services, project: Project, job_id: int) -> dict[str, Any]:
    return services.jobs.to_wire(job_of(services.workspace, project.slug, job_id))


def _may(job: Job, shown: tuple[str, ...]) -> bool:
    """Whether the caller may know of a job; what it counts in sets is for who sees all of these."""
    if not g.member.may(_NEEDED.get(job.kind, Permission.MANAGE)):
        return False
    return g.member.may(Permission.REVIEW) or set(job.params.get("sets", ())) <= set(shown)


def _allowed(services: Services, project: Project, job_id: int) -> Job:
    job = job_of(services.workspace, project.slug, job_id)
    if not _may(job, sets_shown(project)):
        raise PermissionDenied("You may not see this job.")
    return job


def _refuse_foreign_places(services: Services, job: Job) -> None:
    """A job of the command line may read, and write, where the browser's may not."""
    if job.kind == IMAGES:
        for source in job.params["sources"]:
            _refuse_outside(services, Path(source))
    elif job.kind == IMPORT:
        uploaded = services.workspace.root / "projects" / job.project / "imports"
        if not Path(job.params["source"]).is_relative_to(uploaded):
            _refuse_outside(services, Path(job.params["source"]))
    elif job.kind == EXPORT:
        home = services.workspace.root / "projects" / job.project / "exports"
        if Path(job.params["folder"]).parent != home:
            raise PermissionDenied(
                "This export was started on the command line; resume it there: "
                f"datasetbuilder jobs resume {job.id}"
            )


def _refuse_outside(services: Services, source: Path) -> None:
    real = source.resolve()
    services.roots.resolve(str(real if real.is_dir() else real.parent))
