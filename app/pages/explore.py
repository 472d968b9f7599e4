"""Exploring a project: the table of all objects, and the frame that its other views share.

::

    objects of the cache ─► on_rows handler (narrowed, sorted, one page) ─► grid
    grid filter ─► assets/explore.js ─► CSV, Parquet, gallery of the images
    measure button ─► assets/explore_jobs.js ─► POST …/objects ─► progress ─► grid anew
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update
from flask import g

from datasetbuilder.api import Project
from datasetbuilder.app import explore_jobs, ids, tables
from datasetbuilder.app.object_rows import narrowed, ordered, rows_to_wire
from datasetbuilder.app.pages import shell
from datasetbuilder.app.pages.markup import attributes
from datasetbuilder.app.rest.sight import sets_shown
from datasetbuilder.app.security.access import authorised
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.app.services import Services

VIEWS = (
    ("", "Objects"),
    ("statistics", "Statistics"),
    ("map", "Map"),
    ("duplicates", "Duplicates"),
)
LIBRARIES = ("dash_ag_grid",)
_PAGE = 200
_RANGES = ["greaterThanOrEqual", "lessThanOrEqual", "inRange", "equals", "blank", "notBlank"]
_WORDS = (
    ("image", "Image", 190),
    ("label", "Label", 110),
    ("kind", "Kind", 90),
)
_NUMBERS = (
    ("area", "Area"),
    ("width", "Width"),
    ("height", "Height"),
    ("perimeter", "Perimeter"),
    ("eccentricity", "Eccentricity"),
    ("orientation", "Orientation"),
    ("axis_major_length", "Major axis"),
    ("axis_minor_length", "Minor axis"),
    ("equivalent_diameter", "Diameter"),
    ("extent", "Extent"),
    ("euler_number", "Euler"),
    ("length", "Length"),
    ("centroid_x", "Centre x"),
    ("centroid_y", "Centre y"),
)
_ORIGIN = (
    ("author", "By", 110),
    ("source", "Source", 100),
    ("state", "State", 100),
    ("split", "Split", 90),
    ("created_at", "Made at", 170),
)
_SCALED = (
    ("area_scaled", "Area in unit²"),
    ("perimeter_scaled", "Perimeter in unit"),
    ("length_scaled", "Length in unit"),
)


def layout(project: Project) -> html.Div:
    """The table of all objects."""
    kept = tables.newest(project, explore_jobs.OBJECTS, sets_shown(project))
    columns = [] if kept is None else column_definitions(list(kept.table().columns))
    saving = [
        html.Button("CSV", className="button", **attributes(data_save="csv")),
        html.Button("Parquet", className="button", **attributes(data_save="parquet")),
    ]
    if may_annotate():
        pick = attributes(data_action="pick")
        saving.append(html.Button("Show these images", className="button", **pick))
    content = [
        html.Div(
            [
                measuring(project, "objects"),
                html.Span(id="explore-count", className="dim", role="status"),
                *(saving if kept is not None else ()),
            ],
            className="row wrap",
            id="explore-bar",
        ),
        _grid(columns) if kept is not None else _nothing(),
        dcc.Store(id=ids.EXPLORE_PROJECT, data=project.slug),
    ]
    return frame(project, "", content)


def frame(project: Project, here: str, content: Sequence[Any]) -> html.Div:
    """A view of the explore page below its tabs; its scripts ask who may more than look."""
    tabs = [
        html.A(
            words,
            href=f"/p/{project.slug}/explore{tail and '/' + tail}",
            className="here" if tail == here else "",
            **(attributes(aria_current="page") if tail == here else {}),
        )
        for tail, words in VIEWS
    ]
    body = html.Div(
        [
            html.Nav(tabs, className="tabs", **attributes(aria_label="Views")),
            html.Div(id="explore-notice", role="alert"),
            *content,
        ],
        className="explore-page",
        **attributes(data_slug=project.slug, data_annotator="yes" if may_annotate() else "no"),
    )
    return shell.page(
        title="Explore",
        slug=project.slug,
        project=project.info.name,
        here="explore",
        content=[body],
    )


def may_annotate() -> bool:
    """Whether who looks at the page may measure, choose images for the gallery and drop them."""
    return g.member.may(Permission.ANNOTATE)


def measuring(project: Project, what: str, verb: str = "Measure", noun: str = "object") -> html.Div:
    """The line that tells how old a table is and measures anew; ``explore_jobs.js`` fills it."""
    return html.Div(
        id="explore-measure",
        className="row grow",
        **attributes(data_slug=project.slug, data_what=what, data_verb=verb, data_noun=noun),
    )


def column_definitions(columns: Sequence[str]) -> list[dict[str, Any]]:
    """What the grid shows of a table with these columns, in which order."""
    named = [_words(*item) for item in _WORDS] + [_number(*item) for item in _NUMBERS]
    named += [_number(name, _channel_words(name)) for name in columns if _is_channel(name)]
    named += [_number(*item) for item in _SCALED] + [_words(*item) for item in _ORIGIN]
    there = set(columns)
    return [one for one in named if one["field"] in there]


def _is_channel(name: str) -> bool:
    head, _, tail = name.partition("_")
    return head in ("mean", "min", "max", "std") and tail.isdigit()


def _channel_words(name: str) -> str:
    head, _, tail = name.partition("_")
    return f"{head.capitalize()} {tail}"


def _words(field: str, heading: str, width: int) -> dict[str, Any]:
    narrowing = {"buttons": ["reset"], "maxNumConditions": 2}
    return {
        "field": field,
        "headerName": heading,
        "width": width,
        "filter": "agTextColumnFilter",
        "filterParams": narrowing,
    }


def _number(field: str, heading: str) -> dict[str, Any]:
    return {
        "field": field,
        "headerName": heading,
        "width": 116,
        "type": "rightAligned",
        "filter": "agNumberColumnFilter",
        "filterParams": {
            "buttons": ["reset"],
            "filterOptions": _RANGES,
            "defaultOption": "greaterThanOrEqual",
            "inRangeInclusive": True,
            "maxNumConditions": 2,
        },
    }


def _grid(columns: list[dict[str, Any]]) -> Any:
    from dash_ag_grid import AgGrid

    return AgGrid(
        id=ids.EXPLORE_GRID,
        columnDefs=columns,
        defaultColDef={"sortable": True, "resizable": True, "floatingFilter": True},
        rowModelType="infinite",
        dashGridOptions={
            "cacheBlockSize": _PAGE,
            "maxConcurrentDatasourceRequests": 1,
            "rowSelection": {
                "mode": "singleRow",
                "checkboxes": False,
                "enableClickSelection": True,
            },
            "rowBuffer": 20,
            "suppressDragLeaveHidesColumns": True,
            "tooltipShowDelay": 500,
            "animateRows": False,
        },
        className="explore-grid",
        dangerously_allow_code=False,
        style={"height": "100%"},
    )


def _nothing() -> html.Div:
    words = (
        "Measuring reads every image once and tells size, form and intensities of each object. "
        "It runs as a job; you may leave the page meanwhile."
    )
    return html.Div(html.P(words, className="dim"), id=ids.EXPLORE_GRID, className="card")


# --- handlers -------------------------------------------------------------------------------------


def page_of_rows(
    project: Project, asked: Mapping[str, Any], *, sets: Sequence[str]
) -> dict[str, Any]:
    """The rows that the grid asks for, and how many there are in all."""
    kept = tables.newest(project, explore_jobs.OBJECTS, sets)
    if kept is None:
        return {"rowData": [], "rowCount": 0}
    table = narrowed(kept.table(), asked.get("filterModel") or {})
    first, last = int(asked.get("startRow") or 0), int(asked.get("endRow") or _PAGE)
    last = min(last, first + 5 * _PAGE)
    page = ordered(table, asked.get("sortModel") or ()).iloc[first:last]
    return {"rowData": rows_to_wire(page), "rowCount": len(table)}


# --- callbacks ------------------------------------------------------------------------------------


def register(app: Dash, services: Services) -> None:
    """Answer the grid page by page."""

    @app.callback(
        Output(ids.EXPLORE_GRID, "getRowsResponse"),
        Input(ids.EXPLORE_GRID, "getRowsRequest"),
        State(ids.EXPLORE_PROJECT, "data"),
    )
    def on_rows(asked: Mapping[str, Any] | None, slug: str) -> Any:
        if asked is None:
            return no_update
        project, _member = authorised(services.workspace, services.access, slug, Permission.VIEW)
        return page_of_rows(project, asked, sets=sets_shown(project))
