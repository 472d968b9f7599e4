"""The annotate page: the frame around the canvas; ``assets/canvas/`` brings it to life.

The server hands out the frame and the image's number. Everything on it that changes (objects,
labels, film strip, dock) is drawn in the browser from one request per image, so that neither a
gesture nor the next image waits for a callback.
"""

from typing import Any

from dash import dcc, html
from flask import g, has_request_context

from datasetbuilder.api import Project
from datasetbuilder.app import figures, ids
from datasetbuilder.app.pages.shell import attributes, icon, theme_button
from datasetbuilder.app.security.permissions import Permission

TOOLS = (
    ("select", "Select", "V", "pointer"),
    ("box", "Box", "B", "rectangle"),
    ("rotated", "Rotated", "O", "rectangle-rotated"),
    ("polygon", "Polygon", "P", "polygon"),
    ("freehand", "Freehand", "F", "lasso"),
    ("ellipse", "Ellipse", "E", "ellipse"),
    ("polyline", "Line", "L", "line"),
    ("points", "Points", "K", "points"),
    ("brush", "Brush", "M", "brush"),
    ("eraser", "Erase", "X", "eraser"),
    ("cut", "Cut", "G", "cut"),
    ("scribble", "Scribble", "S", "scribble"),
    ("snap", "Snap", "C", "magnet"),
    ("wand", "Wand", "W", "wand"),
    ("mend", "Mend", "R", "scissors"),
)


def layout(project: Project, image_id: int) -> html.Div:
    """The page of one image.

    Raises
    ------
    UnknownName
        If the project has no such image.
    """
    image = project.image(image_id)
    top = _top_line(project.slug, project.info.name, image.name)
    return html.Div(
        [top, _rail(), stage(), _pane(), _film()],
        id=ids.ANNOTATE,
        className="annotate",
        **attributes(data_slug=project.slug, data_image=str(image_id), **about_person()),
    )


def about_person() -> dict[str, str]:
    """Who looks at the page, for its comments; nobody outside of a request."""
    if not has_request_context() or "member" not in g:
        return {}
    reviewer = "yes" if g.member.may(Permission.REVIEW) else "no"
    return {"data_user": g.caller.user, "data_reviewer": reviewer}


def _top_line(slug: str, project: str, name: str) -> html.Header:
    crumbs = [
        html.A("Projects", href="/"),
        html.Span("›"),
        html.A(project, id="annotate-project", href=f"/p/{slug}/images"),
        html.Span("›"),
        html.Span(name, id="annotate-name", className="here"),
    ]
    return html.Header(
        [
            html.Nav(crumbs, className="crumbs", **attributes(aria_label="Where you are")),
            html.Div(
                html.I(id="annotate-meter"), className="meter", **attributes(aria_hidden="true")
            ),
            html.Span(id="annotate-progress", className="dim progress-words"),
            html.Span(id="annotate-verdict", className="verdict", role="status", hidden=True),
            html.Div(className="grow"),
            save_state(),
            html.Button(
                id="annotate-waiting",
                className="button waiting",
                title="Answer what waits (N)",
                hidden=True,
                **attributes(data_do="settle"),
            ),
            html.Span(id="annotate-present", className="presents", role="status", hidden=True),
            html.Div([_undo(), _redo(), _past()], className="pair"),
            html.A(
                "Guide",
                href=f"/p/{slug}/guide",
                target="_blank",
                className="button quiet",
                title="The instructions of this project, in another tab",
            ),
            theme_button(),
            _keys_button(),
            html.Button(
                ["Done & next ", html.Kbd("Ctrl ⏎")],
                className="button primary",
                title="The image is done: mark it and go on (Ctrl+Enter)",
                **attributes(data_do="done"),
            ),
        ],
        className="top-line",
    )


def save_state() -> html.Span:
    """Whether everything is stored."""
    return html.Span(
        "saved",
        id=ids.SAVE_STATE,
        role="status",
        **attributes(data_state="saved", aria_live="polite"),
    )


def _undo() -> html.Button:
    return _action("undo", "Undo (Ctrl+Z)", "arrow-back-up")


def _redo() -> html.Button:
    return _action("redo", "Redo (Ctrl+Shift+Z)", "arrow-forward-up")


def _past() -> html.Button:
    return _action("past", "History of this image (Y)", "history")


