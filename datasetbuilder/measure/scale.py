"""The physical scale: how long one pixel is, and in which unit."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datasetbuilder.errors import DataError, WireError

MAX_UNIT = 16


@dataclass(frozen=True, slots=True)
class Scale:
    """One pixel is ``per_pixel`` of ``unit`` long, across and down alike."""

    per_pixel: float
    unit: str

    def to_wire(self) -> dict[str, Any]:
        """As JSON."""
        return {"per_pixel": self.per_pixel, "unit": self.unit}


def scale_from_wire(value: Any, path: str = "scale") -> Scale:
    """Read a scale.

    Raises
    ------
    WireError
        If the size of a pixel is not above zero, or the unit is no short word.
    """
    if not isinstance(value, Mapping):
        raise WireError(path, "must be an object with per_pixel and unit")
    size, unit = value.get("per_pixel"), value.get("unit")
    if isinstance(size, bool) or not isinstance(size, int | float):
        raise WireError(f"{path}.per_pixel", "must be a number")
    if not (math.isfinite(size) and size > 0):
        raise WireError(f"{path}.per_pixel", "must be above zero: a pixel has some size")
    word = unit.strip() if isinstance(unit, str) else ""
    if not (0 < len(word) <= MAX_UNIT and word.isprintable()):
        raise WireError(f"{path}.unit", f"must be a word of 1 to {MAX_UNIT} letters, such as µm")
    return Scale(float(size), word)


def scale_from_known_length(pixels: float, known: float, unit: str) -> Scale:
    """The scale on which a line of ``pixels`` is ``known`` long.

    Raises
    ------
    DataError
        If either length is not above zero.
    """
    if not (math.isfinite(pixels) and pixels > 0):
        raise DataError("The line has no length: draw it along something whose length is known.")
    if not (math.isfinite(known) and known > 0):
        raise DataError("The known length must be above zero.")
    return scale_from_wire({"per_pixel": known / pixels, "unit": unit})
