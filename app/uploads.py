"""Uploaded files: streamed to a staging folder, each in a place of its own."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from flask import Request
from werkzeug.formparser import FormDataParser

from datasetbuilder.errors import WireError

MAX_FILES = 1000
_LONGEST_NAME = 200

Refused = list[dict[str, str]]


def received(request: Request, folder: Path) -> tuple[list[Path], Refused]:
    """Write the files of a multipart request into a folder, as they come in.

    Returns the files and the ones refused for their name, ``{"name", "reason"}`` each. Only the
    last part of a name is kept, so that no name leads out of the folder.

    Raises
    ------
    WireError
        If the body is not well-formed or holds no file.
    """
    receiver = _Receiver(folder)
    receiver.read(request)
    return receiver.paths, receiver.refused


class _Receiver:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self.paths: list[Path] = []
        self.refused: Refused = []

    def read(self, request: Request) -> None:
        parser = FormDataParser(
            stream_factory=self._stream,
            max_form_memory_size=100_000,
            max_form_parts=MAX_FILES,
            silent=False,
        )
        with self._open:
            try:
                parser.parse(
                    request.stream,
                    request.mimetype,
                    request.content_length,
                    request.mimetype_params,
                )
            except ValueError as error:
                raise WireError("body", f"is not well-formed multipart data ({error})") from None
        if not self.paths and not self.refused:
            raise WireError("files", "is missing: send at least one file")

    def _stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        name = plain_name(filename or "")
        if name is None:
            shown = (filename or "")[:_LONGEST_NAME]
            self.refused.append({"name": shown, "reason": "the file has no usable name"})
            return self._open.enter_context(open(os.devnull, "r+b"))
        place = self._folder / f"{len(self.paths):05d}"
        place.mkdir()
        self.paths.append(place / name)
        return self._open.enter_context((place / name).open("xb"))


def plain_name(filename: str) -> str | None:
    """The last part of a name, whichever system wrote it; None if nothing usable is left."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1].strip()
    odd = any(ord(character) < 32 or character == "\x7f" for character in name)
    if odd or name in ("", ".", "..") or len(name.encode("utf-8", "replace")) > _LONGEST_NAME:
        return None
    return None if name != name.encode("utf-8", "replace").decode() else name
