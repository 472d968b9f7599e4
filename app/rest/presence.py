"""Who else is on an image; a page says every few seconds that it is there."""

from flask import Blueprint, Response, jsonify

from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import image_at, project_at
from datasetbuilder.app.rest.sight import sets_shown
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.services import Services


def register(api: Blueprint, services: Services) -> None:
    """Add the route."""

    @api.post("/projects/<slug>/images/<int:image_id>/presence", endpoint="presence")
    def note(slug: str, image_id: int) -> Response:
        project = project_at(services, slug)
        image_at(project, image_id)
        body = bodies.read(bodies.Presence)
        if body.leaving:
            project.leave(body.client)
            return jsonify({"others": []})
        found = project.note_presence(
            image_id,
            client=body.client,
            author=current_user(),
            doing=body.doing,
            set_name=sets_shown(project)[0],
        )
        others = [
            {
                "client": one.client,
                "author": one.author,
                "since": one.since.isoformat(),
                "doing": one.doing,
            }
            for one in found
        ]
        return jsonify({"others": others})
