"""Where a `Dataset` takes its samples from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from datasetbuilder.errors import FormatError
from datasetbuilder.model import Annotation, Label


class Source(Protocol):
    """Random access to the images of one or more splits."""

    labels: tuple[Label, ...]
    has_objects: bool

    def __len__(self) -> int: ...

    def targets(self, index: int) -> Mapping[str, Any]:
        """Everything about an image that is neither pixels nor masks."""
        ...

    def drawn(self, index: int) -> list[Annotation]:
        """An image's objects, in the order of its targets."""
        ...

    def image_bytes(self, index: int) -> bytes:
        """The image file."""
        ...


@dataclass(frozen=True, slots=True)
class Opening:
    """What a source is opened from.

    Attributes
    ----------
    folder : Path
        Of the export.
    task, format : str
    splits : tuple of str
    way : str
        How the export treated its images.
    images : Path or None
        Where the reader says the files are.
    """

    folder: Path
    task: str
    format: str
    splits: tuple[str, ...]
    way: str
    images: Path | None = None


def open_source(opening: Opening) -> Source:
    """The source for a format of an export."""
    if opening.format == "parquet":
        from datasetbuilder.exporters.parquet_source import ParquetSource

        return ParquetSource(opening)
    from datasetbuilder.exporters.coco_source import CocoSource

    return CocoSource(opening)


class Gallery:
    """A folder of image files.

    Parameters
    ----------
    home : Path or None
    way : str
        How the export treated its images.
    """

    def __init__(self, home: Path | None, way: str) -> None:
        self.home, self._way = home, way

    def read(self, name: str) -> bytes:
        """The bytes of one file.

        Raises
        ------
        FormatError
            If it is not there, or its name leads elsewhere.
        """
        if self.home is None:
            raise FormatError(
                f"{name} was exported without its pixels (images='{self._way}'). Say where the "
                "files are: open_dataset(folder, images=…)."
            )
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise FormatError(f"The file name '{name}' leads out of the folder of images.")
        try:
            return (self.home / name).read_bytes()
        except OSError as error:
            raise FormatError(f"{self.home / name} cannot be read: {error.strerror}.") from error
