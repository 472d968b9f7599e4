"""The files that browsers get: upright, eight bits, sRGB, without metadata."""

import io
import os
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from PIL import Image as Pillow
from PIL import ImageCms

from datasetbuilder.pixels.display import to_display
from datasetbuilder.pixels.reader import Frame, turned

RenditionKind: TypeAlias = Literal["thumb", "preview", "full"]
KINDS: tuple[RenditionKind, ...] = get_args(RenditionKind)
SIDES: dict[str, int | None] = {"thumb": 256, "preview": 2048, "full": None}
PREPARED: tuple[RenditionKind, ...] = ("thumb", "preview")

_VERSION = "v1"
_QUALITY = 90
_FULL_COLOUR_PIXELS = 5_000_000
_LONGEST_JPEG = 65_500


def rendition_path(cache: Path, sha256: str, kind: str, *, longest: int) -> Path:
    """Where the rendition of a content lies; PNG where a side is too long for JPEG."""
    side = min(longest, SIDES[kind] or longest)
    suffix = "jpg" if side <= _LONGEST_JPEG else "png"
    return cache / "renditions" / _VERSION / sha256[:2] / f"{sha256}.{kind}.{suffix}"


def write_rendition(picture: Pillow.Image, target: Path) -> None:
    """Encode a picture beside its place, then rename it into it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        _save(picture, draft, target.suffix)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def shown(frame: Frame, kind: str) -> Pillow.Image:
    """The upright eight-bit picture at the size of a rendition.

    The colours of an embedded profile become sRGB; grey stays grey.
    """
    if frame.array is not None:
        return fitted(Pillow.fromarray(to_display(frame.array)), kind)
    assert frame.image is not None
    small = fitted(frame.image, kind)
    return turned(_in_srgb(small, frame.profile), frame.turn)


def fitted(picture: Pillow.Image, kind: str) -> Pillow.Image:
    """The picture with its longer side at most that of the rendition; never enlarged."""
    side = SIDES[kind]
    if side is None or max(picture.size) <= side:
        return picture
    scale = side / max(picture.size)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    return picture.resize((width, height), Pillow.Resampling.LANCZOS, reducing_gap=2.0)


def _save(picture: Pillow.Image, path: Path, suffix: str) -> None:
    picture.info = {}  # Pillow writes comments and profiles that it finds here
    if suffix == ".png":
        picture.save(path, "PNG")
        return
    small = picture.width * picture.height <= _FULL_COLOUR_PIXELS
    picture.save(path, "JPEG", quality=_QUALITY, subsampling=0 if small else 2)


def _in_srgb(picture: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    if not profile or picture.mode != "RGB":
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return picture
    return converted or picture
