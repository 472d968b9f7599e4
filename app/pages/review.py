"""The review page: what waits for a reviewer, one image after the other.

It is the stage of the annotate page with other panes; ``assets/canvas/89_reviewing.js`` shows the
images that wait, takes the verdicts and opens the annotate page for whoever mends it themselves.
"""

from typing import Any

from dash import html

from datasetbuilder.api import Project
from datasetbuilder.app import ids
from datasetbuilder.app.pages import annotate
from datasetbuilder.app.pages.shell import attributes, icon, theme_button


def layout(project: Project, image_id: int = 0) -> html.Div:
    """The page; without an image it opens the first that waits.

    Raises
    ------
    UnknownName
        If the project has no such image.
    """
    if image_id:
        project.image(image_id)
    return html.Div(
        [_top_line(project), _stage(project.slug), _pane(), _strip()],
        id=ids.ANNOTATE,
        className="annotate review",
        **attributes(
            data_slug=project.slug,
            data_image=str(image_id),
            data_mode="review",
            data_tool="look",
            **annotate.about_person(),
        ),
    )


def _top_line(project: Project) -> html.Header:
    crumbs = [
        html.A("Projects", href="/"),
        html.Span("›"),
        html.A(project.info.name, id="annotate-project", href=f"/p/{project.slug}/images"),
        html.Span("›"),
        html.Span("Review", className="dim"),
        html.Span("›"),
        html.Span("", id="annotate-name", className="here"),
    ]
    return html.Header(
        [
            html.Nav(crumbs, className="crumbs", **attributes(aria_label="Where you are")),
            html.Div(
                html.I(id="annotate-meter"), className="meter", **attributes(aria_hidden="true")
            ),
            html.Span(id="annotate-progress", className="dim progress-words", hidden=True),
            html.Span(id="review-count", className="dim progress-words", role="status"),
            html.Span(id="annotate-verdict", className="verdict", role="status", hidden=True),
            html.Div(className="grow"),
            annotate.save_state(),
            html.Button(
                id="annotate-waiting",
                className="button waiting",
                hidden=True,
                **attributes(data_do="settle"),
            ),
            html.Span(id="annotate-present", className="presents", role="status", hidden=True),
            html.Div(
                [
                    _icon_button(
                        "takeBack", "Take the last verdict back (Ctrl+Z)", "arrow-back-up"
                    ),
                    _icon_button("redo", "Redo", "arrow-forward-up", hidden=True),
                    _icon_button("undo", "Undo", "arrow-back-up", hidden=True),
                    _icon_button("past", "History of this image (Y)", "history"),
                ],
                className="pair",
            ),
            theme_button(),
            html.Button(
                [icon("keyboard"), "keys ", html.Kbd("?")],
                className="button quiet with-icon",
                title="All keys (?)",
                **attributes(data_do="reviewKeys"),
            ),
        ],
        className="top-line",
    )


def _icon_button(action: str, words: str, picture: str, *, hidden: bool = False) -> html.Button:
    return html.Button(
        icon(picture),
        className="button quiet",
        title=words,
        hidden=hidden,
        **attributes(data_do=action, aria_label=words),
    )


def _stage(slug: str) -> Any:
    empty = html.Div(
        [
            html.H2("Nothing waits for a review"),
            html.P(
                "An image comes here when an annotator says that it is done (Ctrl+Enter on the "
                "annotate page). What is drawn for a review is set on the Work page."
            ),
            html.P(html.A("Back to the images", href=f"/p/{slug}/images", className="button")),
        ],
        id="review-empty",
        className="review-empty",
        hidden=True,
    )
    return annotate.stage(empty)


def _pane() -> html.Aside:
    return html.Aside(
        [
            annotate.settle(),
            html.Div(id="review-card", className="review-card"),
            html.Div(id="review-changes", className="review-changes", hidden=True),
            *annotate.comments(),
            html.H3(["Objects ", html.Span(id="annotate-count")]),
            html.Div(id="annotate-objects", className="objects"),
            annotate.past(),
        ],
        className="side",
        **attributes(aria_label="What the review says"),
    )


def _strip() -> html.Footer:
    return html.Footer(
        html.Div(id="review-strip", className="review-strip"),
        **attributes(aria_label="Images that wait for a review"),
    )
