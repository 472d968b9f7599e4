"""Readers of single values, each with the path that a refusal names."""

import struct
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from datasetbuilder.errors import WireError

MAX_TEXT = 2_000
MAX_VERTICES = 200_000
MAX_KEYPOINTS = 500

_T = TypeVar("_T")
Reader = Callable[[Any, str], _T]


def shortest_float32(value: float) -> float:
    """The double nearest to the shortest decimal of ``value`` as a float32.

    This is what COCO text says, what a float32 column gives back through the same function, and
    what is rasterised: one number from the screen to the trainer.
    """
    single = struct.unpack("f", struct.pack("f", value))[0]
    for digits in range(6, 10):
        candidate = float(f"{single:.{digits}g}")
        if struct.unpack("f", struct.pack("f", candidate))[0] == single:
            return candidate
    return single


def read_mapping(value: Any, path: str) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, Mapping):
        raise WireError(path, f"must be an object, got {_name(value)}")
    return value


def read_list(value: Any, path: str) -> list[Any]:
    """A list."""
    if not isinstance(value, list | tuple):
        raise WireError(path, f"must be a list, got {_name(value)}")
    return list(value)


def read_text(value: Any, path: str) -> str:
    """A text of at most ``MAX_TEXT`` characters."""
    if not isinstance(value, str):
        raise WireError(path, f"must be text, got {_name(value)}")
    if len(value) > MAX_TEXT:
        raise WireError(path, f"is longer than {MAX_TEXT} characters")
    return value


def read_name(value: Any, path: str) -> str:
    """A text that says something."""
    text = read_text(value, path)
    if not text.strip():
        raise WireError(path, "must not be empty")
    return text


def read_boolean(value: Any, path: str) -> bool:
    """True or false; a number is neither."""
    if not isinstance(value, bool):
        raise WireError(path, f"must be true or false, got {_name(value)}")
    return value


def read_integer(value: Any, path: str) -> int:
    """A whole number that JavaScript holds exactly."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise WireError(path, f"must be a whole number, got {_name(value)}")
    if abs(value) > 2**53:
        raise WireError(path, "is too large")
    return value


def read_number(value: Any, path: str) -> float:
    """A finite number below ten million."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(path, f"must be a number, got {_name(value)}")
    if not abs(value) <= 1e7:  # nor is NaN
        raise WireError(path, "must be finite and below ten million")
    return float(value)


def read_identifier(value: Any, path: str) -> str:
    """A short name that is safe in addresses and logs."""
    text = read_name(value, path)
    if len(text) > 64 or not all(c.isalnum() or c in "-_." for c in text):
        raise WireError(path, "must be at most 64 letters, digits, '-', '_' or '.'")
    return text


def read_point(value: Any, path: str) -> tuple[float, float]:
    """``[x, y]``, each the shortest decimal of a float32."""
    pair = read_list(value, path)
    if len(pair) != 2:
        raise WireError(path, f"must be [x, y], got {len(pair)} numbers")
    x, y = (shortest_float32(read_number(v, path)) for v in pair)
    return x, y


def optional(read: Reader[_T]) -> Callable[[Any, str], _T | None]:
    """A reader that lets null through."""
    return lambda value, path: None if value is None else read(value, path)


def refuse_unknown(data: Mapping[str, Any], allowed: tuple[str, ...], path: str) -> None:
    """Refuse the keys that are not allowed."""
    for key in data:
        if key not in allowed:
            raise WireError(f"{path}.{key}"[:200], f"is not known; known are {', '.join(allowed)}")


def required(data: Mapping[str, Any], key: str, read: Reader[_T], path: str) -> _T:
    """Read the value of a key that must be there."""
    if key not in data:
        raise WireError(f"{path}.{key}", "is missing")
    return read(data[key], f"{path}.{key}")


def choice(kind: Callable[[str], _T]) -> Reader[_T]:
    """A reader for the words of an enumeration."""

    def read(value: Any, path: str) -> _T:
        try:
            return kind(read_text(value, path))
        except ValueError as error:
            raise WireError(path, str(error)) from None

    return read


def _name(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__


def time_to_wire(value: datetime | None) -> str | None:
    """A time in ISO 8601."""
    return None if value is None else value.isoformat()
