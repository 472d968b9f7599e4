"""How far raters agree on classes beyond what chance would give.

References
----------
.. [1] J. Cohen, "A coefficient of agreement for nominal scales", 1960,
   doi:10.1177/001316446002000104.
.. [2] J. L. Fleiss, "Measuring nominal scale agreement among many raters", 1971,
   doi:10.1037/h0031619.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence


def cohen(ratings: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Kappa of two raters from what each said of every image.

    None without ratings, and where both always said one and the same: then chance explains all.
    """
    if not ratings:
        return None
    n = len(ratings)
    seen = sum(one == other for one, other in ratings) / n
    ours, theirs = (Counter(rating[k] for rating in ratings) for k in (0, 1))
    chance = sum(ours[said] * theirs[said] for said in ours) / n**2
    return _beyond(seen, chance)


def fleiss(ratings: Sequence[Sequence[Hashable]]) -> float | None:
    """Kappa of any number of raters, not everywhere the same number.

    Parameters
    ----------
    ratings : sequence of sequence
        For each thing what its raters said; with one rater it tells nothing and is left out.
    """
    several = [Counter(said) for said in ratings if len(said) > 1]
    if not several:
        return None
    seen = 0.0
    shares: dict[Hashable, float] = defaultdict(float)
    for counts in several:
        n = counts.total()
        seen += (sum(k * k for k in counts.values()) - n) / (n * (n - 1))
        for said, k in counts.items():
            shares[said] += k / n
    chance = sum((share / len(several)) ** 2 for share in shares.values())
    return _beyond(seen / len(several), chance)


def _beyond(seen: float, chance: float) -> float | None:
    return None if chance > 1 - 1e-12 else (seen - chance) / (1 - chance)
