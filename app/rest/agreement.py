"""Rounds of raters, how far they agree, and settling what they saw differently."""

from typing import Any

from flask import Blueprint, Response, jsonify

from datasetbuilder.api import Project
from datasetbuilder.app import overlay
from datasetbuilder.app.agreement_wire import agreement_to_wire, is_quick
from datasetbuilder.app.job_kinds import AGREEMENT
from datasetbuilder.app.jobs import new_dataset_job
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.security.permissions import Role
from datasetbuilder.app.services import Services
from datasetbuilder.errors import WireError
from datasetbuilder.insight.agreement import Finding, against, disagreement
from datasetbuilder.model import Annotation, Image, ImageState
from datasetbuilder.projects.store import Deal, Round
from datasetbuilder.wire import image_to_wire, result_to_wire

_PLACE = "/projects/<slug>/images/<int:image_id>"


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""
    _register_rounds(api, services)
    _register_settling(api, services)
    _register_gold(api, services)


def _register_rounds(api: Blueprint, services: Services) -> None:
    @api.get("/projects/<slug>/rounds", endpoint="rounds")
    def list_rounds(slug: str) -> Response:
        return jsonify(_rounds(project_at(services, slug)))

    @api.post("/projects/<slug>/rounds", endpoint="start_round")
    def start_round(slug: str) -> Response:
        project = project_at(services, slug)
        body = bodies.read(bodies.NewRound)
        for user in body.raters:
            role = services.access.role(user, slug)
            if role is not Role.ANNOTATOR:
                raise WireError("raters", f"{user[:100]} is no annotator of this project")
        state = None if body.state is None else ImageState(body.state)
        deal = Deal(
            body.name, body.raters, body.per_image, body.first, body.last, state, body.images
        )
        made = project.start_round(deal, author=current_user())
        return jsonify({"round": _round_to_wire(made), **_rounds(project)})

    @api.delete("/projects/<slug>/rounds/<int:number>", endpoint="close_round")
    def close_round(slug: str, number: int) -> Response:
        project = project_at(services, slug)
        project.close_round(min(number, 2**53))
        return jsonify(_rounds(project))

    @api.post("/projects/<slug>/agreement", endpoint="agreement")
    def compare(slug: str) -> tuple[Response, int]:
        project = project_at(services, slug)
        body = bodies.read(bodies.AskedAgreement)
        if is_quick(project, body.round):
            found = project.agreement(round=body.round, threshold=body.threshold)
            return jsonify({"agreement": agreement_to_wire(found)}), 200
        params = {"round": body.round, "threshold": body.threshold}
        title = "all rounds" if body.round is None else f"round {body.round}"
        job = new_dataset_job(project, AGREEMENT, params, title=title, author=current_user())
        return jsonify({"job": services.jobs.to_wire(services.jobs.start(job.id))}), 202


def _register_settling(api: Blueprint, services: Services) -> None:
    @api.get(f"{_PLACE}/findings", endpoint="findings")
    def show_findings(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        return jsonify(_findings(project, image))

    @api.get(f"{_PLACE}/disagreement", endpoint="disagreement")
    def show_disagreement(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        seen = project.comparison(image.id)
        share = disagreement(image, seen.rated)
        response = Response(overlay.png(share), mimetype="image/png")
        response.headers["Cache-Control"] = "private, no-cache"
        return response

    @api.post(f"{_PLACE}/consensus", endpoint="adjudicate")
    def adjudicate(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        body = bodies.read(bodies.Consensus)
        before = project.info.seq
        results = project.adjudicate(
            image.id, body.uids, into=body.into, author=current_user(), name=body.name
        )
        told = [result_to_wire(one) for one in results]
        return jsonify({"results": told, "before": before, **_findings(project, image)})

    @api.delete(f"{_PLACE}/consensus", endpoint="undo_consensus")
    def undo_consensus(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image = image_at(project, image_id)
        body = bodies.read(bodies.UndoneConsensus)
        results = project.restore(image.id, at=body.seq, author=current_user(), sets=(body.into,))
        told = [result_to_wire(one) for one in results]
        return jsonify({"results": told, **_findings(project, image)})


def _register_gold(api: Blueprint, services: Services) -> None:
    @api.get("/projects/<slug>/gold", endpoint="gold")
    def show_gold(slug: str) -> Response:
        project = project_at(services, slug)
        return jsonify(_gold(project))

    @api.put(f"{_PLACE}/gold", endpoint="add_gold")
    def add_gold(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        project.add_gold(image_at(project, image_id).id, author=current_user())
        return jsonify(_gold(project))

    @api.delete(f"{_PLACE}/gold", endpoint="remove_gold")
    def remove_gold(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        project.remove_gold(image_at(project, image_id).id)
        return jsonify(_gold(project))


# --- wire -------------------------------------------------------------------------------------


def _rounds(project: Project) -> dict[str, Any]:
    return {"rounds": [_round_to_wire(one) for one in project.rounds()]}


def _round_to_wire(one: Round) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "author": one.author,
        "created": one.created_at.isoformat(),
        "closed": one.closed_at and one.closed_at.isoformat(),
        "images": one.images,
        "raters": [{"user": p.user, "images": p.images, "done": p.done} for p in one.raters],
    }


def _findings(project: Project, image: Image) -> dict[str, Any]:
    seen = project.comparison(image.id)
    names = {label.id: label for label in project.labels(deleted=True)}
    settled = project.annotations(image.id, sets=("consensus",))
    return {
        "image": image_to_wire(image),
        "raters": list(seen.raters),
        "labels": {str(n): {"name": one.name, "color": one.color} for n, one in names.items()},
        "findings": [_finding_to_wire(one) for one in (*seen.findings(), *seen.tag_findings())],
        "consensus": [_object_to_wire("", one) for one in settled],
    }


def _finding_to_wire(found: Finding) -> dict[str, Any]:
    return {
        "objects": [_object_to_wire(rater, one) for rater, one in found.objects],
        "typical": found.typical.uid,
        "majority": found.is_majority,
        "agreed": found.is_agreed,
        "iou": found.iou,
        "missed": list(found.missed),
    }


def _object_to_wire(rater: str, one: Annotation) -> dict[str, Any]:
    return {
        "rater": rater,
        "uid": one.uid,
        "label": one.label,
        "kind": one.kind.value,
        "lines": overlay.lines(one.geometry),
    }


def _gold(project: Project) -> dict[str, Any]:
    """Which images are gold, and how each rater fared, in the order of time."""
    found = [
        {
            "image": one.image.id,
            "user": one.user,
            "at": one.done_at.isoformat(),
            "score": against(one.image, one.drawn, one.answer),
        }
        for one in project.trials()
    ]
    return {"images": project.gold_images(), "trials": found}
