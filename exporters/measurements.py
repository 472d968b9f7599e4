"""A table of measurements as one file, CSV or Parquet by its suffix, whole or not at all."""

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from datasetbuilder.errors import AlreadyExists, UsageError
from datasetbuilder.exporters.tables import TableWriter

if TYPE_CHECKING:
    from pandas import DataFrame


def write_table(table: "DataFrame", path: Path) -> None:
    """Write a table to a file that does not exist yet.

    Raises
    ------
    UsageError
        If the suffix is neither ``.csv`` nor ``.parquet``.
    AlreadyExists
        If the file exists.
    """
    write = checked_writer(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".datasetbuilder-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    staged = Path(name)
    try:
        write(table, staged)
        _force(staged)
        os.link(staged, path)
    except FileExistsError:
        raise _taken(path) from None
    finally:
        with suppress(OSError):
            staged.unlink()


def checked_writer(path: Path) -> Callable[["DataFrame", Path], None]:
    """What writes such a file; asked before the work, so that nobody measures for nothing."""
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UsageError(f"{path.name}: a table ends in {' or '.join(_WRITERS)}.")
    if path.exists() or path.is_symlink():
        raise _taken(path)
    return writer


def csv_text(table: "DataFrame") -> bytes:
    """The table as CSV."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        _write_csv(table, path)
        return path.read_bytes()


def parquet_bytes(table: "DataFrame") -> bytes:
    """The table as Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        _write_parquet(table, path)
        return path.read_bytes()


def _write_csv(table: "DataFrame", path: Path) -> None:
    with TableWriter(path, [str(name) for name in table.columns]) as writer:
        for row in table.itertuples(index=False, name=None):
            writer.add(*(None if cell != cell else cell for cell in row))


def _write_parquet(table: "DataFrame", path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path)


def read_parquet(path: Path) -> "DataFrame":
    """A table that `write_table` wrote."""
    import pyarrow.parquet as pq

    return pq.read_table(path).to_pandas()


_WRITERS: Mapping[str, Callable[["DataFrame", Path], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}


def _force(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _taken(path: Path) -> AlreadyExists:
    return AlreadyExists(f"{path} exists, and a table never overwrites. Name another file.")
