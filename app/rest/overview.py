"""The overview of a project: how far it is, and what people did, as JSON or as a table."""

from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from datasetbuilder.app.agreement_wire import rows_to_wire
from datasetbuilder.app.overview import Overview, overview
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.services import Services
from datasetbuilder.errors import WireError
from datasetbuilder.exporters.measurements import csv_text, parquet_bytes

_FORMATS = ("json", "csv", "parquet")


def register(api: Blueprint, services: Services) -> None:
    """Add the route."""

    @api.get("/projects/<slug>/overview", endpoint="overview")
    def show_overview(slug: str) -> Response:
        wanted = request.args.get("format", "json")
        if wanted not in _FORMATS:
            raise WireError("format", f"must be one of {', '.join(_FORMATS)}")
        found = overview(project_at(services, slug), g.member)
        if wanted == "json":
            return jsonify(overview_to_wire(found))
        days = found.activity.days
        data = csv_text(days) if wanted == "csv" else parquet_bytes(days)
        kind = "text/csv" if wanted == "csv" else "application/vnd.apache.parquet"
        response = Response(data, mimetype=kind)
        name = f"{slug}-activity.{wanted}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def overview_to_wire(found: Overview) -> dict[str, Any]:
    """The numbers as JSON."""
    end = found.forecast
    return {
        "states": {state.value: n for state, n in found.states.items()},
        "labels": [{"id": one.id, "name": one.name, "count": n} for one, n in found.labels],
        "days": rows_to_wire(found.activity.days),
        "people": rows_to_wire(found.activity.people),
        "tools": rows_to_wire(found.activity.tools),
        "gold": [{"person": who, "day": day, "score": score} for who, day, score in found.scores],
        "forecast": end
        and {"open": end.open, "per_day": end.per_day, "end": end.end and end.end.isoformat()},
    }
