"""Exports: started in the background, listed, sent as one zip."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app import job_kinds
from datasetbuilder.app import jobs as server_jobs
from datasetbuilder.app.archive import missing_files, zip_stream
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.services import Services
from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.manifest import NAME as MANIFEST
from datasetbuilder.exporters.manifest import read_manifest
from datasetbuilder.insight.splits import splits_from_text
from datasetbuilder.projects import jobs
from datasetbuilder.projects.jobs import Job, JobState

_UNREADABLE = {"formats": [], "task": "", "event": 0, "images": 0, "annotations": 0}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects/<slug>/exports", endpoint="exports")
    def list_exports(slug: str) -> Response:
        project = project_at(services, slug)
        return jsonify({"exports": exports_of(services, project)})

    @api.post("/projects/<slug>/exports", endpoint="start_export")
    def start(slug: str) -> tuple[Response, int]:
        project = project_at(services, slug)
        job = start_export(services, project, bodies.read(bodies.NewExport))
        return jsonify({"job": services.jobs.to_wire(job)}), 202

    @api.post("/projects/<slug>/exports/<name>/verify", endpoint="verify_export")
    def verify(slug: str, name: str) -> tuple[Response, int]:
        project = project_at(services, slug)
        params = {"folder": str(folder_of(services, project, name))}
        return _as_job(services, project, job_kinds.VERIFY, params, name)

    @api.post("/projects/<slug>/exports/<name>/diff", endpoint="diff_export")
    def diff(slug: str, name: str) -> tuple[Response, int]:
        project = project_at(services, slug)
        folder = folder_of(services, project, name)
        other = bodies.read(bodies.ExportDiff).other
        params = {
            "folder": str(folder),
            "other": str(folder_of(services, project, other)) if other else "",
        }
        return _as_job(services, project, job_kinds.DIFF, params, name)

    @api.get("/projects/<slug>/exports/<name>.zip", endpoint="download_export")
    def download(slug: str, name: str) -> Response:
        project = project_at(services, slug)
        folder = folder_of(services, project, name)
        if missing := missing_files(folder):
            abort(409, f"{missing[0]} links to an image that is gone ({len(missing)} in all).")
        response = Response(zip_stream(folder), mimetype="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{name}.zip"'
        return response


def exports_folder(services: Services, slug: str) -> Path:
    """Where the exports that were started in the browser lie."""
    return services.workspace.root / "projects" / slug / "exports"


def folder_of(services: Services, project: Project, name: str) -> Path:
    """The folder of a finished export; answers 404 where there is none of that name."""
    folder = exports_folder(services, project.slug) / name
    if not _NAME.fullmatch(name) or not (folder / MANIFEST).is_file():
        abort(404, f"Project '{project.slug}' has no export of that name.")
    return folder


def _as_job(
    services: Services, project: Project, kind: str, params: Mapping[str, Any], title: str
) -> tuple[Response, int]:
    job = server_jobs.new_dataset_job(project, kind, params, title=title, author=current_user())
    return jsonify({"job": services.jobs.to_wire(services.jobs.start(job.id))}), 202


def start_export(services: Services, project: Project, wanted: bodies.NewExport) -> Job:
    """Export in the background to a folder of its own."""
    folder = exports_folder(services, project.slug)
    name = free_name(folder, wanted.formats, taken=_being_made(project))
    splits = splits_from_text(wanted.split) if wanted.split.strip() else wanted.splits
    options = {
        "formats": wanted.formats,
        "task": wanted.task,
        "splits": None if splits is None else dict(splits),
        "seed": wanted.seed,
        "images": wanted.images,
        "segmentation": wanted.segmentation,
        "group_by": wanted.group_by or "",
        "stratify": wanted.stratify,
        "fresh_split": wanted.fresh_split,
        "where": wanted.where,
        "corrected": wanted.corrected,
        "allow_loss": wanted.allow_loss,
    }
    job = server_jobs.new_export_job(project, folder / name, options, author=current_user())
    return services.jobs.start(job.id)


def _being_made(project: Project) -> set[str]:
    """The names of exports that are on their way and have no folder yet."""
    with project.workspace.store.reading() as connection:
        found = jobs.jobs(connection, project.info.id, states=(JobState.WAITING, JobState.RUNNING))
    return {job.title for job in found}


def free_name(folder: Path, formats: list[str], *, taken: Collection[str] = ()) -> str:
    """A name that tells when and what, and that nothing here carries."""
    safe = "-".join(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") for name in formats)[:60]
    stem = f"{datetime.now():%Y-%m-%d-%H%M%S}-{safe}".rstrip("-")
    name, number = stem, 2
    while name in taken or (folder / name).exists():
        name, number = f"{stem}-{number}", number + 1
    return name


def exports_of(services: Services, project: Project) -> list[dict[str, Any]]:
    """The finished exports of a project, newest first, with what their manifests say."""
    folder = exports_folder(services, project.slug)
    found = [path.parent for path in folder.glob(f"*/{MANIFEST}")]
    names = sorted((path.name for path in found if _NAME.fullmatch(path.name)), reverse=True)
    address = f"/api/v1/projects/{project.slug}/exports"
    return [
        {"name": name, **_summary(folder / name), "download": f"{address}/{name}.zip"}
        for name in names
    ]


@lru_cache(maxsize=256)
def _summary(folder: Path) -> Mapping[str, Any]:
    """What a manifest says; remembered, since it lists every file and never changes."""
    try:
        manifest = read_manifest(folder)
    except FormatError as error:
        return {**_UNREADABLE, "problem": str(error)}
    counts = manifest.counts.values()
    return {
        "problem": "",
        "formats": list(manifest.formats),
        "task": manifest.task,
        "event": manifest.seq,
        "images": sum(part["images"] for part in counts),
        "annotations": sum(sum(part["annotations"].values()) for part in counts),
    }
