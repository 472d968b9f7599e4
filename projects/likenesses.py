"""What images look like, for those that came in before that was asked, or with unreadable files."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from sqlalchemy import bindparam, update

from datasetbuilder.errors import DataError
from datasetbuilder.model import Image
from datasetbuilder.projects import images as image_rows
from datasetbuilder.projects.library import Library
from datasetbuilder.projects.reading import ProjectInfo
from datasetbuilder.projects.schema import image
from datasetbuilder.projects.store import Store

_BATCH = 64
_WRITTEN = (
    update(image)
    .where(image.c.project == bindparam("p"), image.c.id == bindparam("i"))
    .values(likeness=bindparam("seen"))
)

Progress: TypeAlias = Callable[[int, int, str], None]
_Seen: TypeAlias = tuple[int, int | None]


def learn_likenesses(
    store: Store, library: Library, project: ProjectInfo, *, progress: Progress | None = None
) -> list[str]:
    """Look at the images whose likeness nobody knows, and keep it.

    It is no operation: like a thumbnail it follows from the picture and can be made again.

    Parameters
    ----------
    store, library : Store, Library
    project : ProjectInfo
    progress : callable, optional
        Called with (done, total, name); what it raises stops here, and what was seen stays.

    Returns
    -------
    problems : list of str
        One for each image whose file cannot be read; the next call tries it again.
    """
    waiting = _unknown(store, project.id)
    problems: list[str] = []
    for first in range(0, len(waiting), _BATCH):
        block = waiting[first : first + _BATCH]
        seen, unread = _looked_at(library, project.slug, block)
        problems += unread
        _keep(store, project.id, seen)
        if progress is not None:
            progress(first + len(block), len(waiting), block[-1].name)
    return problems


def _unknown(store: Store, project_id: int) -> list[Image]:
    question = image_rows.SELECT.where(image.c.project == project_id, image.c.likeness.is_(None))
    with store.reading() as connection:
        rows = connection.execute(question.order_by(image.c.id)).all()
    return [image_rows.image_from_row(row) for row in rows]


def _looked_at(
    library: Library, slug: str, block: Sequence[Image]
) -> tuple[list[_Seen], list[str]]:
    def look(one: Image) -> tuple[_Seen | None, str]:
        try:
            return (one.id, library.likeness(slug, one)), ""
        except DataError as error:
            return None, str(error)

    with ThreadPoolExecutor(library.decoder.size) as threads:
        answers = list(threads.map(look, block))
    return [seen for seen, _ in answers if seen], [said for _, said in answers if said]


def _keep(store: Store, project_id: int, seen: Sequence[_Seen]) -> None:
    rows = [
        {"p": project_id, "i": number, "seen": image_rows.FEATURELESS if one is None else one}
        for number, one in seen
    ]
    if rows:
        store.submit(lambda t: t.connection.execute(_WRITTEN, rows) and None, project=project_id)
