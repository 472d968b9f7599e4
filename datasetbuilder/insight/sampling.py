"""Which of the finished images a reviewer is to look at: a share of everybody's work, by a seed.

The draw depends on nothing but the seed, the person and the place of an image among what they
finished, so that it is the same on every server and stays the same while more is finished.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from datasetbuilder.errors import WireError
from datasetbuilder.wire.fields import read_integer, read_mapping, read_number

_KNOWN = ("share", "below", "second", "seed")


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """What of the finished work is reviewed.

    Attributes
    ----------
    share : int
        Percent of what each person finishes, from 0 to 100.
    below : float or None
        With it every image with an annotation whose score is below.
    second : int
        Percent of the accepted images that a second reviewer looks at.
    seed : int
        Another seed draws others.
    """

    share: int = 100
    below: float | None = None
    second: int = 0
    seed: int = 0

    def draws(self, person: str, nth: int) -> bool:
        """Whether the ``nth`` image that somebody finished, counted from 1, is in the share.

        Of every run of 100 / ``share`` images just one is drawn, at a place nobody can guess
        without the seed.
        """
        if self.share <= 0:
            return False
        run = _run_of(nth - 1, self.share)
        first, end = _start(run, self.share), _start(run + 1, self.share)
        return nth - 1 == first + _number(f"{self.seed}:{person}:{run}") % (end - first)

    def draws_second(self, image_id: int) -> bool:
        """Whether an accepted image is for a second reviewer."""
        return _number(f"{self.seed}:second:{image_id}") % 100 < self.second

    def to_wire(self) -> Mapping[str, Any]:
        """The rule as JSON."""
        return {name: getattr(self, name) for name in _KNOWN}


def rule_from_wire(value: Any, path: str) -> ReviewRule:
    """Read a rule.

    Raises
    ------
    WireError
        If a field is not known, or out of bounds.
    """
    data = read_mapping(value, path)
    for key in data:
        if key not in _KNOWN:
            raise WireError(f"{path}.{key}"[:200], f"is not known; known are {', '.join(_KNOWN)}")
    below = data.get("below")
    return ReviewRule(
        share=_percent(data.get("share", 100), f"{path}.share"),
        below=None if below is None else read_number(below, f"{path}.below"),
        second=_percent(data.get("second", 0), f"{path}.second"),
        seed=read_integer(data.get("seed", 0), f"{path}.seed"),
    )


def _percent(value: Any, path: str) -> int:
    number = read_integer(value, path)
    if not 0 <= number <= 100:
        raise WireError(path, "must be a percentage from 0 to 100")
    return number


def _start(run: int, share: int) -> int:
    """Where a run of images begins, of which one is drawn."""
    return run * 100 // share


def _run_of(place: int, share: int) -> int:
    run = place * share // 100
    while _start(run + 1, share) <= place:
        run += 1
    return run


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
