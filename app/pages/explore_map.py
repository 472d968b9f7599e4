"""A map of objects or images; ``assets/map.js`` draws it and lets a lasso choose."""

from collections.abc import Sequence
from typing import Any

from dash import html

from datasetbuilder.api import Project
from datasetbuilder.app.pages.explore import frame, may_annotate, measuring
from datasetbuilder.app.pages.markup import attributes
from datasetbuilder.insight.maps import methods

_WORDS = {"pca": "PCA (fast)", "tsne": "t-SNE", "umap": "UMAP"}
_COLOURS = (
    ("label", "Colour by label"),
    ("author", "Colour by person"),
    ("state", "Colour by state"),
    ("split", "Colour by split"),
    ("unusual", "Colour by how unusual"),
    ("doubtful", "Colour by doubt of the label"),
)


def layout(project: Project) -> html.Div:
    """The choices, the place of the map, and the list of what stands out."""
    choices: list[Any] = [
        _choice("what", "What is on the map", (("objects", "Objects"), ("images", "Images"))),
        _choice("method", "How it is laid out", [(name, _WORDS[name]) for name in methods()]),
        _choice("colour", "What the colours say", _COLOURS),
    ]
    if may_annotate():
        choices += [
            html.Button("Lasso", className="button", **attributes(data_mode="lasso")),
            html.Button("Move", className="button", **attributes(data_mode="move")),
        ]
    bar = html.Div(
        [
            *choices,
            measuring(project, "map", "Draw", "point"),
            html.Span(id="map-chosen", role="status"),
        ],
        className="row wrap map-bar",
        id="map-bar",
    )
    stage = html.Div(
        [html.Div(id="map-stage", tabIndex="0"), html.Aside(id="map-side")],
        className="map-body",
        id="map",
        **attributes(data_slug=project.slug),
    )
    return frame(project, "map", [bar, stage])


def _choice(name: str, caption: str, options: Sequence[tuple[str, str]]) -> html.Select:
    made = [html.Option(words, value=value) for value, words in options]
    return html.Select(made, **attributes(data_choice=name, aria_label=caption))
