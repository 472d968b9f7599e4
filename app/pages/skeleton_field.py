"""A skeleton as one line of text: names with commas, then the edges as pairs of positions from 1.

``tip, tail, fin | 1-2, 1-3``
"""

import re
from typing import Any

from datasetbuilder.model import Skeleton

_EDGE = re.compile(r"\s*(\d{1,3})\s*-\s*(\d{1,3})\s*")


def text_from_skeleton(skeleton: Skeleton | None) -> str:
    """The line that stands for a skeleton, empty without one."""
    if skeleton is None:
        return ""
    names = ", ".join(skeleton.names)
    edges = ", ".join(f"{one + 1}-{other + 1}" for one, other in skeleton.edges)
    return f"{names} | {edges}" if edges else names


def wire_from_text(text: str) -> dict[str, Any] | None:
    """The skeleton that a line stands for, on the wire; None for an empty line.

    Raises
    ------
    ValueError
        If an edge is not a pair of positions; whether these exist, the store says.
    """
    names, _, edges = text.partition("|")
    if not names.strip():
        return None
    return {
        "names": [name.strip() for name in names.split(",")],
        "edges": [_edge(edge) for edge in edges.split(",") if edge.strip()],
    }


def _edge(text: str) -> list[int]:
    found = _EDGE.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text.strip()}" is not an edge; write two positions as 1-2')
    return [int(found[1]) - 1, int(found[2]) - 1]
