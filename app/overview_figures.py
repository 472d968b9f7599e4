"""The charts of the overview; plain SVG, since the page forbids what WebGL needs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from datasetbuilder.insight.progress import shown_counts
from datasetbuilder.model import ImageState, Label

if TYPE_CHECKING:
    from pandas import DataFrame

_STATES = {
    ImageState.ACCEPTED: ("accepted", "#2f9e44"),
    ImageState.DONE: ("done", "#74b816"),
    ImageState.REJECTED: ("rejected", "#e03131"),
    ImageState.IN_PROGRESS: ("in progress", "#f59f00"),
    ImageState.NEW: ("new", "#868e96"),
    ImageState.SKIPPED: ("skipped", "#adb5bd"),
}
_LINE = {"showgrid": True, "gridcolor": "rgba(128,128,128,0.25)", "zeroline": False}
_MOST_LABELS = 30


def progress(states: dict[ImageState, int]) -> go.Figure:
    """One bar of all images, part by part."""
    bars = [
        go.Bar(
            y=[""],
            x=[states[state]],
            name=f"{words} {states[state]:,}",
            orientation="h",
            marker={"color": color},
            hovertemplate=f"{words}: %{{x:,}}<extra></extra>",
        )
        for state, (words, color) in _STATES.items()
        if states[state]
    ]
    layout = {"barmode": "stack", "yaxis": {"visible": False}, "legend": {"traceorder": "normal"}}
    return _figure(bars, height=120, **layout)


def labels(counted: Sequence[tuple[Label, int]]) -> go.Figure:
    """How many objects each label has, the most first."""
    colors = {label.name: label.color for label, _ in counted}
    found = shown_counts({label.name: n for label, n in counted})[:_MOST_LABELS][::-1]
    bars = go.Bar(
        y=[name for name, _ in found],
        x=[n for _, n in found],
        orientation="h",
        marker={"color": [colors[name] for name, _ in found]},
        hovertemplate="%{y}: %{x:,}<extra></extra>",
    )
    return _figure([bars], height=70 + 26 * len(found), yaxis={"automargin": True})


def by_day(days: "DataFrame", column: str, words: str) -> go.Figure:
    """A column of the days, person beside person."""
    bars = [
        go.Bar(
            x=list(rows.day),
            y=[float(n) for n in rows[column]],
            name=str(person),
            hovertemplate=f"{person}: %{{y}} {words}, %{{x}}<extra></extra>",
        )
        for person, rows in days.groupby("person")
    ]
    return _figure(bars, height=240, barmode="stack", xaxis={"type": "category"})


def scores(found: Sequence[tuple[str, str, float]]) -> go.Figure:
    """The scores on gold images in the order in which they came, a line for each person."""
    lines = []
    for person in sorted({who for who, _, _ in found}):
        mine = [(day, score) for who, day, score in found if who == person]
        lines.append(
            go.Scatter(
                x=list(range(1, len(mine) + 1)),
                y=[score for _, score in mine],
                text=[day for day, _ in mine],
                name=person,
                mode="lines+markers",
                hovertemplate=f"{person}, %{{text}}: %{{y:.0%}}<extra></extra>",
            )
        )
    axis = {**_LINE, "range": [0, 1.05], "tickformat": ".0%"}
    return _figure(
        lines,
        height=240,
        yaxis=axis,
        xaxis={"dtick": 1 if len(found) < 60 else None, "showgrid": False},
    )


def _figure(traces: Sequence[Any], *, height: int, **layout: Any) -> go.Figure:
    plain = {
        "meta": {"height": height},
        "autosize": True,
        "margin": {"l": 40, "r": 16, "t": 8, "b": 36},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": ["#4c6ef5", "#f76707", "#12b886", "#e64980", "#fab005", "#7950f2", "#15aabf"],
        "legend": {"orientation": "h", "y": -0.2, "yanchor": "top"},
        "xaxis": _LINE,
        "yaxis": _LINE,
        "showlegend": len(traces) > 1,
        "dragmode": False,
    }
    for key, value in layout.items():
        plain[key] = {**plain[key], **value} if isinstance(value, dict) else value
    return go.Figure(data=list(traces), layout=plain)
