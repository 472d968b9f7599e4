"""JSON documents of any length in little memory: one record to the line.

A JSON text cannot hold a raw line break, so a reader may cut such a file at its lines and knows
that each one is whole. Files of others, in whatever layout, are read at once.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import fields

_BLOCK = 512
_OPENING = b'{"info":'


class DocumentWriter:
    """Writes head fields, then any number of images and annotations, in whatever order they come.

    Parameters
    ----------
    path : Path
        The document. Annotations wait in a file beside it until the images are all there.
    head : mapping of str to object
        The fields in front, ``info`` first.
    """

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        self._path, self._waiting = path, path.with_name(path.name + ".annotations")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._images = _RecordList(path.open("wb"))
        self._annotations = _RecordList(self._waiting.open("w+b"))
        self._images.file.write(_head_text(head) + b'"images":[\n')

    def image(self, record: Mapping[str, Any]) -> None:
        """Append an image."""
        self._images.append(record)

    def annotation(self, record: Mapping[str, Any]) -> None:
        """Append an annotation."""
        self._annotations.append(record)

    def annotation_text(self, text: str) -> None:
        """Append an annotation that is JSON already, on one line."""
        self._annotations.append_text(text.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._images.file as out, self._annotations.file as waiting:
            if kind is None:
                self._images.flush()
                self._annotations.flush()
                out.write(b'\n],\n"annotations":[\n')
                waiting.seek(0)
                shutil.copyfileobj(waiting, out, 1 << 20)
                out.write(b"\n]}\n")
        self._waiting.unlink()


class _RecordList:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self._pending: list[bytes] = []
        self._empty = True

    def append(self, record: Mapping[str, Any]) -> None:
        self.append_text(orjson.dumps(record))

    def append_text(self, text: bytes) -> None:
        self._pending.append(text)
        if len(self._pending) >= _BLOCK:
            self.flush()

    def flush(self) -> None:
        if self._pending:
            self.file.write((b"" if self._empty else b",\n") + b",\n".join(self._pending))
            self._empty = False
            self._pending.clear()


def _head_text(head: Mapping[str, Any]) -> bytes:
    lines = []
    for key, value in head.items():
        if isinstance(value, list) and value:
            body = b"[\n" + b",\n".join(orjson.dumps(item) for item in value) + b"\n]"
        else:
            body = orjson.dumps(value)
        lines.append(orjson.dumps(key) + b":" + body + b",\n")
    return b"{" + b"".join(lines)


def is_one_record_to_the_line(path: Path) -> bool:
    """Whether the document is laid out as `DocumentWriter` does it."""
    with path.open("rb") as file:
        opening = file.readline(1 << 20)
        return (
            opening.startswith(_OPENING) and opening.endswith(b",\n") and b'"layout":1' in opening
        )


def head_fields(path: Path) -> dict[str, Any]:
    """The fields in front of the images of a document with one record to the line."""
    lines = []
    with path.open("rb") as file:
        for line in file:
            if line == b'"images":[\n':
                text = b"".join(lines).rstrip(b",\n") + b"}"
                return dict(fields.record(_parsed(text, path), path.name))
            lines.append(line)
    raise FormatError(f"{path.name} has no list of images.")


def records(path: Path, key: str) -> Iterator[Any]:
    """The records of ``images`` or ``annotations``, one line at a time."""
    return (record for _, record in placed_records(path, key))


def placed_records(path: Path, key: str) -> Iterator[tuple[int, Any]]:
    """The records of a list, each with the byte at which its line begins.

    Raises
    ------
    FormatError
        If a line is broken or the list does not end.
    """
    opening, place, inside = b'"%s":[\n' % key.encode(), 0, False
    with path.open("rb") as file:
        for line in file:
            text = line.rstrip()
            if inside and text in (b"],", b"]}"):
                return
            if inside and text:
                yield place, _parsed(text.removesuffix(b","), path)
            inside = inside or line == opening
            place += len(line)
    raise FormatError(f"{path.name} ends before its list of {key} does.")


def whole_document(path: Path) -> Mapping[str, Any]:
    """All of a document of any layout."""
    return fields.record(_parsed(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), path), path.name)


def _parsed(text: bytes, path: Path) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FormatError(f"{path.name} is not valid JSON: {error}") from error
