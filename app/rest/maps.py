"""Maps of objects and images, and groups of images that are alike."""

from typing import Any

import numpy as np
from flask import Blueprint, Response, jsonify, request

from datasetbuilder.api import Project
from datasetbuilder.app import job_kinds, tables
from datasetbuilder.app.explore_jobs import map_name
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.rest.explore import running_job, start_once
from datasetbuilder.app.rest.sight import images_shown, sets_shown
from datasetbuilder.app.services import Services
from datasetbuilder.errors import DataError, WireError
from datasetbuilder.insight.duplicates import duplicate_groups
from datasetbuilder.insight.maps import methods
from datasetbuilder.model import Image
from datasetbuilder.wire import image_to_wire

WHATS = ("objects", "images")
_MOST_GROUPS = 500
_BLOCK = 1000


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects/<slug>/map", endpoint="map")
    def show_map(slug: str) -> Response:
        project = project_at(services, slug)
        what, method = asked_map()
        shown = sets_shown(project)
        kept = tables.newest(project, map_name(what, method), shown)
        wanted = {"sets": list(shown), "what": what, "method": method}
        running = running_job(project, job_kinds.MAP, wanted)
        return jsonify(
            {
                "table": None if kept is None else {"seq": kept.seq, **kept.about},
                "seq": project.info.seq,
                "job": None if running is None else services.jobs.to_wire(running),
            }
        )

    @api.post("/projects/<slug>/map", endpoint="draw_map")
    def draw_map(slug: str) -> tuple[Response, int]:
        project = project_at(services, slug)
        what, method = asked_map()
        job = start_once(
            services, project, job_kinds.MAP, f"{what} by {method}", what=what, method=method
        )
        return jsonify({"job": services.jobs.to_wire(job)}), 202

    @api.get("/projects/<slug>/map/points", endpoint="map_points")
    def show_points(slug: str) -> Response:
        project = project_at(services, slug)
        kept = tables.newest(project, map_name(*asked_map()), sets_shown(project))
        if kept is None:
            raise DataError("This map is not drawn yet; choose Draw on the explore page.")
        return jsonify(_points(kept.table()))

    @api.get("/projects/<slug>/duplicates", endpoint="duplicates")
    def show_duplicates(slug: str) -> Response:
        project = project_at(services, slug)
        groups = duplicate_groups(project.images())
        listed = groups[:_MOST_GROUPS]
        told = _told(project, [image for one in listed for image in one.images])
        shown = [
            {"exact": one.exact, "images": [told[image.id] for image in one.images]}
            for one in listed
        ]
        return jsonify({"groups": shown, "n": len(groups)})


def asked_map() -> tuple[str, str]:
    """Which map the address asks for.

    Raises
    ------
    WireError
        If it is none that can be drawn here.
    """
    what = request.args.get("what", WHATS[0])
    method = request.args.get("method", methods()[0])
    if what not in WHATS:
        raise WireError("what", f"must be one of {', '.join(WHATS)}")
    if method not in methods():
        raise WireError("method", f"must be one of {', '.join(methods())}")
    return what, method


def _told(project: Project, images: list[Image]) -> dict[int, Any]:
    """Images as JSON by id, with the counts and states of what the caller sees."""
    shown = sets_shown(project)
    return {
        one.id: image_to_wire(one)
        for start in range(0, len(images), _BLOCK)
        for one in images_shown(project, images[start : start + _BLOCK], shown)
    }


def _points(table: Any) -> dict[str, Any]:
    columns = {name: table[name] for name in table.columns}
    return {
        "n": len(table),
        "values": {
            name: np.round(values.to_numpy(float), 5).tolist()
            if values.dtype.kind == "f"
            else values.tolist()
            for name, values in columns.items()
        },
    }
