"""The jobs of a project; ``assets/jobs.js`` shows how far they are, stops and resumes them."""

from dash import html

from datasetbuilder.api import Project
from datasetbuilder.app.pages import shell
from datasetbuilder.app.pages.markup import attributes


def layout(project: Project, *, may_manage: bool = True) -> html.Div:
    """A place for what the script brings."""
    told = (
        "Images taken in from folders, previews, imports and exports. A job that was stopped, or "
        "whose server ended, goes on where it stood."
    )
    body = html.Div(
        [
            html.H1("Jobs"),
            html.P(told, className="dim"),
            html.Div(id="job-notice", role="alert"),
            *([_previews_button()] if may_manage else []),
            html.Div(id="jobs", className="card", **attributes(data_slug=project.slug)),
        ],
        className="column",
    )
    return shell.page(
        title="Jobs", slug=project.slug, project=project.info.name, here="jobs", content=[body]
    )


def _previews_button() -> html.Div:
    told = "They are made as images come in; those that were lost are made again."
    button = html.Button("Make missing previews", id="make-previews", className="button")
    return html.Div([button, html.Span(told, className="dim")], className="row")
