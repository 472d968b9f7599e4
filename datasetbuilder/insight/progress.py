"""How far a project is, who did how much, and when it may be done."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

LOOK_BACK = 14
"""Over how many days back the pace is taken."""
_LEAST = 60.0
"""How many active seconds tell a pace."""
_START = date(1970, 1, 1)

WorkRow = tuple[str, int, str, int, int, float]
"""Person, day since 1970, tool, events, objects, seconds."""
FinishedRow = tuple[str, int, int]
"""Person, day since 1970, images."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the images that are open may be done, at the pace of the last days.

    ``end`` is None where there is no pace yet.
    """

    open: int
    per_day: float
    end: date | None


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """What people did.

    Attributes
    ----------
    days : DataFrame
        A row for each person and day: ``person``, ``day``, ``images`` finished, ``objects`` drawn,
        ``active_minutes`` without breaks.
    people : DataFrame
        A row for each person, with ``objects_per_hour`` and ``images_per_hour``.
    tools : DataFrame
        A row for each tool, with ``seconds_per_object``.
    """

    days: "DataFrame"
    people: "DataFrame"
    tools: "DataFrame"


_DAYS = ("person", "day", "images", "objects", "active_minutes")
_PEOPLE = ("person", "images", "objects", "active_hours", "objects_per_hour", "images_per_hour")
_TOOLS = ("tool", "objects", "seconds_per_object")


def activity(work: Iterable[WorkRow], finished: Iterable[FinishedRow]) -> Activity:
    """Tables of what people did."""
    days: dict[tuple[int, str], _Sum] = defaultdict(_Sum)
    people: dict[str, _Sum] = defaultdict(_Sum)
    tools: dict[str, _Sum] = defaultdict(_Sum)
    for person, day, tool, _, objects, seconds in work:
        for mine in (days[day, person], people[person], tools[tool]):
            mine.objects += objects
            mine.seconds += seconds
    for person, day, images in finished:
        days[day, person].images += images
        people[person].images += images
    return Activity(
        _table([(who, _date(n), *days[n, who].in_minutes()) for n, who in sorted(days)], _DAYS),
        _table([(who, *people[who].per_hour()) for who in sorted(people)], _PEOPLE),
        _table(
            [
                (tool, mine.objects, round(mine.seconds / mine.objects, 1) or None)
                for tool, mine in sorted(tools.items())
                if mine.objects
            ],
            _TOOLS,
        ),
    )


@dataclass(slots=True)
class _Sum:
    images: int = 0
    objects: int = 0
    seconds: float = 0.0

    def in_minutes(self) -> tuple[int, int, float]:
        return self.images, self.objects, round(self.seconds / 60, 1)

    def per_hour(self) -> tuple[int, int, float, float | None, float | None]:
        hours = self.seconds / 3600
        told = self.seconds >= _LEAST
        paces = [round(n / hours, 1) if told else None for n in (self.objects, self.images)]
        return self.images, self.objects, round(hours, 2), paces[0], paces[1]


def _date(day: int) -> str:
    return (_START + timedelta(days=day)).isoformat()


def _table(rows: Sequence[tuple[object, ...]], columns: Sequence[str]) -> "DataFrame":
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))


def forecast(n_open: int, finished: Iterable[FinishedRow], *, today: date) -> Forecast:
    """When the open images may be done: the mean of the last days, today among them."""
    last = (today - _START).days
    recent = [(day, n) for _, day, n in finished if last - LOOK_BACK < day <= last]
    if not recent:
        return Forecast(n_open, 0.0, None if n_open else today)
    span = last - min(day for day, _ in recent) + 1
    pace = sum(n for _, n in recent) / span
    return Forecast(n_open, pace, today + timedelta(days=math.ceil(n_open / pace)))


def in_fives(scores: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Scores on gold images by fives, each with the day of the last: none tells of one image."""
    return [
        (scores[n + 4][0], sum(score for _, score in scores[n : n + 5]) / 5)
        for n in range(0, len(scores) - 4, 5)
    ]


def shown_counts(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Names with their counts, the greatest first."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
