"""TIFF: what the first page says of itself, and the pages that Pillow would change.

Pillow reads eight-bit pages and single-channel ones well. It drops extra channels, halves the depth
of colour pages and leaves deep *MinIsWhite* pages inverted; those go through tifffile.

References
----------
.. [1] TIFF Revision 6.0, sections 2 (structure) and 15 (tiles).
"""

import io
import struct
from dataclasses import dataclass
from math import ceil

import numpy as np

from datasetbuilder.errors import ImageRefused

MAX_PAGES_COUNTED = 1000

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_MAX_VALUES = 5_000_000
_MIN_IS_WHITE, _CMYK = 0, 5
_ALPHA = (1, 2)


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of the first page that decide how it is read."""

    width: int
    height: int
    samples: int
    bits: tuple[int, ...]
    formats: tuple[int, ...]
    photometric: int
    compression: int
    extra: tuple[int, ...]
    separate: bool
    orientation: int
    pages: int

    @property
    def alpha(self) -> bool:
        """Whether the last channel is an opacity."""
        return len(self.extra) == 1 and self.extra[0] in _ALPHA

    @property
    def pillow_keeps(self) -> bool:
        """Whether Pillow gives every sample as it is stored."""
        unsigned = set(self.formats) <= {1}
        if max(self.bits) <= 8:
            known = self.samples in (1, 3) and not self.extra
            known = known or (self.samples == 4 and self.photometric == _CMYK)
            return unsigned and (known or (self.alpha and self.samples in (2, 4)))
        if self.samples != 1 or self.photometric == _MIN_IS_WHITE:
            return False
        return (self.bits[0], self.formats[0]) in ((16, 1), (32, 2), (32, 3))


def is_tiff(data: bytes) -> bool:
    """Whether the bytes begin like a classic TIFF or a BigTIFF."""
    return data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def layout_of(data: bytes) -> Layout:
    """Read the first page's fields and check that its strips or tiles cover the whole page.

    Raises
    ------
    ImageRefused
        If the fields contradict each other or the file's length.
    """
    try:
        walker = _Walker(data)
        layout = _layout(walker.fields(walker.first), walker.pages())
        _check_coverage(walker.fields(walker.first), layout, len(data))
    except struct.error:
        raise ImageRefused("is cut short: its TIFF directory is incomplete") from None
    return layout


def array_from_page(data: bytes, layout: Layout) -> np.ndarray:
    """The first page with all its samples, as stored, shape (H, W) or (H, W, C)."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        array, axes = page.asarray(maxworkers=1), page.axes
    if axes == "SYX":
        array, axes = np.moveaxis(array, 0, -1), "YXS"
    if axes not in ("YX", "YXS") or array.dtype.kind not in "uifb":
        raise ImageRefused(f"holds a {array.dtype} page with axes {axes}, not a flat image")
    if layout.photometric == _MIN_IS_WHITE and array.dtype.kind == "u":
        array = np.asarray((1 << layout.bits[0]) - 1, array.dtype) - array
    return array


