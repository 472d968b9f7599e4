"""Which images train and which test, by a seeded hash of their content.

The split of an image depends on its SHA-256, the seed and the shares alone: it stays when images
are added, and identical files always fall on the same side.
"""

import hashlib
import math
import re
from collections.abc import Mapping

from datasetbuilder.errors import UsageError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
_EXAMPLE = "Write for example train=0.8,val=0.1,test=0.1."


def splits_from_text(text: str) -> dict[str, float]:
    """The shares written as ``train=0.8,val=0.1,test=0.1``.

    Raises
    ------
    UsageError
        If a name or share makes no sense, or the shares do not add up to 1.
    """
    shares: dict[str, float] = {}
    for piece in text.split(","):
        name, separator, share = (part.strip() for part in piece.partition("="))
        if not separator:
            raise UsageError(f"Split '{piece.strip()}' is not of the form name=share. {_EXAMPLE}")
        if name in shares:
            raise UsageError(f"Split '{name}' is given twice. {_EXAMPLE}")
        shares[name] = _share(name, share)
    return checked_splits(shares)


def checked_splits(splits: Mapping[str, float]) -> dict[str, float]:
    """The shares themselves, when they make sense.

    Raises
    ------
    UsageError
        If there is none, a name is not a plain word, a share is not above 0 or they do not add up
        to 1.
    """
    if not splits:
        raise UsageError(f"No split is named. {_EXAMPLE}")
    for name, share in splits.items():
        checked_split_name(name)
        if not (math.isfinite(share) and 0 < share <= 1):
            raise UsageError(
                f"The share of split '{name}' is {share:g}; it must be above 0, up to 1."
            )
    total = math.fsum(splits.values())
    if abs(total - 1) > 1e-6:
        raise UsageError(f"The shares of the splits add up to {total:g}, not to 1. {_EXAMPLE}")
    return dict(splits)


def checked_split_name(name: str) -> str:
    """The name itself, when files and columns can carry it.

    Raises
    ------
    UsageError
        If it is not a letter followed by letters, digits or underscores.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"Split name '{name}' must be a letter followed by up to 31 letters, digits or '_'."
        )
    return name


def split_of(sha256: str, splits: Mapping[str, float], seed: int = 0) -> str:
    """The split of the image with this content.

    Parameters
    ----------
    sha256 : str
        Hash of the image file.
    splits : mapping of str to float
        Share of each split, in a fixed order; the shares add up to 1.
    seed : int, optional
        Another seed deals the images anew.
    """
    digest = hashlib.blake2b(f"{seed}:{sha256}".encode(), digest_size=8).digest()
    position = int.from_bytes(digest, "big") / 2**64
    edge = 0.0
    for name, share in splits.items():
        edge += share
        if position < edge:
            return name
    return next(reversed(list(splits)))


def _share(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        problem = f"The share of split '{name}' is '{text}', which is no number. {_EXAMPLE}"
        raise UsageError(problem) from None
