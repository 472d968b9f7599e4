"""Who finished an image and who accepted it.

Every change of an image's state passes by `note`, in the same transaction. ``nth`` counts what
each person finished, once per image and for good: it is what a share of their work is drawn from.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, select

from datasetbuilder.model import ImageState
from datasetbuilder.projects import database
from datasetbuilder.projects.kept import Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import review

_UNDO = "undo"
"""The tool of a verdict that is taken back: whoever does so has finished nothing."""
_NOT_ACCEPTED: Mapping[str, None] = {
    "accepted_by": None,
    "accepted_at": None,
    "seconded_by": None,
    "seconded_at": None,
}


def note(ledger: Ledger, image_id: int, was: ImageState, state: str, stamp: Stamp) -> None:
    """An image has another state."""
    if state == ImageState.DONE and (was is ImageState.ACCEPTED or stamp.tool == _UNDO):
        _write(ledger, image_id, dict(_NOT_ACCEPTED))
    elif state == ImageState.DONE:
        _finish(ledger, image_id, stamp)
    elif state == ImageState.ACCEPTED:
        _accept(ledger, image_id, was, stamp)
    elif was is ImageState.ACCEPTED:
        _write(ledger, image_id, dict(_NOT_ACCEPTED))


def _finish(ledger: Ledger, image_id: int, stamp: Stamp) -> None:
    row = row_of(ledger.connection, ledger.project_id, image_id)
    if row is not None and row.done_by == stamp.author:
        nth = row.nth
    else:
        most = select(func.max(review.c.nth)).where(
            review.c.project == ledger.project_id, review.c.done_by == stamp.author
        )
        nth = (ledger.connection.execute(most).scalar() or 0) + 1
    done = {"done_by": stamp.author, "nth": nth, "done_at": stamp.at}
    _write(ledger, image_id, {**done, **_NOT_ACCEPTED})


def _accept(ledger: Ledger, image_id: int, was: ImageState, stamp: Stamp) -> None:
    row = row_of(ledger.connection, ledger.project_id, image_id)
    first = None if row is None or was is not ImageState.ACCEPTED else row.accepted_by
    if first is None or first == stamp.author:
        accepted = {"accepted_by": stamp.author, "accepted_at": stamp.at}
        _write(ledger, image_id, accepted)
    else:
        _write(ledger, image_id, {"seconded_by": stamp.author, "seconded_at": stamp.at})


def _write(ledger: Ledger, image_id: int, values: Mapping[str, Any]) -> None:
    row = {"project": ledger.project_id, "image_id": image_id, **values}
    ledger.connection.execute(database.insert_replacing(ledger.connection, review, *values), row)


def row_of(connection: Connection, project_id: int, image_id: int) -> Row[Any] | None:
    """What is known of the review of an image."""
    asked = select(review).where(review.c.project == project_id, review.c.image_id == image_id)
    return connection.execute(asked).first()
