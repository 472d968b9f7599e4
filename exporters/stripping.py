"""Image files without the words around the pixels.

Coded pixels, colour profile and everything that decides how the picture looks stay bit for bit;
camera data, places, thumbnails, captions and whatever hides behind the end of the picture go. TIFF,
GIF and BMP files are left as they are.
"""

import re
import struct
from collections.abc import Callable, Iterator

from datasetbuilder.errors import FormatError

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    b"tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)
_PNG_COLOURS = frozenset(b"cHRM gAMA iCCP sRGB cICP mDCV cLLI".split())
_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP2, _APP14, _APP15 = 0xE0, 0xE2, 0xEE, 0xEF
_WEBP_DROPPED = (b"EXIF", b"XMP ")
_WEBP_EXIF_AND_XMP = 0x0C


def stripped(data: bytes, name: str) -> bytes:
    """The same file without its metadata, known by its content.

    Raises
    ------
    FormatError
        If the file does not follow its format.
    """
    for signature, strip in _STRIPPERS.items():
        if data.startswith(signature) and (signature != b"RIFF" or data[8:12] == b"WEBP"):
            try:
                return strip(data)
            except (struct.error, IndexError, ValueError) as error:
                raise FormatError(f"{name} cannot be exported: {error}.") from error
    return data


def keeps_metadata(image_format: str) -> bool:
    """Whether files of the format are exported with all that stands in them."""
    return image_format.upper() not in ("JPEG", "JPG", "PNG", "WEBP", "BMP")


# --- JPEG -------------------------------------------------------------------------------------


def _without_jpeg_metadata(data: bytes) -> bytes:
    kept = [data[:2]]
    for marker, segment in _jpeg_segments(data):
        if not _dropped_from_jpeg(marker, segment):
            kept.append(segment)
    return b"".join(kept)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every marker with its bytes up to the next one, coded pixels behind their header."""
    position = 2
    while position < len(data):
        found = _MARKER.match(data, position)
        if not found:
            raise ValueError(f"byte {position} of the JPEG is no marker")
        marker, end = data[found.end() - 1], found.end()
        if marker != _EOI:
            end += struct.unpack_from(">H", data, end)[0]
        if marker == _SOS:
            following = _MARKER.search(data, end)
            end = following.start() if following else len(data)
        yield marker, b"\xff" + data[found.end() - 1 : end]
        if marker == _EOI:
            return
        position = end


def _dropped_from_jpeg(marker: int, segment: bytes) -> bool:
    if marker == _APP2:
        return not segment.startswith(b"ICC_PROFILE\0", 4)
    if marker in (_APP0, _APP14):
        return not segment.startswith((b"JFIF\0", b"Adobe"), 4)
    return marker == _COM or _APP0 <= marker <= _APP15


# --- PNG --------------------------------------------------------------------------------------


def with_png_colours(data: bytes, original: bytes) -> bytes:
    """A PNG with what the original says of its colours, such as a profile, instead of its own."""
    colours = [chunk for kind, chunk in _png_chunks(original) if kind in _PNG_COLOURS]
    header, *others = [chunk for kind, chunk in _png_chunks(data) if kind not in _PNG_COLOURS]
    return b"".join([_PNG_SIGNATURE, header, *colours, *others])


def _without_png_metadata(data: bytes) -> bytes:
    kept = [
        chunk
        for kind, chunk in _png_chunks(data)
        if not kind[0] & 0x20 or kind in _PNG_KEPT  # a capital first letter: critical
    ]
    return b"".join([_PNG_SIGNATURE, *kept])


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk up to the last with its kind."""
    position = len(_PNG_SIGNATURE)
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise ValueError("the PNG ends in the middle of a chunk")
        yield kind, data[position:end]
        if kind == b"IEND":
            return
        position = end


# --- WebP -------------------------------------------------------------------------------------


def _without_webp_metadata(data: bytes) -> bytes:
    kept, position, end = [], 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while position + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, position)
        following = position + 8 + length + length % 2
        chunk = data[position:following]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_EXIF_AND_XMP]) + chunk[9:]
        if kind not in _WEBP_DROPPED:
            kept.append(chunk)
        position = following
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


_STRIPPERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\xff\xd8": _without_jpeg_metadata,
    _PNG_SIGNATURE: _without_png_metadata,
    b"RIFF": _without_webp_metadata,
}
