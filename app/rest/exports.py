"""Exports: started in the background, listed, sent as one zip."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, abort, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app.archive import zip_stream
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.services import Services
from datasetbuilder.app.tasks import Task
from datasetbuilder.insight.splits import splits_from_text

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_MANIFEST = "export.json"


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects/<slug>/exports", endpoint="exports")
    def list_exports(slug: str) -> Response:
        project = project_at(services, slug)
        tasks = [task.to_wire() for task in services.tasks.of(slug, kind="export")]
        return jsonify({"exports": exports_of(services, project), "tasks": tasks})

    @api.post("/projects/<slug>/exports", endpoint="start_export")
    def start(slug: str) -> tuple[Response, int]:
        project = project_at(services, slug)
        task = start_export(services, project, bodies.read(bodies.NewExport))
        return jsonify({"task": task.to_wire()}), 202

    @api.get("/projects/<slug>/exports/<name>.zip", endpoint="download_export")
    def download(slug: str, name: str) -> Response:
        project = project_at(services, slug)
        folder = exports_folder(services, project.slug) / name
        if not _NAME.fullmatch(name) or not (folder / _MANIFEST).is_file():
            abort(404, f"Project '{project.slug}' has no export of that name.")
        response = Response(zip_stream(folder), mimetype="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{name}.zip"'
        return response


def exports_folder(services: Services, slug: str) -> Path:
    """Where the exports that were started in the browser lie."""
    return services.workspace.root / "projects" / slug / "exports"


def start_export(services: Services, project: Project, wanted: bodies.NewExport) -> Task:
    """Export in the background to a folder of its own."""
    folder = exports_folder(services, project.slug)
    name = free_name(folder, wanted.formats)
    splits = splits_from_text(wanted.split) if wanted.split.strip() else wanted.splits

    def work(task: Task) -> Mapping[str, Any]:
        report = project.export(
            folder / name,
            formats=wanted.formats,
            task=wanted.task,
            splits=splits,
            seed=wanted.seed,
            images=wanted.images,
            allow_loss=wanted.allow_loss,
            progress=task.progress,
        )
        return {"name": name, "lines": list(report.lines())}

    return services.tasks.start(Task("export", project.slug, title=name), work)


def free_name(folder: Path, formats: list[str]) -> str:
    """A name that tells when and what, and that nothing here carries."""
    safe = "-".join(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") for name in formats)[:60]
    stem = f"{datetime.now():%Y-%m-%d-%H%M%S}-{safe}".rstrip("-")
    name, number = stem, 2
    while (folder / name).exists():
        name, number = f"{stem}-{number}", number + 1
    return name


def exports_of(services: Services, project: Project) -> list[dict[str, Any]]:
    """The finished exports of a project, newest first, with what their manifests say."""
    folder = exports_folder(services, project.slug)
    found = sorted(folder.glob(f"*/{_MANIFEST}"), reverse=True)
    return [_listed(project.slug, path) for path in found if _NAME.fullmatch(path.parent.name)]


def _listed(slug: str, manifest: Path) -> dict[str, Any]:
    said = orjson.loads(manifest.read_bytes())
    name = manifest.parent.name
    return {
        "name": name,
        "formats": said["formats"],
        "task": said["task"],
        "event": said["event"],
        "images": said["images"],
        "annotations": said["annotations"],
        "download": f"/api/v1/projects/{slug}/exports/{name}.zip",
    }
