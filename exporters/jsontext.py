"""JSON of others: sound text, plain numbers, no key twice, no depth without end."""

import json
from collections.abc import Sequence
from typing import Any

import orjson

from datasetbuilder.errors import FormatError

MAX_DEPTH = 64


def parsed_json(text: bytes, name: str) -> Any:
    """The document.

    NaN and Infinity are no JSON and refused; a key that stands twice in one object is refused too,
    for readers disagree about which one counts.

    Raises
    ------
    FormatError
        If it is broken, nested too deeply or ambiguous.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FormatError(f"{name} is not valid JSON: {error}") from None
    _check_depth(value, name)
    _check_keys(text, name)
    return value


def _check_depth(value: Any, name: str) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise FormatError(f"{name} is nested deeper than {MAX_DEPTH} levels")
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += [child for child in item.values() if isinstance(child, dict | list)]
            elif isinstance(item, list) and item and not isinstance(item[0], int | float):
                inner += [child for child in item if isinstance(child, dict | list)]
        level = inner


def _check_keys(text: bytes, name: str) -> None:
    """Slower than orjson by far, so only for documents of a size that people have by hand."""
    if len(text) <= _CHECKED_BYTES:
        json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, name))


_CHECKED_BYTES = 64 * 2**20


def _once(pairs: Sequence[tuple[str, Any]], name: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise FormatError(f"{name} has the key '{key[:60]}' twice in one object")
            seen.add(key)
    return found
