"""The far side of `refining`: runs in a process of its own and keeps what it has prepared.

Only plain data crosses: faults of ours go back as `Failure`, since an exception that cannot be
rebuilt on the other side would break the pool.
"""

import io
import os
import signal
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from multiprocessing import parent_process
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from PIL import Image as Picture

from datasetbuilder.app.refining import Failure, Place, Shape
from datasetbuilder.errors import DatasetBuilderError
from datasetbuilder.geometry import array_from_geometry, extent, mask_from_array
from datasetbuilder.model import Geometry, Image, Mask, Polygon, Stroke
from datasetbuilder.projects.library import Library
from datasetbuilder.refine import edit, region, scribbles
from datasetbuilder.refine.outline import fit as fit_outline
from datasetbuilder.refine.proposal import Proposal

KEPT_IMAGES = 3
KEPT_PROPOSALS = 4

_Value = TypeVar("_Value")


class Recent(Generic[_Value]):
    """A few things by key, the least used forgotten first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, _Value] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """What is kept under the key, made if it is not."""
        if key not in self._kept:
            self.put(key, make())
        self._kept.move_to_end(key)
        return self._kept[key]

    def find(self, key: Hashable) -> _Value | None:
        """What is kept under the key, if anything."""
        return self._kept.get(key)

    def put(self, key: Hashable, value: _Value) -> None:
        """Keep a value, forgetting the one used longest ago."""
        self._kept[key] = value
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)


class Bench:
    """The tools with the images they work on; one per worker process."""

    def __init__(self) -> None:
        self._libraries: dict[str, Library] = {}
        self._pixels: Recent[np.ndarray] = Recent(KEPT_IMAGES)
        self._prepared: Recent[scribbles.Prepared] = Recent(KEPT_IMAGES)
        self._proposals: Recent[Proposal] = Recent(KEPT_PROPOSALS)
        self._each: Recent[dict[int, Proposal]] = Recent(KEPT_PROPOSALS)

    def pixels(self, place: Place) -> np.ndarray:
        """The upright picture in its own depth."""
        library = self._libraries.setdefault(place.root, Library(Path(place.root)))
        return self._pixels.get(place.key, lambda: library.pixels(place.slug, place.image))

    def prepared(self, place: Place) -> scribbles.Prepared:
        """The picture made ready for strokes."""
        return self._prepared.get(place.key, lambda: scribbles.prepare(self.pixels(place)))

    def scribbles(
        self, place: Place, strokes: tuple[Stroke, ...], label: int, settings: Mapping[str, Any]
    ) -> Shape:
        """Strokes to a mask; the answer to all strokes but the newest steadies this one."""
        about = (place.key, label, settings.get("method"), settings.get("parts"))
        proposal = scribbles.segment(
            self.prepared(place),
            strokes,
            label=label,
            previous=self._proposals.find((about, strokes[:-1])),
            **settings,
        )
        self._proposals.put((about, strokes), proposal)
        return self._masked(proposal, place)

    def scribbles_each(
        self, place: Place, strokes: tuple[Stroke, ...], settings: Mapping[str, Any]
    ) -> tuple[tuple[int, Shape], ...]:
        """Strokes of several labels to a mask for each of them."""
        about = (place.key, "each", settings.get("method"), settings.get("parts"))
        found = scribbles.segment_each(
            self.prepared(place),
            strokes,
            previous=self._each.find((about, strokes[:-1])),
            **settings,
        )
        self._each.put((about, strokes), found)
        return tuple((label, self._masked(proposal, place)) for label, proposal in found.items())

    def _masked(self, proposal: Proposal, place: Place) -> Shape:
        geometry = None if proposal.empty else mask_from_array(proposal.mask)
        return _shape(proposal, geometry, place.image)

    def outline(self, place: Place, polygon: Polygon, settings: Mapping[str, Any]) -> Shape:
        """A rough polygon to one that follows the object's edge."""
        proposal = fit_outline(self.pixels(place), polygon, **settings)
        return _shape(proposal, proposal.polygon, place.image)

    def region(self, place: Place, tool: str, settings: Mapping[str, Any]) -> Shape:
        """A box, a click, touches or a shape to a mask."""
        return self._masked(REGION_TOOLS[tool](self, place, settings), place)

    def edit(
        self, place: Place, tool: str, shape: Geometry, settings: Mapping[str, Any]
    ) -> tuple[Shape, ...]:
        """A shape put right; a polygon stays a polygon, everything else becomes a mask."""
        mask = array_from_geometry(shape, place.image.shape)
        drawn = isinstance(shape, Polygon) or tool == "simplify"
        return tuple(
            _shape(proposal, _edited(proposal, drawn=drawn), place.image)
            for proposal in _proposals(tool, mask, **settings)
        )

    def cutout(self, place: Place, shape: Geometry, soft: float) -> bytes:
        """The object of a shape as PNG, transparent round it."""
        mask = array_from_geometry(shape, place.image.shape)
        picture = io.BytesIO()
        Picture.fromarray(edit.remove_background(self.pixels(place), mask, soft=soft)).save(
            picture, "PNG"
        )
        return picture.getvalue()


def _edited(proposal: Proposal, *, drawn: bool) -> Mask | Polygon | None:
    if proposal.empty:
        return None
    return proposal.polygon if drawn else mask_from_array(proposal.mask)


