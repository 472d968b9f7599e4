"""Rounds, how far raters agree, and settling; ``assets/agreement.js`` fills and changes it."""

from dash import html

from datasetbuilder.api import Project
from datasetbuilder.app.pages import shell
from datasetbuilder.app.pages.markup import attributes


def layout(project: Project) -> html.Div:
    """Places for what the scripts bring."""
    told = (
        "Several annotators label the same images without seeing each other. What they drew is "
        "compared, and where they differ you settle it."
    )
    body = html.Div(
        [
            html.H1("Rounds"),
            html.P(told, className="dim"),
            html.Div(id="agreement", className="stack", **attributes(data_slug=project.slug)),
        ],
        className="column wide",
    )
    return shell.page(
        title="Rounds",
        slug=project.slug,
        project=project.info.name,
        here="agreement",
        content=[body],
    )
