"""What programs beside the server hand over; only who holds the workspace's key gets this far."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.app.jobs import job_of, new_export_job, new_images_job, new_previews_job
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.services import Services
from datasetbuilder.model import Image, ImageState
from datasetbuilder.projects.jobs import Job
from datasetbuilder.wire import operation_from_wire, result_to_wire


def register(api: Blueprint, services: Services) -> None:
    """Add the route."""
    store = services.workspace.store

    def create_project() -> dict[str, Any]:
        body = bodies.read(bodies.HandedProject)
        labels = [(label.name, label.color) for label in body.labels]
        return {"slug": store.create_project(body.name, labels=labels, author=body.author).slug}

    def add_images() -> dict[str, Any]:
        body = bodies.read(bodies.HandedImages)
        rows = [
            Image(**{**row.model_dump(), "state": ImageState(row.state)}) for row in body.images
        ]
        added = store.add_images(body.project, rows, author=body.author)
        return {"ids": [image.id for image in added]}

    def apply() -> dict[str, Any]:
        body = bodies.read(bodies.HandedOperations)
        operations = [
            operation_from_wire(item, f"operations[{index}]")
            for index, item in enumerate(body.operations)
        ]
        results = store.apply(body.project, operations, author=body.author, client=body.client)
        return {"results": [result_to_wire(result) for result in results]}

    calls = {
        "create_project": create_project,
        "add_images": add_images,
        "apply": apply,
        **_calls_about_jobs(services),
    }

    @api.post("/beside", endpoint="beside")
    def beside() -> Response:
        return jsonify(calls[bodies.read(bodies.Handed).call]())


def _calls_about_jobs(services: Services) -> Mapping[str, Callable[[], dict[str, Any]]]:
    """Long work that a command hands over; whoever has the key may read and write where it says."""

    def start_intake() -> dict[str, Any]:
        body = bodies.read(bodies.HandedIntake)
        project = services.workspace.project(body.project)
        sources = [Path(source) for source in body.sources]
        return started(new_images_job(project, sources, copy=body.copy_files, author=body.author))

    def start_export() -> dict[str, Any]:
        body = bodies.read(bodies.HandedExport)
        project = services.workspace.project(body.project)
        options = body.options.model_dump()
        return started(new_export_job(project, Path(body.folder), options, author=body.author))

    def start_previews() -> dict[str, Any]:
        body = bodies.read(bodies.HandedPreviews)
        project = services.workspace.project(body.project)
        return started(new_previews_job(project, author=body.author))

    def started(job: Job) -> dict[str, Any]:
        return {"job": services.jobs.to_wire(services.jobs.start(job.id))}

    def show() -> dict[str, Any]:
        body = bodies.read(bodies.HandedJob)
        return {"job": services.jobs.to_wire(job_of(services.workspace, body.project, body.job))}

    def resume() -> dict[str, Any]:
        body = bodies.read(bodies.HandedJob)
        return started(job_of(services.workspace, body.project, body.job))

    def cancel() -> dict[str, Any]:
        body = bodies.read(bodies.HandedJob)
        services.jobs.cancel(job_of(services.workspace, body.project, body.job).id)
        return show()

    return {
        "start_intake": start_intake,
        "start_export": start_export,
        "start_previews": start_previews,
        "job": show,
        "resume_job": resume,
        "cancel_job": cancel,
    }
