"""Who is to do what by when, what of it is reviewed; ``assets/work.js`` fills and changes it."""

from dash import html

from datasetbuilder.api import Project
from datasetbuilder.app.pages import shell
from datasetbuilder.app.pages.markup import attributes


def layout(project: Project) -> html.Div:
    """Places for what the script brings."""
    body = html.Div(
        [
            html.H1("Work"),
            html.Div(id="work-notice", role="alert"),
            html.Div(id="work", className="stack", **attributes(data_slug=project.slug)),
        ],
        className="column",
    )
    return shell.page(
        title="Work", slug=project.slug, project=project.info.name, here="work", content=[body]
    )
