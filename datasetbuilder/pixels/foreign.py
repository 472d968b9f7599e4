"""What a file is when it is not an image that can be read here."""

from datasetbuilder.errors import ImageRefused

ACCEPTED = "JPEG, PNG, TIFF, WebP, BMP and GIF are read"

_BRANDS = {
    b"heic": "a HEIC photograph",
    b"heix": "a HEIC photograph",
    b"mif1": "a HEIF photograph",
    b"msf1": "a HEIF photograph",
    b"avif": "an AVIF image",
    b"avis": "an AVIF image",
}
_STARTS = (
    (b"%!PS", "an EPS or PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "an EPS file"),
    (b"%PDF", "a PDF file"),
    (b"8BPS", "a Photoshop file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
)


def refusal(data: bytes) -> ImageRefused:
    """The refusal of bytes that no accepted format begins with."""
    kind = _kind(data)
    return ImageRefused(f"is {kind or 'not an image'}; {ACCEPTED}")


def _kind(data: bytes) -> str | None:
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "a video")
    if data[128:132] == b"DICM":
        return "a DICOM file"
    return _text_kind(data[:4096])


def _text_kind(head: bytes) -> str | None:
    if b"\0" in head:
        return None
    try:
        text = head.decode("utf-8", "strict" if len(head) < 4096 else "ignore").lower()
    except UnicodeDecodeError:
        return None
    if "<svg" in text:
        return "an SVG drawing"
    if "<html" in text or "<!doctype html" in text:
        return "a web page"
    return "a text file"
