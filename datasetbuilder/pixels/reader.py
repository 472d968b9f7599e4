"""The strict reader: what a file must be to count as an image.

It reads bytes, never a path: Pillow turns some uncompressed grey TIFFs to noise when it maps the
file itself. The whole picture is decoded before anything is said about it, so that a truncated file
cannot slip in, and EXIF orientation is applied exactly once. Meant to run in a child process
(`decoder`), since image libraries may crash, hang or raise anything.
"""

import hashlib
import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from datasetbuilder.errors import ImageRefused
from datasetbuilder.pixels import foreign, tiff
from datasetbuilder.pixels.files import MAX_BYTES

MAX_PIXELS = 150_000_000
MAX_PIXELS_PER_BYTE = 5_000
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF")

_ORIENTATION = 0x0112
_EXIF_FAULTS = (OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error)
_TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What a readable file holds.

    ``width`` and ``height`` are upright; ``dtype`` and ``channels`` those of `read_pixels`;
    ``orientation`` is the file's EXIF value; ``pages`` counts pages or frames, TIFF pages to 1000
    at most, while 2 stands for any number of GIF frames, which only a full decoding would count;
    ``likeness`` is filled in where it was asked for.
    """

    format: str
    width: int
    height: int
    dtype: str
    channels: int
    orientation: int
    pages: int
    sha256: str
    size: int
    notes: tuple[str, ...] = ()
    likeness: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded picture: eight-bit as a Pillow image still to be turned, deeper as an array."""

    info: ImageInfo
    image: Pillow.Image | None = None
    array: np.ndarray | None = None
    turn: int = 1
    profile: bytes | None = None

    def pixels(self) -> np.ndarray:
        """The upright pixels in their original depth, shape (H, W) or (H, W, C)."""
        if self.array is not None:
            return self.array
        assert self.image is not None
        return np.asarray(turned(self.image, self.turn))


def inspect(data: bytes, name: str = "image") -> ImageInfo:
    """Say what an image file holds, after decoding all of it.

    Raises
    ------
    ImageRefused
        If the bytes are not one whole image within the limits.
    """
    with _naming(name):
        return decode(data).info


def read_pixels(data: bytes, name: str = "image") -> np.ndarray:
    """The upright picture in its original depth.

    Opacity is laid on white, palettes and CMYK become RGB, one-bit images 0 and 255; of several
    pages or frames the first is read.

    Returns
    -------
    pixels : ndarray, shape (H, W) for grey, else (H, W, C)

    Raises
    ------
    ImageRefused
        If the bytes are not one whole image within the limits.
    """
    with _naming(name):
        return decode(data).pixels()


def decode(data: bytes, *, near: int | None = None) -> Frame:
    """Decode strictly; the refusal carries the reason alone.

    Parameters
    ----------
    data : bytes
        The whole file.
    near : int, optional
        A longer side that is enough: a JPEG is then decoded at the eighth, quarter or half that
        still reaches it. ``Frame.info`` keeps the full size.
    """
    if not 1 <= len(data) <= MAX_BYTES:
        raise ImageRefused("is empty" if not data else f"has more than {MAX_BYTES >> 20} MB")
    try:
        with _strict_pillow():
            return _decode(data, near)
    except ImageRefused:
        raise
    except UnidentifiedImageError:
        raise foreign.refusal(data) from None
    except (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError):
        raise ImageRefused(_too_many_pixels()) from None
    except MemoryError:
        raise ImageRefused("needs more memory than one image may take") from None
    except Exception as error:
        raise ImageRefused(f"is damaged or cut short ({_short(error)})") from error


def turned(image: Pillow.Image, orientation: int) -> Pillow.Image:
    """The image as it is meant to be seen."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def turned_array(array: np.ndarray, orientation: int) -> np.ndarray:
    """The samples as they are meant to be seen."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))


# --- the two ways in --------------------------------------------------------------------------


def _decode(data: bytes, near: int | None) -> Frame:
    if tiff.is_tiff(data):
        layout = tiff.layout_of(data)
        _check_pixels(layout.width, layout.height, len(data))
        if not layout.pillow_keeps:
            return _frame_from_page(data, layout)
    image = Pillow.open(io.BytesIO(data), formats=FORMATS)
    _check_pixels(*image.size, len(data))
    if image.format == "PNG":
        image.verify()
        image = Pillow.open(io.BytesIO(data), formats=FORMATS)
    return _frame_from_pillow(data, image, near)


def _frame_from_page(data: bytes, layout: tiff.Layout) -> Frame:
    array = tiff.array_from_page(data, layout)
    if layout.alpha and array.ndim == 3:
        array = _on_white(array)
    array = turned_array(array, layout.orientation)
    notes = _page_notes("page", layout.pages) + _channel_notes(array)
    return _frame(data, "TIFF", array, layout.orientation, layout.pages, notes)


def _frame_from_pillow(data: bytes, image: Pillow.Image, near: int | None) -> Frame:
    width, height = image.size
    form = "JPEG" if image.format == "MPO" else str(image.format)
    is_page = form == "TIFF"
    pages = tiff.layout_of(data).pages if is_page else _frames(image)
    notes = _page_notes("page" if is_page else "frame", pages)
    tagged = _orientation(image) if is_page else None
    if near is not None and form == "JPEG":
        scale = min(1.0, near / max(image.size))
        image.draft(None, (round(width * scale) or 1, round(height * scale) or 1))
    image.load()
    orientation = _orientation(image) if tagged is None else tagged
    if orientation is None:
        orientation, notes = 1, (*notes, "its EXIF block is damaged and was not used")
    turn = 1 if is_page else orientation
    if _is_deep(data, image):
        array = turned_array(_deep_array(data, image), turn)
        return _frame(data, form, array, orientation, pages, notes)
    if is_page:
        width, height = image.size
    elif turn >= 5:
        width, height = height, width
    flat = _flat(image)
    info = ImageInfo(
        format=form,
        width=width,
        height=height,
        dtype="uint8",
        channels=1 if flat.mode == "L" else 3,
        orientation=orientation,
        pages=pages,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        notes=notes,
    )
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA", "P") else None
    return Frame(info, image=flat, turn=turn, profile=profile)


