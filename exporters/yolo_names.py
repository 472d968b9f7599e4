"""The list of classes of a YOLO dataset, without a YAML library.

Of `data.yaml` three fields matter: ``names``, ``kpt_shape`` and where the images lie. YAML's
anchors, tags and references are refused by not being understood.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.claims import text_of
from datasetbuilder.model import Label

DATA = "data.yaml"
MAX_CLASSES = 100_000
_KEY = re.compile(r"([A-Za-z_][\w-]*)\s*:(?:\s+(.*))?$")
_NUMBERED = re.compile(r"(\d{1,6})\s*:\s+(.*)$")


def data_text(names: Sequence[str], folders: Mapping[str, str], more: Sequence[str] = ()) -> str:
    """The text of a ``data.yaml``; paths are relative to it."""
    lines = [f"{key}: {path}" for key, path in folders.items()]
    lines += [f"nc: {len(names)}", *more, "names:" if names else "names: []"]
    lines += [f"  {k}: {_quoted(name)}" for k, name in enumerate(names)]
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


@dataclass(frozen=True, slots=True)
class PointShape:
    """How the keypoints of a line are written.

    Attributes
    ----------
    count : int
        How many there are; 0 where a line has none.
    width : int
        2 without visibilities, 3 with them.
    names : mapping of int to tuple of str
        What each class calls them, where it does.
    """

    count: int = 0
    width: int = 3
    names: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


def read_points(path: Path) -> PointShape:
    """What a ``data.yaml`` says of keypoints.

    Raises
    ------
    FormatError
        If it cannot be read or names too few.
    """
    if path.suffix.lower() not in (".yaml", ".yml"):
        return PointShape()
    said = _fields(text_of(path, limit=1 << 24))
    shape = " ".join(said.get("kpt_shape", [""]))
    found = re.search(r"(\d{1,4})\D+([23])\b", shape)
    if found is None:
        return PointShape()
    count, width = int(found.group(1)), int(found.group(2))
    return PointShape(count, width, _point_names(said.get("kpt_names", []), path, count))


def point_lines(labels: Sequence[Label]) -> list[str]:
    """The field ``kpt_names`` of a ``data.yaml``."""
    lines = []
    for k, label in enumerate(labels):
        if label.skeleton is not None:
            lines.append(f"  {k}:")
            lines += [f"    - {_quoted(name)}" for name in label.skeleton.names]
    return ["kpt_names:", *lines] if lines else []


def _point_names(lines: Sequence[str], path: Path, count: int) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    here: list[str] = []
    for line in lines:
        numbered = re.match(r"(\d{1,6})\s*:\s*(.*)$", line)
        if numbered:
            here = found.setdefault(int(numbered.group(1)), [])
            if numbered.group(2).startswith("["):
                here += _flow(numbered.group(2), path)
        elif line.startswith("-"):
            here.append(_scalar(line.removeprefix("-").strip(), path))
    for number, names in found.items():
        if not 0 < len(names) <= count or len(set(names)) < len(names):
            raise FormatError(
                f"{path.name}.kpt_names.{number} must be 1 to {count} different names"
            )
    return {number: tuple(names) for number, names in found.items()}


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


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
