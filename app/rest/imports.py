"""Annotations of other programs: an upload, or a path below a root, looked at, then stored."""

import re
import shutil
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, jsonify, request

from datasetbuilder.api import Project
from datasetbuilder.app import uploads
from datasetbuilder.app.job_kinds import IMPORT
from datasetbuilder.app.jobs import new_dataset_job
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.services import Services
from datasetbuilder.app.unpacking import unpacked
from datasetbuilder.errors import DataError, WireError
from datasetbuilder.projects.jobs import Job

_UPLOAD = re.compile(r"[0-9a-f]{32}")
_KEPT_SECONDS = 24 * 3600


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.post("/projects/<slug>/imports", endpoint="start_import")
    def start(slug: str) -> tuple[Response, int]:
        project = project_at(services, slug)
        if request.mimetype == "multipart/form-data":
            return jsonify(_take_upload(services, project)), 201
        job = _start(services, project, bodies.read(bodies.NewImport))
        return jsonify({"job": services.jobs.to_wire(job)}), 202


def _start(services: Services, project: Project, wanted: bodies.NewImport) -> Job:
    source = _source(services, project, wanted)
    params = {
        "source": str(source),
        "format": wanted.format,
        "way": wanted.way,
        "set_name": wanted.set or None,
        "new_labels": wanted.new_labels,
        "dry_run": wanted.dry_run,
    }
    title = f"{source.name} (dry run)" if wanted.dry_run else source.name
    job = new_dataset_job(project, IMPORT, params, title=title, author=current_user())
    return services.jobs.start(job.id)


def _source(services: Services, project: Project, wanted: bodies.NewImport) -> Path:
    if bool(wanted.upload) == bool(wanted.path):
        raise WireError("upload", "or path must be given, one of them")
    if wanted.path:
        return _below_a_root(services, wanted.path)
    folder = _uploads(services, project) / wanted.upload
    if not _UPLOAD.fullmatch(wanted.upload) or not folder.is_dir():
        raise DataError("That upload is gone; uploads are kept for a day. Send the file again.")
    found = sorted(folder.iterdir())
    return found[0] if len(found) == 1 else folder


def _below_a_root(services: Services, named: str) -> Path:
    try:
        return services.roots.resolve(named)
    except DataError:  # inside a root, and no folder
        path = Path(named.strip())
    file = services.roots.resolve(str(path.parent)) / path.name
    if file.is_symlink() or not file.is_file():
        raise DataError(f"{named[:200]} is no file or folder.")
    return file


def _take_upload(services: Services, project: Project) -> dict[str, Any]:
    """Keep what was sent for a day, archives unpacked, so that it can be looked at and stored."""
    home = _uploads(services, project)
    home.mkdir(parents=True, exist_ok=True)
    _remove_old(home)
    with services.workspace.library.incoming(project.slug) as staging:
        paths, refused = uploads.received(request, staging)
        if not paths:
            raise WireError("files", "; ".join(one["reason"] for one in refused))
        ready = staging / "ready"
        ready.mkdir()
        for path in paths:
            if path.suffix.lower() == ".zip":
                unpacked(path, ready)
            elif (ready / path.name).exists():
                raise WireError("files", f"hold {path.name} twice")
            else:
                path.rename(ready / path.name)
        name = uuid4().hex
        ready.rename(home / name)
    return {"upload": name, "files": len(paths), "refused": refused}


def _uploads(services: Services, project: Project) -> Path:
    return services.workspace.root / "projects" / project.slug / "imports"


def _remove_old(home: Path) -> None:
    for folder in home.iterdir():
        if time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
