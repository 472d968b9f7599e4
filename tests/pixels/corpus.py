"""How the corpus of hostile and odd files is written down: one generator per input."""

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

DATA = Path(__file__).parents[1] / "data" / "images"

Write = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """An input and what must happen to it.

    ``refused`` is a part of the reason; otherwise ``size`` is (width, height), and ``pixel``
    ((x, y), value) in the upright array, within ``tolerance``.
    """

    file: str
    write: Write
    refused: str = ""
    size: tuple[int, int] = (0, 0)
    dtype: str = "uint8"
    channels: int = 3
    orientation: int = 1
    pages: int = 1
    note: str = ""
    pixel: tuple[tuple[int, int], Any] | None = None
    tolerance: float = 0

    @property
    def name(self) -> str:
        return self.write.__name__  # pyright: ignore[reportFunctionMemberAccess]


def cat() -> Pillow.Image:
    """A photograph of 200 by 160 pixels."""
    return Pillow.open(DATA / "cat.png").convert("RGB")


def nuclei() -> np.ndarray:
    """Three 16-bit channels of 100 rows by 120 columns, shape (3, 100, 120)."""
    return np.load(DATA / "nuclei_expected.npy")


def chunk(kind: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + check


def png(  # a header and rows as they are, for what Pillow would not write
    width: int, height: int, *, depth: int, colour: int, rows: bytes, more: bytes = b""
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + more
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def png_rows(array: np.ndarray) -> bytes:
    """Big-endian rows without filters."""
    return b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)


def tiff(fields: Mapping[int, tuple[int, ...]], body: bytes = b"", *, following: int = 0) -> bytes:
    """A little-endian TIFF of LONG fields; ``{strip}`` offsets count from the body's start."""
    entries, extra = b"", b""
    start = 8 + 2 + 12 * len(fields) + 4
    outside = sum(4 * len(values) for values in fields.values() if len(values) > 1)
    for tag, values in sorted(fields.items()):
        if tag in (273, 324):
            values = tuple(value + start + outside for value in values)
        packed = struct.pack(f"<{len(values)}I", *values)
        if len(values) > 1:
            where = start + len(extra)
            extra += packed
            packed = struct.pack("<I", where)
        entries += struct.pack("<HHI", tag, 4, len(values)) + packed
    head = b"II*\0" + struct.pack("<IH", 8, len(fields))
    return head + entries + struct.pack("<I", following) + extra + body


def grey_tiff(width: int, height: int, **changed: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    """The fields of an uncompressed 8-bit grey page in one strip; ``t<tag>`` changes one."""
    fields: dict[int, tuple[int, ...]] = {
        256: (width,),
        257: (height,),
        258: (8,),
        259: (1,),
        262: (1,),
        273: (0,),
        277: (1,),
        278: (height,),
        279: (width * height,),
    }
    return fields | {int(tag[1:]): values for tag, values in changed.items()}
