"""Corrections: a recipe of steps on top of a stored picture, whose file is never changed.

Steps that move pixels (straighten, quarter turns, crop, perspective) make the `Frame` in which
labels are seen; steps in a row are carried out as one, so that a picture is resampled once. Steps
that change values (`datasetbuilder.pixels.exposure`) leave the frame alone.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import groupby
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import DataError, WireError
from datasetbuilder.geometry.centres import HALF
from datasetbuilder.geometry.frames import Frame, sources
from datasetbuilder.model import Point
from datasetbuilder.pixels import exposure

MOST = 30
Pixels: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Straighten:
    """Turn clockwise by degrees; ``whole`` keeps every pixel, else no edge of the old is seen."""

    name: ClassVar[str] = "straighten"
    degrees: float
    whole: bool = False

    def moved(self, frame: Frame) -> Frame:
        """The frame behind the turn."""
        height, width = frame.size
        turn = math.radians(self.degrees)
        cosine, sine = math.cos(turn), math.sin(turn)
        size = (_around if self.whole else _inside)(height, width, abs(cosine), abs(sine))
        (high, wide), (x, y) = size, (width / 2, height / 2)
        matrix = [
            [cosine, -sine, wide / 2 - cosine * x + sine * y],
            [sine, cosine, high / 2 - sine * x - cosine * y],
            [0, 0, 1],
        ]
        return frame.then(matrix, size, exact=self.degrees == 0)


@dataclass(frozen=True, slots=True)
class QuarterTurn:
    """Turn clockwise by quarters."""

    name: ClassVar[str] = "turn"
    quarters: int = 1

    def moved(self, frame: Frame) -> Frame:
        """The frame behind the turn."""
        for _ in range(self.quarters % 4):
            height, width = frame.size
            frame = frame.then([[0, -1, height], [1, 0, 0], [0, 0, 1]], (width, height), exact=True)
        return frame


@dataclass(frozen=True, slots=True)
class Crop:
    """Keep a rectangle of whole pixels, in the frame of the step before."""

    name: ClassVar[str] = "crop"
    x: int
    y: int
    width: int
    height: int

    def moved(self, frame: Frame) -> Frame:
        """The frame behind the crop; DataError if nothing is left."""
        high, wide = frame.size
        left, top = max(self.x, 0), max(self.y, 0)
        right, bottom = min(self.x + self.width, wide), min(self.y + self.height, high)
        if right <= left or bottom <= top:
            raise DataError(f"The crop lies outside of {wide} by {high} pixels; draw it anew.")
        size = (bottom - top, right - left)
        return frame.then([[1, 0, -left], [0, 1, -top], [0, 0, 1]], size, exact=True)


@dataclass(frozen=True, slots=True)
class Perspective:
    """Make a rectangle of four points, clockwise from the one that becomes the top left."""

    name: ClassVar[str] = "perspective"
    points: tuple[Point, ...]

    def moved(self, frame: Frame) -> Frame:
        """The frame of the rectangle; DataError where the points are none of one."""
        corners = np.array(self.points, float)
        sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
        width, height = round((sides[0] + sides[2]) / 2), round((sides[1] + sides[3]) / 2)
        if not _is_convex(corners) or width < 1 or height < 1:
            raise DataError("The four points must go around a shape without a dent; set them anew.")
        return frame.then(_projection(corners, width, height), (height, width), exact=False)


@dataclass(frozen=True, slots=True)
class Gamma:
    """Values to a power: below 1 brightens, above 1 darkens."""

    name: ClassVar[str] = "gamma"
    value: float

    def changed(self, pixels: Pixels, _reference: "Reference") -> Pixels:
        """The picture behind the step."""
        return exposure.powered(pixels, self.value)


@dataclass(frozen=True, slots=True)
class Equalise:
    """Even out local contrast (CLAHE); ``limit`` from 0 (not at all) to 1."""

    name: ClassVar[str] = "equalise"
    limit: float = 0.01

    def changed(self, pixels: Pixels, _reference: "Reference") -> Pixels:
        """The picture behind the step."""
        return exposure.equalised(pixels, self.limit)


@dataclass(frozen=True, slots=True)
class Match:
    """Give the picture the brightness and colours of another image of the project."""

    name: ClassVar[str] = "match"
    image_id: int

    def changed(self, pixels: Pixels, reference: "Reference") -> Pixels:
        """The picture behind the step."""
        return exposure.matched(pixels, reference(self.image_id))


@dataclass(frozen=True, slots=True)
class FlatField:
    """Take uneven light out by dividing through its own blur, ``sigma`` pixels wide."""

    name: ClassVar[str] = "flat field"
    sigma: float = 50.0

    def changed(self, pixels: Pixels, _reference: "Reference") -> Pixels:
        """The picture behind the step."""
        return exposure.flattened(pixels, self.sigma)


@dataclass(frozen=True, slots=True)
class Background:
    """Take away a dark or bright ground that varies over more than ``radius`` pixels."""

    name: ClassVar[str] = "background"
    radius: int = 50
    bright: bool = False

    def changed(self, pixels: Pixels, _reference: "Reference") -> Pixels:
        """The picture behind the step."""
        return exposure.without_background(pixels, self.radius, bright=self.bright)


@dataclass(frozen=True, slots=True)
class Denoise:
    """Take noise out by one of `exposure.DENOISERS`; ``strength`` from 0 to 1."""

    name: ClassVar[str] = "denoise"
    method: str = "median"
    strength: float = 0.3

    def changed(self, pixels: Pixels, _reference: "Reference") -> Pixels:
        """The picture behind the step."""
        return exposure.denoised(pixels, self.method, self.strength)


Moving: TypeAlias = Straighten | QuarterTurn | Crop | Perspective
Changing: TypeAlias = Gamma | Equalise | Match | FlatField | Background | Denoise
Correction: TypeAlias = Moving | Changing
Recipe: TypeAlias = tuple[Correction, ...]
Reference: TypeAlias = Callable[[int], Pixels]

_KINDS: Mapping[str, type[Correction]] = {
    kind.name: kind
    for kind in (
        *(Straighten, QuarterTurn, Crop, Perspective),
        *(Gamma, Equalise, Match, FlatField, Background, Denoise),
    )
}
_BOUNDS = {
    "degrees": (-360, 360),
    "quarters": (-4, 4),
    "value": (0.05, 20),
    "limit": (0, 1),
    "sigma": (1, 10_000),
    "radius": (1, 1_000),
    "strength": (0, 1),
    "width": (1, 2**31),
    "height": (1, 2**31),
    "image_id": (1, 2**53),
}


# --- what a recipe does ---------------------------------------------------------------------------


def frame_of(recipe: Sequence[Correction], shape: tuple[int, int]) -> Frame:
    """Where the original of ``(height, width)`` is in the corrected picture."""
    frame = Frame.whole(shape)
    for step in recipe:
        if isinstance(step, Moving):
            frame = step.moved(frame)
    return frame


def corrected(pixels: Pixels, recipe: Sequence[Correction], *, reference: Reference) -> Pixels:
    """The corrected picture, in the depth of the original.

    Parameters
    ----------
    pixels : ndarray of shape (H, W) or (H, W, C)
    recipe : sequence of steps
    reference : callable
        Gives the pixels of another image, for `Match`.
    """
    for moves, steps in groupby(recipe, key=lambda step: isinstance(step, Moving)):
        if moves:
            pixels = moved_pixels(pixels, frame_of(list(steps), pixels.shape[:2]))
        else:
            for step in steps:
                pixels = step.changed(pixels, reference)  # type: ignore[union-attr]
    return pixels


def moved_pixels(pixels: Pixels, frame: Frame) -> Pixels:
    """A picture in its frame: pixel by pixel where that is exact, else between its pixels."""
    height, width = frame.size
    if frame.exact:
        return _gathered(pixels, frame)
    to_centres = np.array([[1, 0, -HALF], [0, 1, -HALF], [0, 0, 1]])
    matrix = to_centres @ frame.matrix @ np.linalg.inv(to_centres)
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    found = [_warped(planes[..., c], matrix, (width, height)) for c in range(planes.shape[2])]
    return found[0] if pixels.ndim == 2 else np.stack(found, axis=-1)


def _gathered(pixels: Pixels, frame: Frame) -> Pixels:
    """A quarter turn or a crop: a line of the result is a line of the original."""
    height, width = frame.size
    first_line, first_column = sources(frame, (0, 0, width, 1)), sources(frame, (0, 0, 1, height))
    if frame.matrix[0, 0]:
        return pixels[first_column[1], first_line[0]]
    return pixels[first_line[1], first_column[0]]


def _warped(plane: Pixels, matrix: NDArray[np.float64], size: tuple[int, int]) -> Pixels:
    import cv2

    smooth = plane.dtype in (np.uint8, np.uint16, np.int16, np.float32, np.float64)
    source = np.ascontiguousarray(plane if smooth else plane.astype(np.float64))
    found: Any = cv2.warpPerspective(source, matrix, size, flags=cv2.INTER_LINEAR)
    return found if smooth else np.rint(found).astype(plane.dtype)


def scaled(recipe: Sequence[Correction], factor: float) -> Recipe:
    """A recipe for a copy of the picture that is smaller by a factor, to be looked at quickly."""
    return tuple(_scaled(one, factor) for one in recipe)


def _scaled(one: Correction, factor: float) -> Correction:
    match one:
        case Crop(x, y, width, height):
            left, top = round(x * factor), round(y * factor)
            right, bottom = round((x + width) * factor), round((y + height) * factor)
            return Crop(left, top, max(1, right - left), max(1, bottom - top))
        case Perspective(points):
            return Perspective(tuple((x * factor, y * factor) for x, y in points))
        case FlatField(sigma):
            return FlatField(max(0.5, sigma * factor))
        case Background(radius):
            return replace(one, radius=max(1, round(radius * factor)))
        case _:
            return one


def degrees_from_horizon(start: Point, end: Point) -> float:
    """By how much to turn so that a drawn line lies level, or upright if it is nearer to that.

    Raises
    ------
    DataError
        If both ends are one point.
    """
    across, down = end[0] - start[0], end[1] - start[1]
    if across == 0 and down == 0:
        raise DataError("The line has no length; draw it along the horizon.")
    angle = math.degrees(math.atan2(down, across))
    return -((angle + 45) % 90 - 45)


def _around(height: int, width: int, cosine: float, sine: float) -> tuple[int, int]:
    wide, high = width * cosine + height * sine, width * sine + height * cosine
    return math.ceil(high - 1e-9), math.ceil(wide - 1e-9)


def _inside(height: int, width: int, cosine: float, sine: float) -> tuple[int, int]:
    """The largest upright rectangle about the middle that holds nothing but picture."""
    long, short = max(width, height), min(width, height)
    if short <= 2 * sine * cosine * long or abs(sine - cosine) < 1e-10:
        half = short / 2
        wide, high = (
            (half / sine, half / cosine) if width >= height else (half / cosine, half / sine)
        )
    else:
        double = cosine * cosine - sine * sine
        wide = (width * cosine - height * sine) / double
        high = (height * cosine - width * sine) / double
    return max(1, math.floor(high + 1e-9)), max(1, math.floor(wide + 1e-9))


def _is_convex(corners: NDArray[np.float64]) -> bool:
    if len(corners) != 4 or not np.isfinite(corners).all():
        return False
    edges = np.roll(corners, -1, axis=0) - corners
    following = np.roll(edges, -1, axis=0)
    return bool((edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0] > 0).all())


def _projection(corners: NDArray[np.floating], width: int, height: int) -> NDArray[np.float64]:
    """The map that takes four points to the corners of a rectangle."""
    goals = [(0, 0), (width, 0), (width, height), (0, height)]
    rows, values = [], []
    for (x, y), (u, v) in zip(corners.tolist(), goals, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(values, float)), 1).reshape(3, 3)


# --- recipes as JSON ------------------------------------------------------------------------------


def recipe_to_wire(recipe: Sequence[Correction]) -> list[dict[str, Any]]:
    """A recipe as JSON."""
    return [{"correction": one.name, **_plain(asdict(one))} for one in recipe]


def _plain(fields_of: dict[str, Any]) -> dict[str, Any]:
    if "points" in fields_of:
        fields_of["points"] = [list(point) for point in fields_of["points"]]
    return fields_of


def recipe_from_wire(said: Any, path: str = "recipe") -> Recipe:
    """A recipe that was JSON.

    Raises
    ------
    WireError
        Naming the step and the field that is wrong.
    """
    if not isinstance(said, list) or len(said) > MOST:
        raise WireError(path, f"must be a list of at most {MOST} steps")
    return tuple(_step(one, f"{path}[{k}]") for k, one in enumerate(said))


def _step(said: Any, path: str) -> Correction:
    if not isinstance(said, Mapping) or said.get("correction") not in _KINDS:
        raise WireError(f"{path}.correction", f"must be one of {', '.join(_KINDS)}")
    kind = _KINDS[said["correction"]]
    known = {field.name: field for field in fields(kind)}
    values = {name: value for name, value in said.items() if name != "correction"}
    for name, value in values.items():
        if name not in known:
            raise WireError(f"{path}.{name}"[:200], f"is not known; known are {', '.join(known)}")
        values[name] = _value(name, known[name].type, value, f"{path}.{name}")
    try:
        return kind(**values)
    except TypeError:
        raise WireError(path, f"needs {', '.join(known)}") from None


def _value(name: str, kind: Any, value: Any, path: str) -> Any:
    if name == "points":
        return _points(value, path)
    if name == "method":
        if value not in exposure.DENOISERS:
            raise WireError(path, f"must be one of {', '.join(exposure.DENOISERS)}")
        return value
    if kind is bool:
        if not isinstance(value, bool):
            raise WireError(path, "must be true or false")
        return value
    low, high = _BOUNDS.get(name, (-(2**31), 2**31))
    wrong = isinstance(value, bool) or not isinstance(value, int if kind is int else int | float)
    if wrong or not low <= value <= high:
        raise WireError(
            path, f"must be a {'whole ' if kind is int else ''}number from {low} to {high}"
        )
    return value


def _points(value: Any, path: str) -> tuple[Point, ...]:
    pairs = value if isinstance(value, list) else []
    good = [
        (float(one[0]), float(one[1]))
        for one in pairs
        if isinstance(one, list) and len(one) == 2 and all(_is_number(side) for side in one)
    ]
    if len(pairs) != 4 or len(good) != 4:
        raise WireError(path, "must be four points [x, y]")
    return tuple(good)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**31
