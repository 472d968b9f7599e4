"""The splits that exports dealt images to: kept, so that later exports leave them there."""

from collections.abc import Mapping

from sqlalchemy import bindparam, update

from datasetbuilder.projects.schema import image
from datasetbuilder.projects.store import Store

_WRITTEN = (
    update(image)
    .where(image.c.project == bindparam("p"), image.c.id == bindparam("i"))
    .values(dealt=bindparam("to"))
)


def keep_splits(store: Store, project_id: int, splits: Mapping[int, str]) -> None:
    """Remember where an export put images, by their ids.

    It is no operation: it decides nothing about the project, only where later exports start from.
    """
    rows = [{"p": project_id, "i": number, "to": split} for number, split in splits.items()]
    if rows:
        store.submit(lambda t: t.connection.execute(_WRITTEN, rows) and None, project=project_id)
