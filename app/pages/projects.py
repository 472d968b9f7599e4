"""The first page: every project, and the form that makes a new one.

The form sends its files over plain routes (``assets/projects.js``): uploads are streamed, never
held in a browser store.
"""

from collections.abc import Sequence
from typing import Any

from dash import html

from datasetbuilder.api import Project
from datasetbuilder.app.pages import shell
from datasetbuilder.app.pages.markup import attributes
from datasetbuilder.app.pages.sources import outcome, source_fields, text_field
from datasetbuilder.model import ImageState
from datasetbuilder.projects.store import ProjectInfo

_COVERS = 4


def layout(projects: Sequence[Project], *, may_add: bool) -> html.Div:
    """The projects as cards, with the new-project form above them for who may make one."""
    cards = html.Div([_card(project) for project in projects], className="cards")
    form = [_form(open_at_once=not projects)] if may_add else []
    if not projects and not may_add:
        form = [html.P("You have no role in any project yet; ask an administrator for one.")]
    body = html.Div([_heading(may_add=may_add), *form, cards], className="column wide")
    return shell.page(title="datasetbuilder", content=[body])


def _heading(*, may_add: bool) -> html.Div:
    if not may_add:
        return html.Div([html.H1("Projects")], className="row")
    button = html.Button(
        "New project", className="button primary", **attributes(data_action="new-project")
    )
    return html.Div([html.H1("Projects"), html.Div(className="grow"), button], className="row")


def _card(project: Project) -> html.A:
    info = project.info
    finished = info.states.get(ImageState.DONE, 0) + info.states.get(ImageState.ACCEPTED, 0)
    share = 100 * finished // info.n_images if info.n_images else 0
    return html.A(
        [
            html.Div(_covers(project), className="covers"),
            html.H2(info.name),
            html.Div(html.I(style={"width": f"{share}%"}), className="meter"),
            html.Div(_counts(info, finished), className="dim"),
        ],
        href=f"/p/{info.slug}/images",
        className="card project",
    )


def _covers(project: Project) -> list[Any]:
    pixels = f"/api/v1/projects/{project.slug}/images"
    return [
        html.Img(src=f"{pixels}/{image.id}/pixels/thumb?v={image.sha256[:12]}", alt="")
        for image in project.images(limit=_COVERS)
    ]


def _counts(info: ProjectInfo, finished: int) -> str:
    return f"{finished:,} of {info.n_images:,} images done · {info.n_annotations:,} annotations"


def _form(*, open_at_once: bool) -> html.Form:
    cancel = html.Button(
        "Cancel",
        type="button",
        className="button quiet",
        **attributes(data_action="cancel-project"),
    )
    create = html.Button("Create", type="submit", className="button primary")
    return html.Form(
        [
            html.H2("New project"),
            text_field("project-name", "Name", "Blood cells", required=True),
            text_field(
                "project-labels",
                "Labels",
                "RBC, WBC, Platelets",
                hint="Separated by commas; you can add and rename labels at any time.",
            ),
            source_fields("project"),
            html.Div([create, cancel], className="row"),
            outcome(),
        ],
        id="new-project",
        className="card stack",
        hidden=not open_at_once,
    )
