"""Charts of all objects of a project; every bar opens the images behind it."""

from typing import Any

from dash import dcc, html

from datasetbuilder.api import Project
from datasetbuilder.app import explore_jobs, tables
from datasetbuilder.app.charts import HEIGHT, charts
from datasetbuilder.app.pages.explore import frame, may_annotate, measuring
from datasetbuilder.app.pages.markup import attributes
from datasetbuilder.app.rest.sight import sets_shown

_CONFIG: Any = {"displayModeBar": False, "showSendToCloud": False, "responsive": True}


def layout(project: Project) -> html.Div:
    """The charts, or the button that measures first."""
    kept = tables.newest(project, explore_jobs.OBJECTS, sets_shown(project))
    hint = html.Span("A click on a bar shows its images", className="dim")
    parts = [measuring(project, "objects"), *([hint] if may_annotate() else [])]
    bar = html.Div(parts, className="row wrap")
    return frame(project, "statistics", [bar, _charts(project, kept) if kept else _nothing()])


def _charts(project: Project, kept: tables.Kept) -> html.Div:
    table = kept.table()
    if not len(table):
        return html.Div(html.P("There are no objects yet.", className="dim"), className="card")
    colors = {label.name: label.color for label in project.labels(deleted=True)}
    cards = [_card(*chart) for chart in charts(table, colors)]
    return html.Div(cards, className="charts", **attributes(data_slug=project.slug))


def _card(name: str, heading: str, figure: Any) -> html.Section:
    graph = dcc.Graph(
        id=f"chart-{name}", figure=figure, config=_CONFIG, style={"height": f"{HEIGHT}px"}
    )
    return html.Section([html.H3(heading), graph], className="card")


def _nothing() -> html.Div:
    words = "The charts are drawn from the table of all objects; measure them first."
    return html.Div(html.P(words, className="dim"), className="card")
