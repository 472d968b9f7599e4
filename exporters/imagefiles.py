"""The pixels of an export: copied with their coded bytes, linked, or left where they are."""

import io
import os
from dataclasses import dataclass, field
from pathlib import Path

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.options import COPY, LINK
from datasetbuilder.exporters.stripping import stripped, with_png_colours
from datasetbuilder.model import Image, Snapshot

QUALITY = 95


@dataclass(slots=True)
class ImageFiles:
    """Hands out the file of each image and remembers which were turned upright.

    Attributes
    ----------
    snapshot : Snapshot
        Opens the originals.
    reencoded : dict of int to str
        Names of the images whose pixels were coded anew, by id.
    """

    snapshot: Snapshot
    reencoded: dict[int, str] = field(default_factory=dict)

    def contents(self, image: Image) -> bytes:
        """The file as it is exported: upright, without metadata.

        Raises
        ------
        FormatError
            If the original does not follow its format.
        """
        with self.snapshot.open_pixels(image) as file:
            data = file.read()
        if image.orientation == 1:
            return stripped(data, image.name)
        self.reencoded[image.id] = image.name
        return upright(data, image)

    def place(self, image: Image, target: Path, way: str) -> None:
        """Copy, link or leave the file, as ``way`` says."""
        if way == COPY:
            self.copy(image, target)
        elif way == LINK:
            self.link(image, target)

    def copy(self, image: Image, target: Path) -> None:
        """Write the file as it is exported, unless another format has put it there."""
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self.contents(image))

    def link(self, image: Image, target: Path) -> None:
        """Point to the original.

        Raises
        ------
        FormatError
            If the original is stored turned or is no file of this machine.
        """
        if target.is_symlink():
            return
        if image.orientation != 1:
            raise FormatError(
                f"{image.name} is stored turned (orientation {image.orientation}) and most readers "
                "would show it so. Export with images='copy' (--images copy) to turn it upright."
            )
        with self.snapshot.open_pixels(image) as file:
            original = getattr(file, "name", None)
        if not isinstance(original, str | os.PathLike) or not os.path.isfile(original):
            raise FormatError(
                f"{image.name} is no file of this machine, so there is nothing to link to. "
                "Export with images='copy' (--images copy)."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.symlink_to(os.path.abspath(original))
        except OSError as error:
            raise FormatError(
                f"{image.name} cannot be linked to: {error.strerror}. "
                "Export with images='copy' (--images copy)."
            ) from error


def upright(data: bytes, image: Image) -> bytes:
    """The picture turned as it is to be seen, coded in the same format.

    Raises
    ------
    FormatError
        If the result has not the size that the project knows.
    """
    contents, size = _upright(data, image.orientation)
    if size != (image.width, image.height):
        raise FormatError(
            f"{image.name} turned upright is {size[0]} by {size[1]} pixels, but the project says "
            f"{image.width} by {image.height}."
        )
    return contents


def _upright(data: bytes, orientation: int) -> tuple[bytes, tuple[int, int]]:
    from datasetbuilder.pixels.reader import is_deep_colour_png

    if data[:2] in (b"II", b"MM"):
        return _upright_tiff(data)
    if is_deep_colour_png(data):
        return _upright_deep_png(data, orientation)
    return _upright_picture(data)


def _upright_picture(data: bytes) -> tuple[bytes, tuple[int, int]]:
    from PIL import Image as Pillow
    from PIL import ImageOps

    with Pillow.open(io.BytesIO(data)) as picture:
        turned = ImageOps.exif_transpose(picture)
        profile = picture.info.get("icc_profile")
        coding = "JPEG" if picture.format == "MPO" else picture.format
        options: dict[str, object] = {"icc_profile": profile} if profile else {}
        if "transparency" in picture.info:
            options["transparency"] = picture.info["transparency"]
        if coding in ("JPEG", "WEBP"):
            options["quality"] = QUALITY
        if coding == "JPEG":
            options["subsampling"] = 0
        out = io.BytesIO()
        turned.info = {}
        turned.save(out, format=coding, **options)
        return stripped(out.getvalue(), "the picture"), turned.size


def _upright_deep_png(data: bytes, orientation: int) -> tuple[bytes, tuple[int, int]]:
    """Pillow would cut the samples to eight bits."""
    import imagecodecs

    from datasetbuilder.pixels.reader import turned_array

    pixels = turned_array(imagecodecs.png_decode(data), orientation)
    contents = with_png_colours(bytes(imagecodecs.png_encode(pixels)), data)
    return contents, (pixels.shape[1], pixels.shape[0])


def _upright_tiff(data: bytes) -> tuple[bytes, tuple[int, int]]:
    import tifffile

    from datasetbuilder.pixels.reader import read_pixels

    pixels = read_pixels(data, "the picture")
    out = io.BytesIO()
    colours = "rgb" if pixels.ndim == 3 and pixels.shape[2] in (3, 4) else "minisblack"
    tifffile.imwrite(
        out, pixels, photometric=colours, compression="zlib", metadata=None, software=False
    )
    return out.getvalue(), (pixels.shape[1], pixels.shape[0])
