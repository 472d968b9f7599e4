"""The charts of the statistics view: plotly in SVG, every bar with the filter of what it counts.

``customdata`` of each bar is the filter, as JSON in the grid's own model; ``assets/charts.js``
opens the images behind it. Colours of text and lines are the page's own, in ``explore.css``.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from datasetbuilder.insight.statistics import Histogram, counted, crossed, histogram, places

if TYPE_CHECKING:
    from pandas import DataFrame

_ACCENT = "#5b7cfa"
_OTHERS = ("#5b7cfa", "#2e9e6b", "#e4572e", "#b8860b", "#8e5bd6", "#0f8f9e", "#c2407f", "#7a8194")
HEIGHT = 220
_SIDE = 20
_HEAT = [[0, "rgba(91,124,250,0.04)"], [1, "rgba(91,124,250,1)"]]


def charts(table: "DataFrame", colors: Mapping[str, str]) -> list[tuple[str, str, go.Figure]]:
    """The charts of a table of objects, each with a name and a heading.

    Parameters
    ----------
    table : DataFrame
        As of `datasetbuilder.insight.objects.described`.
    colors : mapping of str to str
        The colour of each label by its name.
    """
    return [
        ("labels", "Objects by label", _by_label(table, colors)),
        ("sizes", "Size (area in pixels)", _spread(table, "area", "log", "px")),
        ("places", "Where they lie", _heat(table)),
        ("aspects", "Width by height", _spread(table, "aspect", "log", "width / height")),
        ("people", "By person", _stacked(table, "author", "label", colors)),
        ("days", "Over time", _stacked(table, "day", "author", {})),
        ("crowds", "Objects on an image", _spread(table, "objects_on_image", "whole", "objects")),
        ("sources", "By tool", _by_word(table, "source")),
    ]


def _figure(bars: Sequence[Any], **layout: Any) -> go.Figure:
    figure = go.Figure(list(bars))
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 44, "r": 8, "t": 6, "b": 36},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 11},
        showlegend=False,
        bargap=0.06,
        dragmode=False,
        hoverlabel={"align": "left"},
        template=None,
    )
    figure.update_layout(**layout)
    figure.update_xaxes(automargin=True, fixedrange=True, ticks="")
    figure.update_yaxes(automargin=True, fixedrange=True, ticks="")
    return figure


def _is(column: str, word: str) -> dict[str, Any]:
    if not word:
        return {column: {"type": "blank"}}
    return {column: {"type": "equals", "filter": word}}


def _between(column: str, low: float, high: float) -> dict[str, Any]:
    return {column: {"type": "inRange", "filter": low, "filterTo": high}}


def _filters(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return [json.dumps(one) for one in found]


def _by_label(table: "DataFrame", colors: Mapping[str, str]) -> go.Figure:
    return _by_word(
        table, "label", [colors.get(name, _ACCENT) for name, _ in counted(table["label"])]
    )


def _by_word(table: "DataFrame", column: str, colors: Any = _ACCENT) -> go.Figure:
    pairs = counted(table[column])
    bar = go.Bar(
        x=[name or "(none)" for name, _ in pairs],
        y=[n for _, n in pairs],
        customdata=_filters([_is(column, name) for name, _ in pairs]),
        marker={"color": colors},
        hovertemplate="%{x}: %{y:,}<extra></extra>",
    )
    return _figure([bar], xaxis={"type": "category"})


def _spread(table: "DataFrame", column: str, even: str, unit: str) -> go.Figure:
    found = histogram(table[column].to_numpy(float), even=even)
    edges = found.edges
    words = [_range_words(edges[k], edges[k + 1], even) for k in range(len(found.counts))]
    bar = go.Bar(
        x=words,
        y=found.counts,
        customdata=_filters([_between(column, *_ends(found, k)) for k in range(len(words))]),
        marker={"color": _ACCENT},
        hovertemplate="%{x} " + unit + ": %{y:,}<extra></extra>",
    )
    return _figure(
        [bar], xaxis={"type": "category", "title": {"text": unit}, "nticks": 4, "tickangle": 0}
    )


def _ends(found: Histogram, k: int) -> tuple[float, float]:
    """The last bin holds its upper edge, the others end just before theirs."""
    low, high = float(found.edges[k]), float(found.edges[k + 1])
    return low, high if k == len(found.counts) - 1 else float(np.nextafter(high, low))


def _range_words(low: float, high: float, even: str) -> str:
    if even == "whole":
        first, last = round(low + 0.5), round(high - 0.5)
        return str(first) if first == last else f"{first}–{last}"
    if low == high:
        return f"{low:.3g}"
    return f"{_plain(low)}–{_plain(high)}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _stacked(table: "DataFrame", across: str, by: str, colors: Mapping[str, str]) -> go.Figure:
    bars = [
        go.Bar(
            name=name or "(none)",
            x=[word or "(none)" for word, _ in pairs],
            y=[n for _, n in pairs],
            customdata=_filters([{**_is(across, word), **_is(by, name)} for word, _ in pairs]),
            marker={"color": colors.get(name, _OTHERS[place % len(_OTHERS)])},
            hovertemplate="%{x} · " + "%{fullData.name}: %{y:,}<extra></extra>",
        )
        for place, (name, pairs) in enumerate(crossed(table, across, by).items())
    ]
    order = sorted(table[across].unique()) if across == "day" else None
    axis = {"type": "category", "categoryorder": "array", "categoryarray": order} if order else {}
    return _figure(
        bars,
        barmode="stack",
        xaxis={"type": "category", **axis},
        showlegend=True,
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
    )


def _heat(table: "DataFrame") -> go.Figure:
    edges = np.arange(_SIDE + 1) / _SIDE
    filters = [
        [
            json.dumps(
                {
                    **_between("relative_x", *_part(edges, column)),
                    **_between("relative_y", *_part(edges, row)),
                }
            )
            for column in range(_SIDE)
        ]
        for row in range(_SIDE)
    ]
    middles = (edges[:-1] + edges[1:]) / 2
    heat = go.Heatmap(
        x=middles,
        y=middles,
        z=places(table, side=_SIDE),
        customdata=filters,
        colorscale=_HEAT,
        showscale=False,
        hovertemplate="%{z:,} objects<extra></extra>",
    )
    axis = {"range": [0, 1], "tickformat": ".0%", "nticks": 5}
    return _figure([heat], xaxis=axis, yaxis={**axis, "range": [1, 0]})


def _part(edges: Any, k: int) -> tuple[float, float]:
    low, high = float(edges[k]), float(edges[k + 1])
    return low, high if high == 1 else float(np.nextafter(high, low))
