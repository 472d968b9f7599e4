"""Failed logins, and how long the next attempt has to wait.

The first failures cost nothing; after them every further one doubles the wait. It is kept in the
database, so that a restart or a second server process forgives nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from datasetbuilder.projects import database
from datasetbuilder.projects.clock import now
from datasetbuilder.projects.schema import attempt

_SECOND = 1_000_000
_FORGOTTEN = 24 * 3600 * _SECOND


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures under a key cost nothing, and how many seconds is the longest wait."""

    key: str
    free: int
    longest: int


def knock(connection: Connection, limits: Sequence[Patience]) -> float:
    """Count an attempt as failed until it is forgiven; how many seconds it has to wait, 0: none.

    Counted before the password is looked at and in one transaction, so that many at once are many.
    """
    moment = now()
    connection.execute(delete(attempt).where(attempt.c.at < moment - _FORGOTTEN))
    asked = select(attempt).where(attempt.c.key.in_([limit.key for limit in limits]))
    before = {row.key: row for row in connection.execute(asked).all()}
    until = max((row.blocked_until for row in before.values()), default=0)
    if until > moment:
        return (until - moment) / _SECOND
    rows = [_counted(limit, before.get(limit.key), moment) for limit in limits]
    columns = ("failures", "at", "blocked_until")
    connection.execute(database.insert_replacing(connection, attempt, *columns), rows)
    return 0


def _counted(limit: Patience, before: Row[Any] | None, moment: int) -> dict[str, Any]:
    failures = (0 if before is None else before.failures) + 1
    over = failures - limit.free
    seconds = 0 if over < 0 else min(limit.longest, 2 ** min(over, 30))
    return {
        "key": limit.key,
        "failures": failures,
        "at": moment,
        "blocked_until": moment + seconds * _SECOND,
    }


def forgive(connection: Connection, account: str, others: Sequence[str]) -> None:
    """After the right password: forget the account's failures, and this one under other keys."""
    connection.execute(delete(attempt).where(attempt.c.key == account))
    once = {"failures": attempt.c.failures - 1, "blocked_until": attempt.c.at}
    connection.execute(update(attempt).where(attempt.c.key.in_(others)).values(once))
