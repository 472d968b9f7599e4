"""What programs beside the server hand over; only who holds the workspace's key gets this far."""

from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.app.rest import bodies
from datasetbuilder.app.services import Services
from datasetbuilder.model import Image, ImageState
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

    calls = {"create_project": create_project, "add_images": add_images, "apply": apply}

    @api.post("/beside", endpoint="beside")
    def beside() -> Response:
        return jsonify(calls[bodies.read(bodies.Handed).call]())
