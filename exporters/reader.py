"""An export as a trainer reads it: by position, one image at a time, without the project.

Nothing heavy loads with this module; Arrow, the image libraries and torch come when they are
needed. A `Dataset` may be handed to worker processes, by fork or by pickle.
"""

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasetbuilder.errors import FormatError, UnknownName
from datasetbuilder.exporters.manifest import Manifest, read_manifest
from datasetbuilder.exporters.sources import Opening, Source, open_source
from datasetbuilder.model import Mask

if TYPE_CHECKING:
    import numpy as np

    from datasetbuilder.exporters.torch_view import TorchDataset

_READABLE = ("parquet", "coco")
_IGNORED = 255


def open_dataset(
    folder: str | os.PathLike[str],
    *,
    split: str | None = None,
    format: str | None = None,
    images: str | os.PathLike[str] | None = None,
) -> "Dataset":
    """Open an export for training.

    Parameters
    ----------
    folder : path-like
        The folder of an export, with its ``export.json``.
    split : str, optional
        One split; all of them, one after the other, when not given.
    format : str, optional
        ``parquet`` or ``coco``, where the export has both; Parquet by default.
    images : path-like, optional
        Where the image files lie, for an export without images.

    Raises
    ------
    FormatError
        If the folder is no export that can be read.
    UnknownName
        If the export has no such split or format.
    """
    home = Path(os.path.abspath(os.path.expanduser(folder)))
    manifest = read_manifest(home)
    wanted = "val" if split == "validation" and "val" in manifest.splits else split
    if wanted is not None and wanted not in manifest.splits:
        known = ", ".join(manifest.splits)
        raise UnknownName(f"{home.name} has no split '{split}'. Its splits: {known}.")
    chosen = manifest.splits if wanted is None else (wanted,)
    return Dataset(
        Opening(
            folder=home,
            task=manifest.task,
            format=_format(manifest, format, home),
            splits=chosen,
            way=str(manifest.options.get("images", "copy")),
            images=None if images is None else Path(os.path.abspath(os.path.expanduser(images))),
        )
    )


def _format(manifest: Manifest, wanted: str | None, home: Path) -> str:
    readable = [name for name in _READABLE if name in manifest.formats]
    if wanted is None and not readable:
        has = ", ".join(manifest.formats)
        raise FormatError(f"{home.name} holds {has}; a dataset is opened from parquet or coco.")
    if wanted is not None and wanted not in readable:
        raise UnknownName(f"{home.name} has no '{wanted}' to open. It has: {', '.join(readable)}.")
    return wanted or readable[0]


class Dataset:
    """The images of an export with their labels, by position.

    Attributes
    ----------
    folder : Path
    task : str
        ``classification``, ``detection`` or ``instances``.
    splits : tuple of str
        The splits that are open.
    """

    def __init__(self, opening: Opening) -> None:
        self.folder, self.task, self.splits = opening.folder, opening.task, opening.splits
        self._opening = opening

    @cached_property
    def _source(self) -> Source:
        return open_source(self._opening)

    @property
    def labels(self) -> tuple[str, ...]:
        """The class names; a sample's ``labels`` are positions in here."""
        return tuple(label.name for label in self._source.labels)

    @property
    def label_ids(self) -> tuple[int, ...]:
        """The project's label ids (COCO's category ids) in the same order."""
        return tuple(label.id for label in self._source.labels)

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, index: int) -> "Sample":
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"image {index} of {len(self)}")
        return Sample(self._source, position)

    def __iter__(self) -> Iterator["Sample"]:
        return (Sample(self._source, index) for index in range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "_source"}

    def __repr__(self) -> str:
        return f"<Dataset {self.folder.name} ({', '.join(self.splits)}): {len(self)} images>"

    def torch(self, task: str | None = None) -> "TorchDataset":
        """A map-style dataset for ``torch.utils.data.DataLoader``.

        Parameters
        ----------
        task : str, optional
            The export's own by default; one of instances serves for detection and semantic too.

        Raises
        ------
        FormatError
            If torch is not installed or the export cannot serve for the task.
        """
        from datasetbuilder.exporters.torch_view import TorchDataset

        return TorchDataset(self, task or self.task)


class Sample(Mapping[str, Any]):
    """One image as a mapping whose values are made when they are asked for.

    ``image``
        ndarray, upright, shape (H, W) for grey, else (H, W, C), in the file's depth.
    ``image_id``, ``file_name``, ``width``, ``height``
        Of the image.
    ``labels``
        int64, shape (N,): positions in ``Dataset.labels``.
    ``ids``, ``boxes``, ``area``, ``iscrowd``
        int64 (N,); float32 (N, 4) as x0, y0, x1, y1; float64 (N,); bool (N,).
    ``masks``
        bool, shape (N, H, W); an object drawn as a box covers its rectangle.

    The last two lines are there for detection and instances alone.
    """

    _ALWAYS = ("image", "image_id", "file_name", "width", "height", "labels")
    _OBJECTS = ("ids", "boxes", "area", "iscrowd", "masks")

    def __init__(self, source: Source, index: int) -> None:
        self._source, self._index = source, index

    @cached_property
    def _targets(self) -> Mapping[str, Any]:
        return self._source.targets(self._index)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys():
            raise KeyError(key)
        if key == "image":
            return self._image()
        return self._masks() if key == "masks" else self._targets[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())

    def image_bytes(self) -> bytes:
        """The image file as it was exported."""
        return self._source.image_bytes(self._index)

    def class_map(self) -> "np.ndarray":
        """The class of every pixel: uint8 (H, W), 0 background, 255 to be ignored.

        Classes count from 1 in the order of ``Dataset.labels``. The object of a higher level, or
        that was drawn later, has the pixel, as in label images; crowds are ignored where no object
        lies, and shapes without an outline colour nothing.

        Raises
        ------
        FormatError
            If there are more classes than eight bits can tell apart.
        """
        from datasetbuilder.exporters.masks import semantic
        from datasetbuilder.model import Image

        classes = self._source.labels
        if len(classes) >= _IGNORED:
            raise FormatError(
                f"A class map tells {_IGNORED - 1} classes apart, not {len(classes)}."
            )
        said = self._targets
        image = Image(said["image_id"], said["file_name"], said["width"], said["height"])
        values = {label.id: place for place, label in enumerate(classes, 1)}
        return semantic(image, self._source.drawn(self._index), values)

    def _keys(self) -> tuple[str, ...]:
        return self._ALWAYS + (self._OBJECTS if self._source.has_objects else ())

    def _image(self) -> "np.ndarray":
        from datasetbuilder.pixels.reader import read_pixels

        return read_pixels(self.image_bytes(), self._targets["file_name"])

    def _masks(self) -> "np.ndarray":
        import numpy as np

        from datasetbuilder.geometry import array_from_geometry, crop_from_mask

        shape = self._targets["height"], self._targets["width"]
        shapes = [item.geometry for item in self._source.drawn(self._index)]
        masks = np.zeros((len(shapes), *shape), bool)
        for mask, geometry in zip(masks, shapes, strict=True):
            if isinstance(geometry, Mask):
                rows = slice(geometry.y, geometry.y + geometry.height)
                mask[rows, geometry.x : geometry.x + geometry.width] = crop_from_mask(geometry)
            else:
                mask[:] = array_from_geometry(geometry, shape)
        return masks
