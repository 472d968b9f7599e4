"""CSV that a spreadsheet shows as it is: no cell of ours is ever taken for a formula.

A text that begins with ``=``, ``+``, ``-``, ``@``, a tab, a line break or an apostrophe gets an
apostrophe in front; our readers take it away again.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.claims import bytes_of

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
MAX_CELL = 10_000_000


class TableWriter:
    """Writes rows under a head.

    Parameters
    ----------
    path : Path
    columns : sequence of str
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(columns)

    def add(self, *cells: Any) -> None:
        """Append a row."""
        self._writer.writerow([_cell(cell) for cell in cells])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def _cell(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.startswith(_DANGEROUS):
        return "'" + value
    return "" if value is None else value


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table by column, texts as they were before they were written.

    Raises
    ------
    FormatError
        If the file is no table, or a row has another number of cells than its head.
    """
    text = bytes_of(path).decode("utf-8")
    csv.field_size_limit(MAX_CELL)
    try:
        lines = csv.reader(text.splitlines(keepends=True), strict=True)
        head = next(lines, None)
        if not head or len(set(head)) < len(head):
            raise FormatError(f"{path.name} has no head, or a column twice")
        for cells in lines:
            if len(cells) != len(head):
                raise FormatError(
                    f"{path.name} line {lines.line_num} has {len(cells)} cells instead of "
                    f"{len(head)}"
                )
            yield {key: cell.removeprefix("'") for key, cell in zip(head, cells, strict=True)}
    except csv.Error as error:
        raise FormatError(f"{path.name} is no table: {error}") from None


def required(row: Mapping[str, str], key: str, path: str) -> str:
    """A cell that must be there."""
    if key not in row:
        raise FormatError(f"{path}: there is no column '{key}'")
    return row[key]


def whole(row: Mapping[str, str], key: str, path: str) -> int:
    """A cell with a whole number of at least 0."""
    text = required(row, key, path)
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise FormatError(f"{path}: '{text[:40]}' in column '{key}' is no whole number")
    return int(text)
