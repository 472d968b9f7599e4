"""The table that people explore: every annotation, measured, with who made it, when and where."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from datasetbuilder.insight.measurements import ABOUT, Measurements, Row, Sources, measured

if TYPE_CHECKING:
    from pandas import DataFrame

ORIGIN = (
    *("author", "source", "score", "created_at", "state", "split"),
    *("image_width", "image_height"),
)
DERIVED = ("day", "aspect", "relative_x", "relative_y", "objects_on_image")
_KEYS = ["image_id", "annotation_id"]
_DRAWN = ("x", "y", "width", "height", "area")


def described(
    rows: Iterable[Row], sources: Sources, *, advance: Callable[[str], None] = lambda name: None
) -> Measurements:
    """Every annotation of these images with its measurements and its origin.

    What covers no pixel (a tag, points) has a row too, without measurements.

    Returns
    -------
    measurements : Measurements
        ``table`` has the columns of `measured` and, behind ``set``, those of `ORIGIN`; the time is
        in UTC, as text. The columns of `DERIVED` stand last: the day it was made, width by height,
        where its middle lies from 0 to 1 across and down the image, and how many objects there are.
    """
    import pandas as pd

    notes: list[dict[str, Any]] = []
    found = measured(_noted(rows, sources, notes), sources, advance=advance)
    about = pd.DataFrame(notes, columns=pd.Index([*ABOUT, *ORIGIN]))
    sizes = found.table.drop(columns=[name for name in ABOUT if name not in _KEYS])
    if sizes.empty:
        sizes = sizes.astype(dict.fromkeys(_KEYS, "int64"))
        about = about.astype(dict.fromkeys(_KEYS, "int64"))
    table = about.merge(sizes, on=_KEYS, how="left")
    table = table.astype(dict.fromkeys(_DRAWN, "float64"))
    return Measurements(_with_derived(table), found.problems)


def _with_derived(table: "DataFrame") -> "DataFrame":
    drawn = table["width"] > 0
    return table.assign(
        day=table["created_at"].str[:10],
        aspect=(table["width"] / table["height"]).where(drawn),
        relative_x=table["centroid_x"] / table["image_width"],
        relative_y=table["centroid_y"] / table["image_height"],
        objects_on_image=table.groupby("image_id")["uid"].transform("size").astype("int64"),
    )


def _noted(rows: Iterable[Row], sources: Sources, notes: list[dict[str, Any]]) -> Iterator[Row]:
    for image, annotations in rows:
        for one in annotations:
            notes.append(
                {
                    "image_id": image.id,
                    "image": image.name,
                    "annotation_id": one.id,
                    "uid": one.uid,
                    "label_id": one.label,
                    "label": sources.labels.get(one.label, ""),
                    "kind": one.kind.value,
                    "set": one.set,
                    "author": one.author,
                    "source": one.source,
                    "score": one.score,
                    "created_at": one.created_at.isoformat() if one.created_at else "",
                    "state": image.state.value,
                    "split": image.split or "",
                    "image_width": image.width,
                    "image_height": image.height,
                }
            )
        yield image, annotations