def _frame(  # noqa: PLR0913 - one value per field
    data: bytes,
    form: str,
    array: np.ndarray,
    orientation: int,
    pages: int,
    notes: tuple[str, ...],
) -> Frame:
    info = ImageInfo(
        format=form,
        width=array.shape[1],
        height=array.shape[0],
        dtype=array.dtype.name,
        channels=1 if array.ndim == 2 else array.shape[2],
        orientation=orientation,
        pages=pages,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        notes=notes,
    )
    return Frame(info, array=array)


# --- checks -----------------------------------------------------------------------------------


def _check_pixels(width: int, height: int, size: int) -> None:
    pixels = width * height
    if pixels > MAX_PIXELS:
        raise ImageRefused(f"{_too_many_pixels()} ({width} by {height})")
    if pixels > MAX_PIXELS_PER_BYTE * size:
        raise ImageRefused(
            f"claims {width} by {height} pixels in {size} bytes; more than "
            f"{MAX_PIXELS_PER_BYTE} pixels per byte are taken for an attack"
        )


def _too_many_pixels() -> str:
    return f"has more than {MAX_PIXELS // 10**6} megapixels, which is the limit"


def _frames(image: Pillow.Image) -> int:
    if image.format == "GIF":
        return 2 if getattr(image, "is_animated", False) else 1
    return getattr(image, "n_frames", 1)


def _page_notes(word: str, pages: int) -> tuple[str, ...]:
    if pages < 2:
        return ()
    count = f"{pages} pages" if word == "page" else "its frames"
    return (f"only the first of {count} is used",)


def _channel_notes(array: np.ndarray) -> tuple[str, ...]:
    if array.ndim == 2 or array.shape[2] <= 3:
        return ()
    return (f"has {array.shape[2]} channels, of which the first three are shown",)


def _orientation(image: Pillow.Image) -> int | None:
    """The EXIF value from 1 to 8; None where the EXIF block cannot be read."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _EXIF_FAULTS:
        return None
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


# --- samples ----------------------------------------------------------------------------------


def _is_deep(data: bytes, image: Pillow.Image) -> bool:
    return image.mode.startswith(("I", "F")) or is_deep_colour_png(data)


def is_deep_colour_png(data: bytes) -> bool:
    """Whether this is a 16-bit PNG of several channels, which Pillow would cut to 8 bits."""
    return data.startswith(b"\x89PNG") and data[24] == 16 and data[25] in (2, 4, 6)


def _deep_array(data: bytes, image: Pillow.Image) -> np.ndarray:
    if not is_deep_colour_png(data):
        array = np.asarray(image)
        return array.astype(np.uint16) if image.format == "PNG" else array
    image.close()  # frees the copy that was cut to eight bits
    import imagecodecs

    array = imagecodecs.png_decode(data)
    return _on_white(array) if data[25] in (4, 6) else array


def _on_white(array: np.ndarray) -> np.ndarray:
    """Lay the last channel's opacity on white; two channels become grey, four RGB."""
    height, width, channels = array.shape
    colour = np.empty((height, width, channels - 1), array.dtype)
    white = np.iinfo(array.dtype).max if array.dtype.kind in "ui" else 1
    for row, flat in zip(array, colour, strict=True):
        flat[:] = row[:, :-1]
        clear = row[:, -1] != white
        if clear.any():
            flat[clear] = _mixed_with_white(row[clear], white)
    return colour[:, :, 0] if colour.shape[-1] == 1 else colour


def _mixed_with_white(samples: np.ndarray, white: int) -> np.ndarray:
    opacity = samples[:, -1:].astype(np.float64) / white
    mixed = samples[:, :-1] * opacity + white * (1.0 - opacity)
    return np.round(mixed) if samples.dtype.kind in "ui" else mixed


def _flat(image: Pillow.Image) -> Pillow.Image:
    """The picture as plain grey or RGB, on white where it is transparent."""
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode in ("CMYK", "YCbCr"):
        return image.convert("RGB")
    if image.mode == "P" and "transparency" not in image.info:
        return image.convert("RGB")
    if image.mode not in ("P", "PA", "L", "RGB", "LA", "La", "RGBA", "RGBa"):
        raise ImageRefused(f"is in colour space {image.mode}; save it as RGB or grey")
    opaque = image.convert("LA" if image.mode in ("L", "LA", "La") else "RGBA")
    white = Pillow.new(opaque.mode[:-1], opaque.size, "white")
    white.paste(opaque.convert(white.mode), mask=opaque.getchannel("A"))
    return white


# --- how Pillow is held -----------------------------------------------------------------------


@contextmanager
def _strict_pillow() -> Iterator[None]:
    before = Pillow.MAX_IMAGE_PIXELS
    Pillow.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            yield
    finally:
        Pillow.MAX_IMAGE_PIXELS = before


@contextmanager
def _naming(name: str) -> Iterator[None]:
    try:
        yield
    except ImageRefused as refused:
        raise ImageRefused(f"{name}: {refused}") from refused.__cause__


def _short(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else f"{text[:157]}…"
