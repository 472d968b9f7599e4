"""Times as the database keeps them: microseconds since 1970 in UTC."""

import time
from datetime import UTC, datetime, timedelta

_START = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """The present moment."""
    return time.time_ns() // 1000


def time_from_micros(micros: int) -> datetime:
    """A stored time as an aware datetime."""
    return _START + timedelta(microseconds=micros)


def micros_from_time(moment: datetime) -> int:
    """An aware datetime as it is stored."""
    return (moment - _START) // timedelta(microseconds=1)
