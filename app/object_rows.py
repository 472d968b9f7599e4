"""Rows of the table of objects, narrowed and sorted as the grid in the browser asks for them.

A filter is AG Grid's own model: of each column a condition, such as
``{"area": {"type": "inRange", "filter": 10, "filterTo": 50}}``, or two of them joined by ``AND`` or
``OR``. Nothing of it is ever evaluated as code.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from datasetbuilder.errors import WireError

if TYPE_CHECKING:
    from pandas import DataFrame

_MOST_CONDITIONS = 20
_FEW, _MANY = 2, 4

_NUMBERS: Mapping[str, Callable[[Any, float, float], Any]] = {
    "equals": lambda values, a, b: values == a,
    "notEqual": lambda values, a, b: values != a,
    "lessThan": lambda values, a, b: values < a,
    "lessThanOrEqual": lambda values, a, b: values <= a,
    "greaterThan": lambda values, a, b: values > a,
    "greaterThanOrEqual": lambda values, a, b: values >= a,
    "inRange": lambda values, a, b: (values >= a) & (values <= b),
}
_WORDS: Mapping[str, Callable[[Any, str], Any]] = {
    "contains": lambda values, word: values.str.contains(word, regex=False),
    "notContains": lambda values, word: ~values.str.contains(word, regex=False),
    "equals": lambda values, word: values == word,
    "notEqual": lambda values, word: values != word,
    "startsWith": lambda values, word: values.str.startswith(word),
    "endsWith": lambda values, word: values.str.endswith(word),
}


def narrowed(table: "DataFrame", filters: Mapping[str, Any]) -> "DataFrame":
    """The rows that pass every filter.

    Raises
    ------
    WireError
        If a filter names no column, or is none that is known.
    """
    for column, condition in filters.items():
        if column not in table.columns:
            raise WireError(f"filter.{column}"[:200], "is no column of the table")
        passing = _passing(table[column], condition, f"filter.{column}")
        table = table.loc[passing]
    return table


def ordered(table: "DataFrame", sorting: Sequence[Mapping[str, Any]]) -> "DataFrame":
    """The rows by these columns, each ``{"colId": name, "sort": "asc" | "desc"}``; ties by id.

    Raises
    ------
    WireError
        If one of them is no column.
    """
    names, rising = [], []
    for item in sorting:
        name = item.get("colId")
        if name not in table.columns:
            raise WireError("sort", "names no column of the table")
        names.append(name)
        rising.append(item.get("sort") != "desc")
    if not names:
        return table
    return table.sort_values(names, ascending=rising, kind="stable", na_position="last")


def rows_to_wire(table: "DataFrame") -> list[dict[str, Any]]:
    """Rows as JSON: null where there is no number, and no digits that nobody reads."""
    return [
        {name: _shown(value) for name, value in row.items()}
        for row in table.to_dict(orient="records")
    ]


def _shown(value: Any) -> Any:
    if isinstance(value, float):
        digits = _FEW if abs(value) >= 10 else _MANY
        return round(value, digits) if math.isfinite(value) else None
    return value


def _passing(values: Any, condition: Any, path: str) -> Any:
    if not isinstance(condition, Mapping):
        raise WireError(path[:200], "must be an object")
    parts = condition.get("conditions")
    if parts is None:
        return _one(values, condition, path)
    if not isinstance(parts, Sequence) or not 1 <= len(parts) <= _MOST_CONDITIONS:
        raise WireError(path[:200], f"joins 1 to {_MOST_CONDITIONS} conditions")
    found = [_passing(values, part, path) for part in parts]
    either = condition.get("operator") == "OR"
    passing = found[0]
    for other in found[1:]:
        passing = passing | other if either else passing & other
    return passing


def _one(values: Any, condition: Mapping[str, Any], path: str) -> Any:
    kind = condition.get("type")
    if kind in ("blank", "notBlank"):
        empty = values.isna() | (values == "")
        return empty if kind == "blank" else ~empty
    if values.dtype.kind in "fiu":
        compare = _NUMBERS.get(str(kind))
        if compare is None:
            raise WireError(path[:200], f"type must be one of {', '.join(_NUMBERS)}")
        return compare(values, _number(condition, "filter", path), _upper(condition, kind, path))
    match = _WORDS.get(str(kind))
    if match is None:
        raise WireError(path[:200], f"type must be one of {', '.join(_WORDS)}")
    word = condition.get("filter")
    if not isinstance(word, str):
        raise WireError(f"{path}.filter"[:200], "must be text")
    return match(values.fillna("").astype(str).str.lower(), word.lower())


def _upper(condition: Mapping[str, Any], kind: Any, path: str) -> float:
    return _number(condition, "filterTo", path) if kind == "inRange" else 0.0


def _number(condition: Mapping[str, Any], name: str, path: str) -> float:
    value = condition.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise WireError(f"{path}.{name}"[:200], "must be a number")
    return float(value)