def _box(bench: Bench, place: Place, settings: Mapping[str, Any]) -> Proposal:
    return region.from_box(bench.prepared(place), settings["box"], **_only(settings, "method"))


def _wand(bench: Bench, place: Place, settings: Mapping[str, Any]) -> Proposal:
    tolerance = settings.get("tolerance")
    return region.wand(bench.pixels(place), settings["point"], tolerance=tolerance)


def _grow(bench: Bench, place: Place, settings: Mapping[str, Any]) -> Proposal:
    drawn = _only(settings, "label", "tolerance")
    return region.grow(bench.prepared(place), settings["strokes"], **drawn)


def _superpixels(bench: Bench, place: Place, settings: Mapping[str, Any]) -> Proposal:
    drawn = _only(settings, "label", "size")
    return region.superpixels(bench.prepared(place), settings["strokes"], **drawn)


def _threshold(bench: Bench, place: Place, settings: Mapping[str, Any]) -> Proposal:
    wanted = _only(settings, "level", "side")
    return region.threshold(bench.pixels(place), settings["shape"], **wanted)


REGION_TOOLS: Mapping[str, Callable[[Bench, Place, Mapping[str, Any]], Proposal]] = {
    "box": _box,
    "wand": _wand,
    "grow": _grow,
    "superpixels": _superpixels,
    "threshold": _threshold,
}


def _only(settings: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: settings[name] for name in names if name in settings}


def _proposals(
    tool: str,
    mask: np.ndarray,
    *,
    stroke: Stroke | None = None,
    amount: float | None = None,
) -> tuple[Proposal, ...]:
    if tool == "split" and stroke is not None:
        return edit.split(mask, stroke)
    if tool in ("split", "split touching"):
        return edit.split_touching(mask, **({} if amount is None else {"neck": amount}))
    change, setting = EDITS[tool]
    return (change(mask, **({} if amount is None else {setting: amount})),)


EDITS: Mapping[str, tuple[Callable[..., Proposal], str]] = {
    "fill holes": (edit.fill_holes, "largest"),
    "remove specks": (edit.remove_specks, "smallest"),
    "smooth": (edit.smooth, "radius"),
    "grow": (edit.grow, "pixels"),
    "shrink": (edit.shrink, "pixels"),
    "simplify": (edit.simplify, "least_iou"),
}


def _shape(proposal: Proposal, geometry: Mask | Polygon | None, image: Image) -> Shape:
    area = 0.0 if geometry is None else extent(geometry, image.shape).area
    return Shape(geometry, area, proposal.method, float(proposal.quality), proposal.hint)


_bench: Bench | None = None


def start() -> None:
    """Make the process ready: no Ctrl-C of its own, and no life after the server's."""
    global _bench
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _bench = Bench()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(0)


def bench() -> Bench:
    """The bench of this process."""
    if _bench is None:
        start()
    assert _bench is not None
    return _bench


def warm() -> int:
    """Do nothing but be there; the imports were the work."""
    return os.getpid()


def rehearse() -> int:
    """Use the tools once on a small picture: what they load late, they load now."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[16:32, 16:32] = 255
    strokes = (Stroke(((20.0, 20.0), (28.0, 28.0)), 3, 1), Stroke(((4.0, 4.0), (60.0, 4.0)), 3, 0))
    scribbles.segment(scribbles.prepare(pixels), strokes, label=1)
    region.wand(pixels, (24.0, 24.0), tolerance=20)
    return os.getpid()


def prepare(place: Place) -> bool | Failure:
    """Get an image ready for strokes."""
    return _guarded(lambda: bench().prepared(place) is not None)


def propose_from_strokes(
    place: Place, strokes: tuple[Stroke, ...], label: int, settings: Mapping[str, Any]
) -> Shape | Failure:
    """Run the scribble tool."""
    return _guarded(lambda: bench().scribbles(place, strokes, label, settings))


def propose_each_from_strokes(
    place: Place, strokes: tuple[Stroke, ...], settings: Mapping[str, Any]
) -> tuple[tuple[int, Shape], ...] | Failure:
    """Run the scribble tool for every label that was drawn."""
    return _guarded(lambda: bench().scribbles_each(place, strokes, settings))


def propose_from_outline(
    place: Place, polygon: Polygon, settings: Mapping[str, Any]
) -> Shape | Failure:
    """Run the outline tool."""
    return _guarded(lambda: bench().outline(place, polygon, settings))


def propose_region(place: Place, tool: str, settings: Mapping[str, Any]) -> Shape | Failure:
    """Run a region tool."""
    return _guarded(lambda: bench().region(place, tool, settings))


def propose_edit(
    place: Place, tool: str, shape: Geometry, settings: Mapping[str, Any]
) -> tuple[Shape, ...] | Failure:
    """Run an edit tool."""
    return _guarded(lambda: bench().edit(place, tool, shape, settings))


def cut_out(place: Place, shape: Geometry, soft: float) -> bytes | Failure:
    """Make a picture of one object."""
    return _guarded(lambda: bench().cutout(place, shape, soft))


def _guarded(work: Callable[[], _Value]) -> _Value | Failure:
    try:
        return work()
    except DatasetBuilderError as error:
        return Failure(type(error).__name__, str(error))
