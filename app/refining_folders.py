"""Refine tools on a folder of images, with what was drawn in a file beside each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson
from PIL import Image as Picture

from datasetbuilder.errors import DataError, DatasetBuilderError
from datasetbuilder.model import Part, Polygon, Stroke
from datasetbuilder.pixels.files import read_regular
from datasetbuilder.pixels.reader import read_pixels
from datasetbuilder.refine import outline, scribbles, teaching
from datasetbuilder.refine.taking_along import read_classifier

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
DRAWN, LABELS = "_scribbles", "_labels"
BACKGROUND = 255
_MOST_LABELS = 254


@dataclass
class Report:
    """Files that were written, and what could not be done, by file and reason."""

    written: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def scribbles_of_folder(
    folder: Path, out: Path, *, method: str, smooth: float, parts: str
) -> Report:
    """NAME_scribbles.png (0 not drawn, 255 background, else a label) to NAME_labels.png.

    Raises
    ------
    UnknownName
        If there is no such method, before anything is written.
    DataError
        If the folder of the answers exists.
    """
    scribbles.check_names(method, parts)

    def answer(image: Path, target: Path) -> None:
        drawn = _picture(image.with_name(f"{image.stem}{DRAWN}.png"))
        pixels = _picture(image)
        if drawn.shape != pixels.shape[:2]:
            raise DataError(f"the strokes are {drawn.shape}, the image {pixels.shape[:2]}")
        raster = np.where(drawn == BACKGROUND, 0, np.where(drawn == 0, -1, drawn.astype(int)))
        labels = np.zeros(drawn.shape, np.uint8)
        strokes: tuple[Stroke, ...] = scribbles.strokes_from_raster(raster)
        prepared = scribbles.prepare(pixels, whole=False)
        found = scribbles.segment_each(prepared, strokes, method=method, smooth=smooth, parts=parts)
        for label, proposal in found.items():
            labels[proposal.mask] = label
        Picture.fromarray(labels).save(target)

    wanted = [i for i in _images(folder) if i.with_name(f"{i.stem}{DRAWN}.png").exists()]
    return _each(wanted, out, f"{LABELS}.png", answer)


def outlines_of_folder(folder: Path, out: Path, *, method: str, width: float | None) -> Report:
    """The polygons of NAME.json, as LabelMe writes them, pulled onto their objects.

    Raises
    ------
    UnknownName
        If there is no such method, before anything is written.
    DataError
        If the folder of the answers exists.
    """
    outline.check_method(method)

    def answer(image: Path, target: Path) -> None:
        document = orjson.loads(read_regular(image.with_suffix(".json")))
        pixels = _picture(image)
        for place, shape in enumerate(document["shapes"]):
            if shape.get("shape_type", "polygon") != "polygon":
                continue
            ring = tuple((float(x), float(y)) for x, y in shape["points"])
            if len(ring) < 3:
                raise DataError(f"shapes[{place}]: a polygon needs at least three points")
            fitted = outline.fit(pixels, Polygon((Part(ring),)), method=method, width=width)
            polygon = fitted.polygon
            if polygon is not None and len(polygon.parts) == 1:
                shape["points"] = [list(point) for point in polygon.parts[0].exterior]
        target.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))

    wanted = [image for image in _images(folder) if image.with_suffix(".json").exists()]
    return _each(wanted, out, ".json", answer)


def predictions_of_folder(classifier: Path, folder: Path, out: Path) -> Report:
    """What a classifier says of every pixel of every image.

    Raises
    ------
    DataError
        If there is no classifier, or the folder of the answers exists.
    """
    taught = read_classifier(classifier)
    depth = np.uint8 if max(taught.labels) <= _MOST_LABELS else np.uint16

    def answer(image: Path, target: Path) -> None:
        best = teaching.likelihood(taught, _picture(image)).best
        Picture.fromarray(best.astype(depth)).save(target)

    return _each(list(_images(folder)), out, f"{LABELS}.png", answer)


def _images(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder.")
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in ENDINGS and not path.stem.endswith((DRAWN, LABELS)):
            yield path


def _picture(path: Path) -> np.ndarray:
    return read_pixels(read_regular(path), path.name)


def _each(
    images: list[Path], out: Path, ending: str, answer: Callable[[Path, Path], None]
) -> Report:
    """Answer image by image; one that fails is told and leaves no file."""
    if not images:
        raise DataError("There is no image with a drawing beside it.")
    try:
        out.mkdir(parents=True)
    except FileExistsError:
        raise DataError(f"{out} exists: name a new folder.") from None
    report = Report()
    for image in images:
        target = out / f"{image.stem}{ending}"
        if target.exists():
            report.problems.append(f"{image.name}: {target.name} was made from another image")
            continue
        try:
            answer(image, target)
        except (DatasetBuilderError, ValueError, KeyError, TypeError, OSError) as error:
            target.unlink(missing_ok=True)
            report.problems.append(f"{image.name}: {error}")
        else:
            report.written.append(target.name)
    return report
