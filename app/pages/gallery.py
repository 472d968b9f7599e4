"""The images of a project as tiles; ``assets/gallery.js`` keeps only those in sight."""

from dash import html

from datasetbuilder.api import Project
from datasetbuilder.app.pages import shell
from datasetbuilder.app.pages.markup import attributes
from datasetbuilder.app.pages.sources import outcome, source_fields


def layout(project: Project) -> html.Div:
    """Filters, the form that adds images, and the tiles."""
    info = project.info
    body = html.Div(
        [
            html.Div(id="gallery-filters", className="filters"),
            _add_form(project.slug),
            html.Div(id="gallery", tabIndex="0", **attributes(data_slug=project.slug)),
        ],
        className="gallery-page",
    )
    add = html.Button("Add images", className="button", **attributes(data_action="add-images"))
    start = html.A(
        "Start labelling", href=f"/p/{project.slug}/annotate/next", className="button primary"
    )
    return shell.page(
        title="Images",
        slug=project.slug,
        project=info.name,
        here="images",
        extras=[add, start] if info.n_images else [add],
        content=[body],
    )


def _add_form(slug: str) -> html.Form:
    send = html.Button("Add", type="submit", className="button primary")
    return html.Form(
        [source_fields("add"), html.Div(send, className="row"), outcome()],
        id="add-images",
        className="card stack",
        hidden=True,
        **attributes(data_slug=slug),
    )
