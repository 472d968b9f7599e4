"""What waits for a reviewer, what is known of one image, and the rule by which it is drawn."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.rest.images import number_argument
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.services import Services
from datasetbuilder.projects.agreed import REVIEW
from datasetbuilder.projects.store import Due, Finished, Verdict
from datasetbuilder.wire import image_to_wire

_MOST = 1000


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""

    @api.get("/projects/<slug>/review", endpoint="reviews")
    def list_waiting(slug: str) -> Response:
        project = project_at(services, slug)
        limit = number_argument("limit", 200, least=1, most=_MOST) or 1
        after = number_argument("after", 0) or 0
        found = project.waiting_reviews(current_user(), after=after, limit=limit)
        following = found[-1].image.id if len(found) == limit else None
        images = [_due_to_wire(one) for one in found]
        return jsonify({"images": images, "next": following, "rule": _rule(project)})

    @api.get("/projects/<slug>/images/<int:image_id>/review", endpoint="review")
    def show_review(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image_at(project, image_id)
        verdict = project.last_verdict(image_id)
        finished = _finished_to_wire(project.finished(image_id))
        return jsonify({**finished, "verdict": verdict and _verdict_to_wire(verdict)})

    @api.get("/projects/<slug>/review/rule", endpoint="review_rule")
    def show_rule(slug: str) -> Response:
        return jsonify(_rule(project_at(services, slug)))

    @api.put("/projects/<slug>/review/rule", endpoint="set_review_rule")
    def set_rule(slug: str) -> Response:
        project = project_at(services, slug)
        rule = bodies.read(bodies.Rule).model_dump()
        project.set_settings({REVIEW: rule}, author=current_user(), tool="review")
        return jsonify(_rule(project))


def _rule(project: Project) -> dict[str, Any]:
    return dict(project.review_rule().to_wire())


def _due_to_wire(due: Due) -> dict[str, Any]:
    about = {**_finished_to_wire(due.finished), "reason": due.reason}
    return {**image_to_wire(due.image), **about}


def _finished_to_wire(found: Finished) -> dict[str, Any]:
    return {
        "done_by": found.by,
        "done_at": _moment(found.at),
        "accepted_by": found.accepted_by,
        "accepted_at": _moment(found.accepted_at),
        "seconded_by": found.seconded_by,
    }


def _verdict_to_wire(verdict: Verdict) -> dict[str, Any]:
    return {
        "seq": verdict.seq,
        "by": verdict.by,
        "at": verdict.at.isoformat(),
        "state": verdict.state.value,
        "comment": verdict.comment,
    }


def _moment(at: datetime | None) -> str | None:
    return at and at.isoformat()
