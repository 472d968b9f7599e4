"""One export under way: what every format needs to write its files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from datasetbuilder.exporters.columns import Block, Columned
from datasetbuilder.exporters.imagefiles import ImageFiles
from datasetbuilder.exporters.options import ExportOptions
from datasetbuilder.exporters.placement import Placement
from datasetbuilder.exporters.survey import Survey
from datasetbuilder.model import Annotation, Image, Snapshot

Row: TypeAlias = tuple[Image, tuple[Annotation, ...]]
Progress: TypeAlias = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class ExportJob:
    """A snapshot with everything settled about where it goes.

    Attributes
    ----------
    snapshot : Snapshot
    options : ExportOptions
    placement : Placement
    survey : Survey
    files : ImageFiles
    advance : callable
        Called with an image's name for each row written or compared.
    """

    snapshot: Snapshot
    options: ExportOptions
    placement: Placement
    survey: Survey
    files: ImageFiles
    advance: Callable[[str], None]

    def blocks(self) -> Iterator[Block]:
        """The blocks of a snapshot that can be read by them."""
        assert isinstance(self.snapshot, Columned)
        return self.snapshot.blocks()

    def rows(self) -> Iterator[Row]:
        """The snapshot's rows, reporting progress."""
        for image, annotations in self.snapshot.rows():
            yield image, annotations
            self.advance(image.name)
