"""The list of classes of a YOLO dataset, without a YAML library.

Of `data.yaml` three fields matter: ``names``, ``kpt_shape`` and where the images lie. YAML's
anchors, tags and references are refused by not being understood.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.claims import text_of

DATA = "data.yaml"
MAX_CLASSES = 100_000
_KEY = re.compile(r"([A-Za-z_][\w-]*)\s*:(?:\s+(.*))?$")
_NUMBERED = re.compile(r"(\d{1,6})\s*:\s+(.*)$")


def data_text(names: Sequence[str], folders: Mapping[str, str], more: Sequence[str] = ()) -> str:
    """The text of a ``data.yaml``; paths are relative to it."""
    lines = [f"{key}: {path}" for key, path in folders.items()]
    lines += [f"nc: {len(names)}", *more, "names:" if names else "names: []"]
    lines += [f"  {k}: {json.dumps(name, ensure_ascii=False)}" for k, name in enumerate(names)]
    return "\n".join([*lines, ""])


def read_names(path: Path) -> dict[int, str]:
    """The classes by number, from a ``data.yaml`` or a list with one name to the line.

    Raises
    ------
    FormatError
        If the file cannot be read or says a number twice.
    """
    text = text_of(path, limit=1 << 24)
    if path.suffix.lower() not in (".yaml", ".yml"):
        return dict(enumerate(line.strip() for line in text.splitlines() if line.strip()))
    names = _names(_fields(text), path)
    if len(names) > MAX_CLASSES:
        raise FormatError(f"{path.name} names {len(names)} classes, more than {MAX_CLASSES}")
    return names


def keypoint_count(path: Path) -> int:
    """How many keypoints each object has; 0 if the file does not say so."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        return 0
    said = _fields(text_of(path, limit=1 << 24)).get("kpt_shape", [""])
    found = re.match(r"\[\s*(\d{1,4})\s*,", said[0])
    return int(found.group(1)) if found else 0


def _fields(text: str) -> dict[str, list[str]]:
    """Each top field with its first line and the lines under it."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for raw in text.splitlines():
        line = raw.rstrip()
        if not line.strip() or line.lstrip().startswith("#") or line == "---":
            continue
        key = _KEY.match(line)
        if key:
            current = found.setdefault(key.group(1), [key.group(2) or ""])
        elif line[0] in " -":
            current.append(line.strip())
    return found


def _names(fields: Mapping[str, list[str]], path: Path) -> dict[int, str]:
    if "names" not in fields:
        raise FormatError(f"{path.name}.names is missing")
    first, *below = fields["names"]
    inline = " ".join([first, *below]).strip()
    if inline.startswith("["):
        return dict(enumerate(_flow(inline, path)))
    found: dict[int, str] = {}
    for place, line in enumerate(below):
        numbered = _NUMBERED.match(line)
        number = int(numbered.group(1)) if numbered else place
        said = numbered.group(2) if numbered else line.removeprefix("-")
        if number in found or not (numbered or line.startswith("-")):
            raise FormatError(f"{path.name}.names: line '{line[:60]}' is not understood")
        found[number] = _scalar(said.strip(), path)
    return found


def _flow(text: str, path: Path) -> list[str]:
    """``[a, 'b', "c"]``."""
    if not text.endswith("]"):
        raise FormatError(f"{path.name}.names: the list does not end")
    pieces = re.findall(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,'"]+)\s*(?:,|$)""", text[1:-1])
    return [_scalar(piece.strip(), path) for piece in pieces]


def _scalar(text: str, path: Path) -> str:
    if text.startswith('"'):
        try:
            return str(json.loads(text.split(" #")[0] if text.count('"') == 2 else text))
        except ValueError:
            raise FormatError(f"{path.name}.names: {text[:60]} is not understood") from None
    if text.startswith("'"):
        return text.strip("'").replace("''", "'")
    if text[:1] in ("&", "*", "!", "{", "|", ">"):
        raise FormatError(f"{path.name}.names: {text[:60]} is not understood")
    return text.split(" #")[0].strip()
