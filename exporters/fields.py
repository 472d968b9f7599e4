"""Reading fields of foreign files: every refusal names the very field."""

import math
from collections.abc import Mapping
from typing import Any

from datasetbuilder.errors import FormatError

MAX_ID = 2**53
MAX_SIDE = 1_000_000


def record(value: Any, path: str) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise FormatError(f"{path} must be an object, got {_kind(value)}")
    return value


def items(value: Any, path: str) -> list[Any]:
    """A JSON list."""
    if not isinstance(value, list):
        raise FormatError(f"{path} must be a list, got {_kind(value)}")
    return value


def required(data: Mapping[str, Any], key: str, path: str) -> Any:
    """The field ``key``, which must be there."""
    if key not in data:
        raise FormatError(f"{path}.{key} is missing")
    return data[key]


def text(value: Any, path: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise FormatError(f"{path} must be text, got {_kind(value)}")
    return value


def integer(value: Any, path: str, *, least: int = 1, most: int = MAX_ID) -> int:
    """A whole number between ``least`` and ``most``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise FormatError(f"{path} must be a whole number, got {_kind(value)}")
    if not least <= value <= most:
        raise FormatError(f"{path} must be between {least} and {most}, got {value}")
    return value


def number(value: Any, path: str) -> float:
    """A finite number of a size that a coordinate or area can have."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormatError(f"{path} must be a number, got {_kind(value)}")
    if not math.isfinite(value) or abs(value) > MAX_SIDE**2:
        raise FormatError(f"{path} must be finite and of sensible size, got {value}")
    return float(value)


def numbers(value: Any, path: str) -> list[float]:
    """A list of such numbers."""
    listed = items(value, path)
    plain = set(map(type, listed)) == {float} and math.isfinite(sum(listed))
    if plain and max(listed) <= MAX_SIDE and min(listed) >= -MAX_SIDE:
        return listed
    return [number(item, f"{path}[{k}]") for k, item in enumerate(listed)]


def _kind(value: Any) -> str:
    return "nothing" if value is None or value == "" else type(value).__name__
