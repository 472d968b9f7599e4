"""How far a project is and what people did; who is no reviewer sees their own numbers alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from datasetbuilder.api import Project
from datasetbuilder.app import overview_figures as figures
from datasetbuilder.app.overview import Overview, overview
from datasetbuilder.app.pages import shell
from datasetbuilder.app.security.access import Member
from datasetbuilder.insight.progress import Forecast

if TYPE_CHECKING:
    from pandas import DataFrame
    from plotly.graph_objects import Figure

_PEOPLE = {
    "person": "Person",
    "images": "Images",
    "objects": "Objects",
    "active_hours": "Active hours",
    "images_per_hour": "Images an hour",
    "objects_per_hour": "Objects an hour",
}
_TOOLS = {"tool": "Tool", "objects": "Objects", "seconds_per_object": "Seconds an object"}


def layout(project: Project, member: Member) -> html.Div:
    """Progress, activity, gold, and what to take along."""
    found = overview(project, member)
    cards = [_progress(found), _activity(project, found), *_gold(found)]
    body = html.Div([html.H1("Overview"), *cards], className="column wide", id="overview")
    return shell.page(
        title="Overview",
        slug=project.slug,
        project=project.info.name,
        here="overview",
        content=[body],
    )


def _progress(found: Overview) -> html.Section:
    total = sum(found.states.values())
    told = [] if found.forecast is None else [html.P(sentence(found.forecast), className="dim")]
    return _card(
        "Progress",
        html.P(f"{total:,} images"),
        _chart("overview-progress", figures.progress(found.states)),
        *told,
        html.H3("Objects by label"),
        _chart("overview-labels", figures.labels(found.labels)),
    )


def sentence(forecast: Forecast) -> str:
    """The forecast in plain words."""
    if not forecast.open:
        return "Every image is finished."
    if forecast.end is None:
        return f"{forecast.open:,} images are open; no pace to tell an end from yet."
    return (
        f"{forecast.open:,} images are open. At the pace of the last days, {forecast.per_day:.1f} "
        f"images a day, they are finished on {forecast.end:%-d %B %Y}."
    )


def _activity(project: Project, found: Overview) -> html.Section:
    days = found.activity.days
    whose = "Who did what" if found.everybody else "What you did"
    if days.empty:
        return _card(whose, html.P("Nothing yet.", className="dim"))
    address = f"/api/v1/projects/{project.slug}/overview?format="
    links = [
        html.A(words, href=address + form, className="button", download="")
        for words, form in (("CSV", "csv"), ("Parquet", "parquet"))
    ]
    told = "Time is counted on the server from what was done; a gap of more than 100 s is a break."
    return _card(
        whose,
        html.P(told, className="dim"),
        html.H3("Images finished by day"),
        _chart("overview-images", figures.by_day(days, "images", "images")),
        html.H3("Active minutes by day"),
        _chart("overview-minutes", figures.by_day(days, "active_minutes", "minutes")),
        _table("overview-people", found.activity.people, _PEOPLE),
        html.H3("Time by tool"),
        _table("overview-tools", found.activity.tools, _TOOLS),
        html.Div([html.Span("Take the days along:"), *links], className="row"),
    )


def _gold(found: Overview) -> list[html.Section]:
    if not found.scores:
        return []
    told = (
        "Each point is one gold image, compared with its answer."
        if found.everybody
        else "Each point is the mean of five images whose answer is known; they look like others."
    )
    return [
        _card(
            "Gold images",
            html.P(told, className="dim"),
            _chart("overview-gold", figures.scores(found.scores)),
        )
    ]


def _card(title: str, *content: Any) -> html.Section:
    return html.Section([html.H2(title), *content], className="card stack")


def _chart(name: str, figure: "Figure") -> dcc.Graph:
    # The height stands in the style alone: a figure with its own is resized without an end.
    height = figure.to_dict()["layout"]["meta"]["height"]
    return dcc.Graph(
        id=name,
        figure=figure,
        config={"displayModeBar": False, "showSendToCloud": False},
        responsive=True,
        className="chart",
        style={"height": f"{height}px"},
    )


def _table(name: str, table: "DataFrame", columns: dict[str, str]) -> html.Table:
    head = html.Tr([html.Th(words, scope="col") for words in columns.values()])
    rows = [html.Tr([html.Td(_cell(cell)) for cell in row]) for row in _rows(table, columns)]
    return html.Table([html.Thead(head), html.Tbody(rows)], className="table", id=name)


def _rows(table: "DataFrame", columns: dict[str, str]) -> Sequence[tuple[Any, ...]]:
    return list(table[list(columns)].itertuples(index=False, name=None))


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value or "other"
    return "–" if value is None or value != value else f"{value:,.6g}"
