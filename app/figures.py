"""Figures that the pages hand to ``dcc.Graph``."""

import plotly.graph_objects as go


def empty_canvas() -> go.Figure:
    """The figure under the canvas: room for a preview and the full picture, axes without marks.

    The browser fills in the addresses and the ranges. The two images must never have the same
    size: plotly would draw the first one only.
    """
    hidden = {"visible": False, "autorange": False, "fixedrange": True}
    place = {"x": 0, "y": 0, "xref": "x", "yref": "y", "sizing": "stretch", "layer": "below"}
    return go.Figure(
        layout={
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "dragmode": False,
            "hovermode": False,
            "images": [
                {**place, "source": "", "sizex": 1 + extra, "sizey": 1, "visible": False}
                for extra in (0, 1e-3)
            ],
            "xaxis": {**hidden, "range": [0, 1]},
            "yaxis": {**hidden, "range": [1, 0]},
        }
    )