class _Walker:
    """Steps through the chain of page directories."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"
        self.big = data[2:4] in (b"+\0", b"\0+")
        self.first = self._read("Q", 8) if self.big else self._read("I", 4)

    def _read(self, code: str, offset: int) -> int:
        return struct.unpack_from(self.order + code, self.data, offset)[0]

    def _entries(self, offset: int) -> tuple[int, int, int]:
        """Where the entries begin, how many there are and how long each is."""
        if self.big:
            return offset + 8, self._read("Q", offset), 20
        return offset + 2, self._read("H", offset), 12

    def pages(self) -> int:
        seen: set[int] = set()
        offset = self.first
        while offset and offset not in seen and len(seen) < MAX_PAGES_COUNTED:
            if offset + 2 > len(self.data):
                break
            seen.add(offset)
            start, count, size = self._entries(offset)
            end = start + count * size
            if end + (8 if self.big else 4) > len(self.data):
                break
            offset = self._read("Q" if self.big else "I", end)
        return len(seen)

    def fields(self, offset: int) -> dict[int, tuple[int, ...]]:
        start, count, size = self._entries(offset)
        if start + count * size > len(self.data):
            raise ImageRefused("is cut short: its TIFF directory is incomplete")
        values = {}
        for entry in range(start, start + count * size, size):
            tag, kind = struct.unpack_from(self.order + "HH", self.data, entry)
            if kind in _CODES and tag not in values:
                values[tag] = self._values(entry + 4, kind)
        return values

    def _values(self, at: int, kind: int) -> tuple[int, ...]:
        inline, code = (8, "Q") if self.big else (4, "I")
        count = self._read(code, at)
        if count > _MAX_VALUES:
            raise ImageRefused(f"has a TIFF field of {count} values; the limit is {_MAX_VALUES}")
        at += inline
        if count * _SIZES[kind] > inline:
            at = self._read(code, at)
        return struct.unpack_from(f"{self.order}{count}{_CODES[kind]}", self.data, at)


def _layout(fields: dict[int, tuple[int, ...]], pages: int) -> Layout:
    def one(tag: int, default: int) -> int:
        return next(iter(fields.get(tag, ())), default)

    samples = one(277, 1)
    width, height = one(256, 0), one(257, 0)
    if width < 1 or height < 1 or not 1 <= samples <= 1024:
        raise ImageRefused(f"says it has {width} by {height} pixels of {samples} channels")
    orientation = one(274, 1)
    return Layout(
        width=width,
        height=height,
        samples=samples,
        bits=fields.get(258) or (1,),
        formats=fields.get(339) or (1,),
        photometric=one(262, 1),
        compression=one(259, 1),
        extra=fields.get(338, ()),
        separate=one(284, 1) == 2,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        pages=pages,
    )


def _check_coverage(fields: dict[int, tuple[int, ...]], layout: Layout, size: int) -> None:
    tiled = 324 in fields
    offsets = fields.get(324) or fields.get(273, ())
    counts = fields.get(325) or fields.get(279, ())
    needed = _tiles(fields, layout) if tiled else _strips(fields, layout)
    needed *= layout.samples if layout.separate else 1
    word = "tiles" if tiled else "strips"
    if len(offsets) < needed or (counts and len(counts) < needed):
        raise ImageRefused(
            f"is damaged: its {len(offsets)} {word} do not cover {layout.width} by "
            f"{layout.height} pixels, which takes {needed}"
        )
    if any(offset + count > size for offset, count in zip(offsets, counts, strict=False)):
        raise ImageRefused(f"is cut short: its {word} reach beyond the end of the file")
    if layout.compression == 1 and layout.photometric != 6:
        bits = layout.width * sum(_all_bits(layout))
        stored = sum(counts[:needed]) if counts else size - min(offsets)
        if stored < ceil(bits / 8) * layout.height:
            raise ImageRefused(
                f"is damaged: its {word} hold {stored} bytes, too few for {layout.width} by "
                f"{layout.height} pixels"
            )


def _all_bits(layout: Layout) -> tuple[int, ...]:
    return layout.bits if len(layout.bits) == layout.samples else layout.bits[:1] * layout.samples


def _strips(fields: dict[int, tuple[int, ...]], layout: Layout) -> int:
    rows = next(iter(fields.get(278, ())), layout.height)
    if rows < 1:
        raise ImageRefused("is damaged: its TIFF strips have no rows")
    return ceil(layout.height / rows)


def _tiles(fields: dict[int, tuple[int, ...]], layout: Layout) -> int:
    wide = next(iter(fields.get(322, ())), 0)
    high = next(iter(fields.get(323, ())), 0)
    if wide < 1 or high < 1:
        raise ImageRefused("is damaged: its TIFF tiles have no size")
    return ceil(layout.width / wide) * ceil(layout.height / high)
