"""Images that are the same or look alike, side by side; ``assets/duplicates.js`` fills it."""

from dash import html

from datasetbuilder.api import Project
from datasetbuilder.app.pages.explore import frame
from datasetbuilder.app.pages.markup import attributes


def layout(project: Project) -> html.Div:
    """A place for the groups."""
    told = (
        "Each group is one file several times, or pictures that look alike. Dropping skips one "
        "with the reason; a skipped image can be kept again. Splits keep a group on one side."
    )
    content = [
        html.P(told, className="dim"),
        html.Div(id="duplicates", className="stack", **attributes(data_slug=project.slug)),
    ]
    return frame(project, "duplicates", content)
