"""The size of a pixel as a file records it: what a microscope wrote, never a print density.

OME-XML and ImageJ's description say a unit; a TIFF alone counts with pixels per centimetre. The
dots per inch of photographs are a wish about paper and say nothing of what was photographed.

References
----------
.. [1] OME-XML 2016-06, attributes PhysicalSizeX and PhysicalSizeXUnit.
.. [2] TIFF Revision 6.0, section 8: XResolution, YResolution, ResolutionUnit.
"""

import io
import math
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from PIL import Image as Pillow

from datasetbuilder.pixels import tiff

PixelSize: TypeAlias = tuple[float, str]

_DESCRIPTION, _ACROSS, _DOWN, _UNIT = 270, 282, 283, 296
_UNEQUAL = 0.01
_CENTIMETRE = 3
_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("micron", "microns", "um", "µm", "μm", "micrometer", "micrometre"), "µm"),
    **dict.fromkeys(("nm", "nanometer", "nanometre"), "nm"),
    **dict.fromkeys(("mm", "millimeter", "millimetre"), "mm"),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), "cm"),
    **dict.fromkeys(("m", "meter", "metre"), "m"),
    **dict.fromkeys(("inch", "inches", "in"), "in"),
}


def pixel_size(data: bytes) -> PixelSize | None:
    """How long a pixel is and in which unit; None where the file does not say.

    Meant for the child process, since Pillow parses the file's directory.
    """
    if not tiff.is_tiff(data):
        return None
    with Pillow.open(io.BytesIO(data), formats=("TIFF",)) as image:
        tags: Mapping[int, Any] = dict(image.tag_v2)  # type: ignore[attr-defined]
    text = tags.get(_DESCRIPTION, "")
    text = text if isinstance(text, str) else ""
    said = _from_ome(text) if "<OME" in text[:2000] else _from_resolution(tags, text)
    return said if said and math.isfinite(said[0]) and said[0] > 0 else None


def _from_resolution(tags: Mapping[int, Any], text: str) -> PixelSize | None:
    across, down = (float(tags.get(tag, 0)) for tag in (_ACROSS, _DOWN))
    if not (across > 0 and down > 0) or abs(across / down - 1) > _UNEQUAL:
        return None
    if text.startswith("ImageJ="):
        named = re.search(r"^unit=(\S+)", text, re.MULTILINE)
        unit = _UNITS.get(_unescaped(named[1]).lower()) if named else None
        return (1 / across, unit) if unit else None
    return (1e4 / across, "µm") if tags.get(_UNIT) == _CENTIMETRE else None


def _from_ome(text: str) -> PixelSize | None:
    found = {
        key: value
        for key, value in re.findall(r'\b(PhysicalSize[XY](?:Unit)?)="([^"]{1,40})"', text)
    }
    unit = _UNITS.get(found.get("PhysicalSizeXUnit", "µm").lower())
    try:
        across, down = (float(found[key]) for key in ("PhysicalSizeX", "PhysicalSizeY"))
    except (KeyError, ValueError):
        return None
    if unit is None or down <= 0 or abs(across / down - 1) > _UNEQUAL:
        return None
    return across, unit


def _unescaped(unit: str) -> str:
    return unit.replace("\\u00B5", "µ").replace("\\u00b5", "µ")