def _action(action: str, words: str, picture: str) -> html.Button:
    return html.Button(
        icon(picture),
        className="button quiet",
        title=words,
        **attributes(data_do=action, aria_label=words),
    )


def _keys_button() -> html.Button:
    return html.Button(
        [icon("keyboard"), "keys ", html.Kbd("?")],
        className="button quiet with-icon",
        title="All keys (?)",
        **attributes(data_do="help"),
    )


def _rail() -> html.Nav:
    buttons = [
        html.Button(
            [icon(picture), html.Small(words), html.Kbd(key)],
            title=f"{words} ({key})",
            **attributes(data_tool=tool, aria_pressed="false"),
        )
        for tool, words, key, picture in TOOLS
    ]
    return html.Nav(buttons, className="tools", **attributes(aria_label="Tools"))


def stage(*over: Any) -> html.Main:
    """The drawing surface with what floats over it."""
    graph = dcc.Graph(
        id=ids.CANVAS,
        figure=figures.empty_canvas(),
        # Not staticPlot: plotly would turn every picture into a base64 PNG.
        config={"displayModeBar": False, "showSendToCloud": False, "doubleClick": False},
        responsive=True,
        className="canvas",
    )
    return html.Main(
        [
            graph,
            html.Button(
                "100 %",
                id="annotate-zoom",
                className="corner left",
                title="View: zoom, window, contrast (Shift+V)",
                **attributes(data_do="look", aria_expanded="false", aria_controls="annotate-view"),
            ),
            html.Div(
                id="annotate-view",
                className="view-sheet",
                role="region",
                hidden=True,
                **attributes(aria_label="View"),
            ),
            html.Div(id="annotate-pointer", className="corner right", hidden=True),
            html.Div(id="annotate-map", className="minimap", hidden=True),
            html.Div(id="annotate-compare", className="compare-line", hidden=True),
            html.Div(id="annotate-hint", className="hint", role="status", hidden=True),
            html.Div(
                id="annotate-login",
                className="login-sheet",
                role="dialog",
                hidden=True,
                **attributes(aria_labelledby="login-title"),
            ),
            html.Div(id="annotate-dock", className="dock", role="toolbar", hidden=True),
            html.Div(
                id="annotate-skip",
                className="skip",
                role="dialog",
                hidden=True,
                **attributes(aria_label="Skip this image"),
            ),
            html.Div(id="annotate-keys", className="keys-sheet", hidden=True),
            *over,
        ],
        className="stage",
    )


def _pane() -> html.Aside:
    return html.Aside(
        [
            settle(),
            html.Div(
                id="annotate-measure",
                className="measure",
                role="region",
                hidden=True,
                **attributes(aria_label="Profile under the line"),
            ),
            html.H3("Labels"),
            html.Div(id="annotate-labels", className="labels"),
            html.Div(id="annotate-groups", className="groups", hidden=True),
            html.Div(
                id="annotate-asking",
                className="asking",
                role="region",
                hidden=True,
                **attributes(aria_label="Attributes of the selection"),
            ),
            html.Details(id="annotate-numbers", className="numbers", hidden=True),
            *comments(),
            html.H3(["Objects ", html.Span(id="annotate-count")]),
            html.Div(id="annotate-objects", className="objects"),
            past(),
        ],
        className="side",
        **attributes(aria_label="Labels and objects"),
    )


def settle() -> html.Div:
    """Where conflicts and refusals are answered."""
    return html.Div(
        id="annotate-settle",
        className="settle",
        role="region",
        hidden=True,
        **attributes(aria_label="What waits for an answer"),
    )


def comments() -> list[Any]:
    """The comments beside the image."""
    add = html.Button(
        ["Comment ", html.Kbd("U")],
        className="button quiet",
        title="Comment on the selection, or on a place (U)",
        **attributes(data_do="remark"),
    )
    head = html.H3(["Comments ", html.Span(id="annotate-comment-count"), add], className="said")
    place = html.Div(id="annotate-comments", className="comments", role="region")
    return [head, place]


def past() -> html.Div:
    """The history over the pane."""
    return html.Div(
        id="annotate-past",
        className="past",
        role="region",
        hidden=True,
        **attributes(aria_label="History of this image"),
    )


def _film() -> html.Footer:
    return html.Footer(
        html.Div(id="annotate-film", className="film", tabIndex="-1"),
        **attributes(aria_label="Images of the project"),
    )
