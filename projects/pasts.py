"""The earlier versions of targets, from the event log."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import event, payload

_BEFORE, _AFTER = payload.alias(), payload.alias()
_EVENT = (
    select(event.c.previous_seq, _BEFORE.c.data.label("before"), _AFTER.c.data.label("after"))
    .select_from(event)
    .outerjoin(
        _BEFORE, (_BEFORE.c.project == event.c.project) & (_BEFORE.c.hash == event.c.before_hash)
    )
    .outerjoin(
        _AFTER, (_AFTER.c.project == event.c.project) & (_AFTER.c.hash == event.c.after_hash)
    )
    .where(event.c.project == bindparam("p"), event.c.seq == bindparam("s"))
)


class Pasts:
    """The earlier versions of targets, read once each, from the newest event backwards.

    Many refused operations may wait on one target with a long past; reading it for each of them
    would make an image ever slower to open.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._known: dict[int, dict[int, Mapping[str, Any]]] = {}
        self._next: dict[int, int | None] = {}

    def version(self, newest: int | None, version: int) -> Mapping[str, Any] | None:
        """The target whose last event is ``newest`` as it was in a version; None if unknown."""
        if newest is None:
            return None
        known = self._known.setdefault(newest, {})
        following = self._next.setdefault(newest, newest)
        while following is not None and version not in known:
            following = self._next[newest] = self._read(following, known)
        return known.get(version)

    def _read(self, seq: int, known: dict[int, Mapping[str, Any]]) -> int | None:
        """Take in what an event tells of both its sides; the event before it on its target."""
        keys = {"p": self.ledger.project_id, "s": seq}
        row = self.ledger.connection.execute(_EVENT, keys).one_or_none()
        if row is None:
            return None
        for data in (row.before, row.after):
            state = None if data is None else orjson.loads(data)
            if state is not None and "version" in state:
                known.setdefault(state["version"], state)
        return row.previous_seq
