"""What images look like, for those that came in before that was asked, or with unreadable files."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeAlias

from sqlalchemy import bindparam, update

from datasetbuilder.errors import DataError
from datasetbuilder.model import Image
from datasetbuilder.projects import image_tasks
from datasetbuilder.projects import images as image_rows
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.jobs import Item
from datasetbuilder.projects.library import Library, unreadable
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
_Looked: TypeAlias = tuple[list[_Seen], list[str]]


def learn_likenesses(
    store: Store,
    library: Library,
    project: ProjectInfo,
    *,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> list[str]:
    """Look at the images whose likeness nobody knows, and keep it.

    It is no operation: like a thumbnail it follows from the picture and can be made again.

    Parameters
    ----------
    store, library : Store, Library
    project : ProjectInfo
    progress : callable, optional
        Called with (done, total, name); what it raises stops here, and what was seen stays.
    engine : Engine, optional
        Whose workers look; by default child processes of this one.

    Returns
    -------
    problems : list of str
        One for each image whose file cannot be read; the next call tries it again.
    """
    waiting = _unknown(store, project.id)
    problems: list[str] = []
    done = 0
    with closing(_looks(library, project.slug, waiting, engine)) as looks:
        for seen, unread in looks:
            problems += unread
            _keep(store, project.id, seen)
            done += len(seen) + len(unread)
            if progress is not None:
                progress(done, len(waiting), "")
    return problems


def _looks(
    library: Library, slug: str, waiting: Sequence[Image], engine: Engine | None
) -> Generator[_Looked, None, None]:
    if engine is not None:
        yield from _looked_at_by(engine, library, slug, waiting)
        return
    for first in range(0, len(waiting), _BATCH):
        yield _looked_at(library, slug, waiting[first : first + _BATCH])


def _unknown(store: Store, project_id: int) -> list[Image]:
    question = image_rows.SELECT.where(image.c.project == project_id, image.c.likeness.is_(None))
    with store.reading() as connection:
        rows = connection.execute(question.order_by(image.c.id)).all()
    return [image_rows.image_from_row(row) for row in rows]


def _looked_at_by(
    engine: Engine, library: Library, slug: str, waiting: Sequence[Image]
) -> Generator[_Looked, None, None]:
    paths = {one.id: (one, library.original_path(slug, one)) for one in waiting}
    items = [
        Item(number, image_tasks.file_item(one.name, path, one.sha256))
        for number, (one, path) in paths.items()
    ]
    with closing(engine.run(image_tasks.likeness, {}, items, chunk=image_tasks.CHUNK)) as answers:
        for answer in answers:
            good = [(one.item_id, one.result) for one in answer.settled if not one.error]
            bad = [(*paths[one.item_id], one.error) for one in answer.settled if one.error]
            yield good, [unreadable(*one) for one in bad]


def _looked_at(library: Library, slug: str, block: Sequence[Image]) -> _Looked:
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
