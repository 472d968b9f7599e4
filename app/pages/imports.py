"""Importing annotations; ``assets/import.js`` sends the file, shows the dry run, then stores it."""

from typing import Any

from dash import dcc, html

from datasetbuilder.api import Project
from datasetbuilder.app.pages import shell
from datasetbuilder.app.pages.markup import attributes
from datasetbuilder.exporters.reading import READERS


def layout(project: Project) -> html.Div:
    """The form and the place for what was found."""
    told = (
        "Annotations that another program made, for images that are in the project. They are "
        "looked at first; nothing is stored until you say so."
    )
    body = html.Div(
        [html.H1("Import"), html.P(told, className="dim"), _form(project)], className="column"
    )
    return shell.page(
        title="Import", slug=project.slug, project=project.info.name, here="import", content=[body]
    )


def _form(project: Project) -> html.Div:
    formats = [("auto", "auto: look at the content"), *((name, name) for name in READERS)]
    ways = [("annotations", "Annotations (the truth)"), ("prelabels", "Prelabels, with scores")]
    labels = [("create", "Create labels that are missing"), ("refuse", "Refuse unknown labels")]
    field = dcc.Input(
        id="import-path", className="input", placeholder="/data/labels", autoComplete="off"
    )
    return html.Div(
        [
            html.Div(
                [
                    _labelled("File or zip", "import-file", html.Span(id="import-file")),
                    _labelled("Or a path that the server may read", "import-path", field),
                    _chosen("Format", "import-format", formats),
                    _chosen("As", "import-way", ways),
                    _chosen("Labels", "import-labels", labels),
                ],
                className="choices",
            ),
            html.Div(
                [
                    html.Button("Look at it", id="import-look", className="button primary"),
                    html.Button("Import", id="import-store", className="button", disabled=True),
                ],
                className="row",
            ),
            html.Div(id="import-outcome", className="outcome", role="status"),
        ],
        id="import",
        className="card stack",
        **attributes(data_slug=project.slug),
    )


def _chosen(caption: str, key: str, pairs: list[tuple[str, str]]) -> html.Div:
    options = [html.Option(label, value=value) for value, label in pairs]
    return _labelled(caption, key, html.Select(options, id=key, className="input"))


def _labelled(caption: str, key: str, control: Any) -> html.Div:
    return html.Div([html.Label(caption, htmlFor=key), control], className="field")
