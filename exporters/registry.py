"""Every format an export can have: one line each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from datasetbuilder.errors import UnknownName
from datasetbuilder.exporters import coco, parquet
from datasetbuilder.exporters.job import ExportJob, Row
from datasetbuilder.exporters.options import TASKS, ExportOptions
from datasetbuilder.exporters.survey import Survey
from datasetbuilder.model import Label


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a dataset down and to read it again.

    Attributes
    ----------
    name : str
        What people call it on the command line.
    about : str
        What it is, in half a sentence.
    version : int
        Grows when the same snapshot gives other bytes.
    tasks : tuple of str
        What it can hold.
    write : callable
        Writes a job into a folder.
    read : callable
        Reads one file, whoever wrote it.
    read_labels : callable
        The labels that one file names.
    read_split : callable
        Reads one split of an export from its folder, task and name.
    losses : callable
        What the format cannot say of a snapshot.
    """

    name: str
    about: str
    version: int
    tasks: tuple[str, ...]
    write: Callable[[ExportJob, Path], None]
    read: Callable[[Path], Iterator[Row]]
    read_labels: Callable[[Path], tuple[Label, ...]]
    read_split: Callable[[Path, str, str], Iterator[Row]]
    losses: Callable[[Survey, ExportOptions], tuple[str, ...]]


FORMATS: dict[str, Format] = {
    "coco": Format(
        name="coco",
        about="JSON that every detection and segmentation framework reads",
        version=coco.VERSION,
        tasks=TASKS,
        write=coco.write,
        read=coco.read,
        read_labels=coco.read_labels,
        read_split=coco.read_split,
        losses=coco.losses,
    ),
    "parquet": Format(
        name="parquet",
        about="columns for Hugging Face datasets, pandas, DuckDB and polars",
        version=parquet.VERSION,
        tasks=TASKS,
        write=parquet.write,
        read=parquet.read,
        read_labels=parquet.read_labels,
        read_split=parquet.read_split,
        losses=parquet.losses,
    ),
}


def format_named(name: str, task: str) -> Format:
    """The format of this name, when it can hold the task.

    Raises
    ------
    UnknownName
        If there is no such format or it does not know the task.
    """
    if name not in FORMATS:
        raise UnknownName(f"There is no format called '{name}'. Known: {', '.join(FORMATS)}.")
    found = FORMATS[name]
    if task not in found.tasks:
        raise UnknownName(
            f"Format '{name}' does not hold task '{task}'. It holds: {', '.join(found.tasks)}."
        )
    return found
