"""Maps of a project: the table behind each, a row for every point."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from datasetbuilder.api import Project
from datasetbuilder.app.errands import Progress
from datasetbuilder.errors import DataError
from datasetbuilder.insight.looks import features_of_objects, features_of_picture
from datasetbuilder.insight.maps import Alike, condensed, laid_out
from datasetbuilder.model import Image

if TYPE_CHECKING:
    from pandas import DataFrame

_ABOUT = ("image_id", "image", "uid", "label", "author", "state", "split")
_FRAME = ("x", "y", "width", "height", "image_width", "image_height")


def map_of_objects(objects: Any, method: str, progress: Progress) -> "DataFrame":
    """Every object that covers a pixel, by its form and intensities."""
    import pandas as pd

    chosen = objects[objects["area"] > 0].reset_index(drop=True)
    progress(0, 3, "comparing")
    rows = condensed(features_of_objects(chosen))
    frame = {f"box_{name}": chosen[name] for name in _FRAME[:4]}
    about = pd.DataFrame({**{name: chosen[name] for name in (*_ABOUT, *_FRAME[4:])}, **frame})
    return _with_places(about, rows, method, progress)


def map_of_images(
    project: Project, objects: "DataFrame", method: str, progress: Progress
) -> "DataFrame":
    """Every image whose picture can be read, by what it looks like; its label is its commonest."""
    import pandas as pd

    labels, authors = _commonest(objects, "label"), _commonest(objects, "author")
    images = project.images()
    lines: list[dict[str, Any]] = []
    features: list[np.ndarray] = []
    for done, image in enumerate(images, start=1):
        picture = _thumbnail(project, image)
        if picture is not None:
            features.append(features_of_picture(picture))
            lines.append(
                {
                    "image_id": image.id,
                    "image": image.name,
                    "uid": "",
                    "label": labels.get(image.id, ""),
                    "author": authors.get(image.id, ""),
                    "state": image.state.value,
                    "split": image.split or "",
                    "image_width": image.width,
                    "image_height": image.height,
                }
            )
        progress(done, len(images), image.name)
    about = pd.DataFrame(lines, columns=pd.Index([*_ABOUT, *_FRAME[4:]]))
    rows = condensed(np.array(features).reshape(len(features), -1))
    return _with_places(about, rows, method, progress)


def _with_places(
    about: "DataFrame", rows: np.ndarray, method: str, progress: Progress
) -> "DataFrame":
    progress(1, 3, "laying out")
    places = laid_out(rows, method)
    progress(2, 3, "looking for what stands out")
    alike = Alike.of(rows)
    return about.assign(
        map_x=places[:, 0].astype(np.float32),
        map_y=places[:, 1].astype(np.float32),
        unusual=alike.unusual().astype(np.float32),
        doubtful=alike.doubtful(about["label"].tolist()).astype(np.float32),
    )


def _commonest(objects: "DataFrame", column: str) -> dict[int, str]:
    sizes: Any = objects.groupby(["image_id", column]).size()
    counts = sizes.reset_index(name="n")
    best = counts.sort_values(["n", column], ascending=[False, True]).drop_duplicates("image_id")
    return dict(zip(best["image_id"].tolist(), best[column].tolist(), strict=True))


def _thumbnail(project: Project, image: Image) -> np.ndarray | None:
    """Our own small rendition; None where the original is gone."""
    try:
        path = project.workspace.library.rendition(project.slug, image, "thumb")
    except DataError:
        return None
    with Pillow.open(path) as picture:
        return np.asarray(picture.convert("RGB"))
