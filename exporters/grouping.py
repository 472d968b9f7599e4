"""Which images belong together: by folder, or by a column of a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from datasetbuilder.errors import UsageError
from datasetbuilder.exporters.tables import rows_of
from datasetbuilder.insight.grouped import Member
from datasetbuilder.model import Image, Snapshot

FOLDER = "folder"
_IMAGE_COLUMNS = ("image", "name", "file", "file_name", "filename")


@dataclass(frozen=True, slots=True)
class Groups:
    """The group of an image.

    Attributes
    ----------
    by : str
        ``folder``, or the name of the column; empty for no groups.
    values : mapping of str to str
        Group by the name of the image, or its base name.
    """

    by: str = ""
    values: Mapping[str, str] | None = None

    def of(self, image: Image) -> str:
        """The image's group, empty if it has none."""
        if self.by == FOLDER and self.values is None:
            return PurePosixPath(image.name).parent.as_posix()
        values = self.values or {}
        return values.get(image.name) or values.get(PurePosixPath(image.name).name, "")


def groups_from_table(path: Path, column: str) -> Groups:
    """Groups as a table says: a column of image names and the one that is named.

    Raises
    ------
    UsageError
        If a column is missing or an image stands there with two groups.
    """
    values: dict[str, str] = {}
    for line, row in enumerate(rows_of(path), 2):
        key = next((name for name in _IMAGE_COLUMNS if name in row), None)
        if key is None or column not in row:
            has = ", ".join(row)
            raise UsageError(
                f"{path.name} needs a column '{column}' and one of {', '.join(_IMAGE_COLUMNS)}; "
                f"it has {has}."
            )
        if values.setdefault(row[key], row[column]) != row[column]:
            raise UsageError(f"{path.name} line {line}: '{row[key]}' has two groups.")
    return Groups(column, values)


def chosen_groups(group_by: str, table: Path | None) -> Groups:
    """Groups as a person asks for them on the command line.

    Raises
    ------
    UsageError
        If a column is named without a table, or a table without a column.
    """
    if table is not None:
        if not group_by:
            raise UsageError("Name the column of the table: --group-by COLUMN.")
        return groups_from_table(table, group_by)
    if group_by not in ("", FOLDER):
        raise UsageError(
            f"Group by '{FOLDER}', or name a table with a column '{group_by}': --groups FILE.csv."
        )
    return Groups(group_by)


def members(snapshot: Snapshot, groups: Groups, *, labels: bool) -> Iterator[Member]:
    """Every image as a split sees it; its labels only when they are asked for."""
    if labels:
        for image, annotations in snapshot.rows():
            yield _member(image, groups, tuple(item.label for item in annotations))
    else:
        for image in snapshot.images():
            yield _member(image, groups, ())


def _member(image: Image, groups: Groups, labels: tuple[int, ...]) -> Member:
    content = image.sha256 or image.name
    return Member(
        image.id, content, groups.of(image), image.likeness, labels, image.split, image.dealt
    )
