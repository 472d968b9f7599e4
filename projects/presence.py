"""Who is on which image just now.

A page says every few seconds that it is there, and says so when it leaves; whoever was silent for
`SILENCE` is gone. It lives in a table, so that many web processes know the same, and never in the
log: nothing depends on it and nothing waits for it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from datasetbuilder.projects import database
from datasetbuilder.projects.clock import now, time_from_micros
from datasetbuilder.projects.schema import presence

SILENCE = 12_000_000
"""After how many microseconds without a word a page counts as closed."""

_HERE = (
    presence.c.project == bindparam("p"),
    presence.c.image_id == bindparam("i"),
)
_OTHERS = (
    select(presence)
    .where(
        *_HERE,
        presence.c.client != bindparam("c"),
        presence.c.set_name == bindparam("s"),
        presence.c.seen_at > bindparam("after"),
    )
    .order_by(presence.c.since, presence.c.client)
)
_SILENT = delete(presence).where(presence.c.seen_at <= bindparam("after"))
_LEAVE = delete(presence).where(
    presence.c.project == bindparam("p"), presence.c.client == bindparam("c")
)


@dataclass(frozen=True, slots=True)
class Present:
    """A page that is open on an image."""

    client: str
    author: str
    since: datetime
    doing: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page is: an image of a project, and the set that it shows."""

    project_id: int
    image_id: int
    set: str


def note(connection: Connection, place: Place, *, client: str, author: str, doing: str) -> None:
    """A page is there; it is nowhere else. Whoever is silent is forgotten."""
    moment = now()
    connection.execute(_SILENT, {"after": moment - SILENCE})
    elsewhere = {"p": place.project_id, "c": client, "i": place.image_id}
    connection.execute(_LEAVE.where(presence.c.image_id != bindparam("i")), elsewhere)
    row = {
        "project": place.project_id,
        "image_id": place.image_id,
        "client": client,
        "author": author,
        "set_name": place.set,
        "doing": doing,
        "since": moment,
        "seen_at": moment,
    }
    columns = ("author", "set_name", "doing", "seen_at")
    connection.execute(database.insert_replacing(connection, presence, *columns), row)


def leave(connection: Connection, project_id: int, client: str) -> None:
    """A page is closed."""
    connection.execute(_LEAVE, {"p": project_id, "c": client})


def others(connection: Connection, place: Place, *, client: str) -> list[Present]:
    """The other pages on the same image and set, the longest there first."""
    keys = {"p": place.project_id, "i": place.image_id, "c": client, "s": place.set}
    rows = connection.execute(_OTHERS, {**keys, "after": now() - SILENCE}).all()
    return [Present(r.client, r.author, time_from_micros(r.since), r.doing) for r in rows]
