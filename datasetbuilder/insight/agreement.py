"""How far people who labelled the same images, blind to each other, agree.

A rater is whoever drew one set of annotations. Two objects are the same where the pixels they cover
overlap enough; whole-image classes are compared by kappa. Shapes that cover no pixel are compared
by their bounding boxes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from datasetbuilder.geometry import Covers, array_from_geometry
from datasetbuilder.insight.kappa import cohen, fleiss
from datasetbuilder.insight.matching import (
    Matrix,
    Pair,
    close_pairs,
    findings,
    matched,
    most_typical,
)
from datasetbuilder.model import Annotation, Bbox, Image, Kind

if TYPE_CHECKING:
    from pandas import DataFrame

THRESHOLD = 0.5
"""From which IoU on two shapes are taken for one object."""
_NOWHERE: Bbox = (0.0, 0.0, 0.0, 0.0)
_THIN = (Kind.POLYLINE, Kind.POINTS, Kind.KEYPOINTS)

Rated: TypeAlias = tuple[Image, Mapping[str, Sequence[Annotation]]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One object of an image as its raters drew it, each at most once.

    Attributes
    ----------
    objects : tuple of (str, Annotation)
        Rater and object.
    typical : Annotation
        The one most like the others among those with the label that most of them gave.
    iou : float
        Mean over pairs of its objects; 1 where there is one alone.
    missed : tuple of str
        Raters of the image who drew no such object.
    """

    objects: tuple[tuple[str, Annotation], ...]
    typical: Annotation
    iou: float
    missed: tuple[str, ...]

    @property
    def is_majority(self) -> bool:
        """Whether more than half of the raters drew it."""
        return len(self.objects) > len(self.missed)

    @property
    def is_agreed(self) -> bool:
        """Whether every rater drew it, under one label."""
        return not self.missed and len({one.label for _, one in self.objects}) == 1


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """What comparing several raters gave; shares and IoUs are between 0 and 1.

    Attributes
    ----------
    raters : tuple of str
    classes : DataFrame
        A row for each label: how often two raters drew the same object of it (``found``), how alike
        those are (``iou``), how far the pixels of all its objects are the same (``pixels``), and
        Fleiss' ``kappa`` of whole-image classes.
    images : DataFrame
        A row for each image, the worst first by ``score``: twice the IoU of what was matched over
        the number of objects, as panoptic quality counts, together with the shared whole-image
        classes; mean over pairs of raters.
    pairs : DataFrame
        A row for two raters, with Cohen's ``kappa`` of whole-image classes.
    objects : DataFrame
        A row for each finding.
    label_kappa, tag_kappa : float or None
        Fleiss' kappa of the labels of objects that several raters drew, and of whole-image classes.
    """

    raters: tuple[str, ...]
    classes: "DataFrame"
    images: "DataFrame"
    pairs: "DataFrame"
    objects: "DataFrame"
    label_kappa: float | None
    tag_kappa: float | None


@dataclass(slots=True)
class Tally:
    """Sums over pairs of raters."""

    objects: int = 0
    pairs: int = 0
    iou: float = 0.0
    both: int = 0
    any: int = 0

    def add(self, other: "Tally") -> None:
        """Count what another tally counted."""
        self.objects += other.objects
        self.pairs += other.pairs
        self.iou += other.iou
        self.both += other.both
        self.any += other.any

    def match(self, pairs: Sequence[Pair]) -> None:
        """Count the objects that are one, of those that may be."""
        held = matched(pairs)
        self.pairs += len(held)
        self.iou += sum(iou for _, _, iou in held)

    def shares(self) -> dict[str, float | None]:
        """What the sums say, None where there is nothing to say it of."""
        return {
            "found": 2 * self.pairs / self.objects if self.objects else None,
            "iou": self.iou / self.pairs if self.pairs else None,
            "pixels": self.both / self.any if self.any else None,
        }


class Comparison:
    """The raters of one image, object by object.

    Parameters
    ----------
    image : Image
    rated : mapping of str to sequence of Annotation
        What each rater drew; nobody is in it who did not look.
    threshold : float, optional
        The least IoU of two that may be the same object.
    """

    def __init__(
        self,
        image: Image,
        rated: Mapping[str, Sequence[Annotation]],
        *,
        threshold: float = THRESHOLD,
    ) -> None:
        self.image = image
        self.rated = rated
        self.raters = tuple(sorted(rated))
        self.tags = {
            rater: frozenset(one.label for one in rated[rater] if one.kind is Kind.TAG)
            for rater in self.raters
        }
        self.objects = [
            (n, one)
            for n, rater in enumerate(self.raters)
            for one in rated[rater]
            if one.kind is not Kind.TAG
        ]
        self._whose = [n for n, _ in self.objects]
        self._covers = Covers([one.geometry for _, one in self.objects], image.shape)
        self.iou = _with_thin(self._covers.iou(), [one for _, one in self.objects])
        self._close = close_pairs(self.iou, self._whose, threshold)
        self._alike: list[list[float]] = self.iou.tolist()

    def findings(self) -> list[Finding]:
        """Its objects, put together where they are one, whatever their labels."""
        return [self._finding(found) for found in findings(self._close, self._whose)]

    def tag_findings(self) -> list[Finding]:
        """Its whole-image classes, each with who gave it."""
        given: dict[int, list[tuple[str, Annotation]]] = defaultdict(list)
        for rater in self.raters:
            for one in self.rated[rater]:
                if one.kind is Kind.TAG and rater not in {who for who, _ in given[one.label]}:
                    given[one.label].append((rater, one))
        return [
            Finding(
                objects=tuple(mine),
                typical=mine[0][1],
                iou=1.0,
                missed=tuple(name for name in self.raters if name not in {who for who, _ in mine}),
            )
            for _, mine in sorted(given.items())
        ]

    def _finding(self, members: Sequence[int]) -> Finding:
        drawn = [self.objects[n] for n in members]
        counts = Counter(one.label for _, one in drawn)
        label = (
            min(counts, key=lambda label: (-counts[label], label))
            if len(counts) > 1
            else drawn[0][1].label
        )
        alike = [n for n in members if self.objects[n][1].label == label]
        among = [self._alike[one][other] for one, other in combinations(members, 2)]
        there = {n for n, _ in drawn}
        return Finding(
            objects=tuple((self.raters[n], one) for n, one in drawn),
            typical=self.objects[most_typical(self._alike, alike)][1],
            iou=sum(among) / len(among) if among else 1.0,
            missed=tuple(rater for n, rater in enumerate(self.raters) if n not in there),
        )

    def by_pair(self) -> dict[tuple[int, int], dict[int, Tally]]:
        """For each two raters, by their positions, the sums per label."""
        places: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for place, (rater, one) in enumerate(self.objects):
            places[one.label][rater].append(place)
        close = self._close_by_label()
        found: dict[tuple[int, int], dict[int, Tally]] = {
            pair: {} for pair in combinations(range(len(self.raters)), 2)
        }
        for label, by_rater in places.items():
            shared = self._covers.shared([by_rater[n] for n in range(len(self.raters))]).tolist()
            for (one, other), tallies in found.items():
                n = len(by_rater[one]) + len(by_rater[other])
                if n:
                    both = shared[one][other]
                    any_ = shared[one][one] + shared[other][other] - both
                    tallies[label] = Tally(objects=n, both=both, any=any_)
                    tallies[label].match(close.get((one, other, label), ()))
        return found

    def _close_by_label(self) -> Mapping[tuple[int, int, int], list[Pair]]:
        found: dict[tuple[int, int, int], list[Pair]] = defaultdict(list)
        for pair in self._close:
            (rater, ours), (other, theirs) = self.objects[pair[0]], self.objects[pair[1]]
            if ours.label == theirs.label:
                found[rater, other, ours.label].append(pair)
        return found


@dataclass(slots=True)
class _Sums:
    """What was seen over all images."""

    classes: dict[int, Tally] = field(default_factory=lambda: defaultdict(Tally))
    pairs: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    shared: Counter[tuple[str, str]] = field(default_factory=Counter)
    tags: list[Mapping[str, frozenset[int]]] = field(default_factory=list)
    labels: list[list[int]] = field(default_factory=list)
    drawn: Counter[int] = field(default_factory=Counter)
    images: list[dict[str, Any]] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)


def agreement(
    rows: Iterable[Rated], labels: Mapping[int, str], *, threshold: float = THRESHOLD
) -> Agreement:
    """Compare the raters of many images.

    Parameters
    ----------
    rows : iterable of (Image, mapping of str to sequence of Annotation)
        What each rater drew on an image; images with one rater say nothing and are passed over.
    labels : mapping of int to str
        The names of the labels.
    threshold : float, optional
        The least IoU, above 0, of two shapes that may be the same object.
    """
    sums = _Sums()
    for image, rated in rows:
        if len(rated) > 1:
            _count(sums, Comparison(image, rated, threshold=threshold))
    return _tables(sums, labels)


def _count(sums: _Sums, seen: Comparison) -> None:
    found = seen.findings()
    whole = Tally()
    scores = []
    for (one, other), tallies in seen.by_pair().items():
        names = seen.raters[one], seen.raters[other]
        total = Tally()
        for label, tally in tallies.items():
            sums.classes[label].add(tally)
            total.add(tally)
        sums.pairs[names].add(total)
        sums.shared[names] += 1
        whole.add(total)
        scores.append(_score(total, *(seen.tags[name] for name in names)))
    sums.tags.append(seen.tags)
    sums.labels += [[one.label for _, one in finding.objects] for finding in found]
    sums.drawn.update(one.label for _, one in seen.objects)
    sums.images.append(
        {
            "image_id": seen.image.id,
            "image": seen.image.name,
            "raters": len(seen.raters),
            "findings": len(found),
            "agreed": sum(one.is_agreed for one in found),
            "score": sum(scores) / len(scores),
            **whole.shares(),
        }
    )
    sums.objects += [_row_from_finding(seen.image, one) for one in found]


def _score(total: Tally, ours: frozenset[int], theirs: frozenset[int]) -> float:
    """How alike two raters saw an image; 1 where both saw nothing."""
    parts = []
    if total.objects:
        parts.append(2 * total.iou / total.objects)
    if ours | theirs:
        parts.append(len(ours & theirs) / len(ours | theirs))
    return sum(parts) / len(parts) if parts else 1.0


def against(image: Image, drawn: Sequence[Annotation], answer: Sequence[Annotation]) -> float:
    """How well somebody drew an image whose answer is known, between 0 and 1."""
    seen = Comparison(image, {"answer": answer, "drawn": drawn})
    total = Tally()
    for tally in seen.by_pair()[0, 1].values():
        total.add(tally)
    return _score(total, seen.tags["answer"], seen.tags["drawn"])


def _row_from_finding(image: Image, found: Finding) -> dict[str, Any]:
    return {
        "image_id": image.id,
        "label_id": found.typical.label,
        "uid": found.typical.uid,
        "raters": len(found.objects),
        "missed": len(found.missed),
        "labels": len({one.label for _, one in found.objects}),
        "iou": found.iou,
    }


# --- tables -----------------------------------------------------------------------------------

_SHARES = ("found", "iou", "pixels")
_CLASSES = ("label_id", "label", "objects", *_SHARES, "kappa")
_IMAGES = ("image_id", "image", "raters", "findings", "agreed", "score", *_SHARES)
_PAIRS = ("rater", "other", "images", *_SHARES, "kappa")
_OBJECTS = ("image_id", "label_id", "label", "uid", "raters", "missed", "labels", "iou")


def _tables(sums: _Sums, labels: Mapping[int, str]) -> Agreement:
    tagged = {label for tags in sums.tags for mine in tags.values() for label in mine}
    classes = [
        {
            "label_id": label,
            "label": labels.get(label, str(label)),
            "objects": sums.drawn[label],
            **sums.classes.get(label, Tally()).shares(),
            "kappa": _kappa_of(label, sums) if label in tagged else None,
        }
        for label in sorted(set(sums.drawn) | tagged)
    ]
    pairs = [
        {
            "rater": one,
            "other": other,
            "images": sums.shared[one, other],
            **sums.pairs[one, other].shares(),
            "kappa": _kappa_between(one, other, sums) if tagged else None,
        }
        for one, other in sorted(sums.shared)
    ]
    objects = [{**row, "label": labels.get(row["label_id"], "")} for row in sums.objects]
    return Agreement(
        raters=tuple(sorted({rater for tags in sums.tags for rater in tags})),
        classes=_frame(classes, _CLASSES),
        images=_frame(
            sorted(sums.images, key=lambda row: (row["score"], row["image_id"])), _IMAGES
        ),
        pairs=_frame(pairs, _PAIRS),
        objects=_frame(objects, _OBJECTS),
        label_kappa=fleiss(sums.labels),
        tag_kappa=fleiss([list(tags.values()) for tags in sums.tags]) if tagged else None,
    )


def _frame(rows: list[dict[str, Any]], columns: Sequence[str]) -> "DataFrame":
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(columns))
    numbers = [name for name in (*_SHARES, "kappa", "score") if name in columns]
    return table.astype(dict.fromkeys(numbers, float))


def _kappa_of(label: int, sums: _Sums) -> float | None:
    return fleiss([[label in mine for mine in tags.values()] for tags in sums.tags])


def _kappa_between(one: str, other: str, sums: _Sums) -> float | None:
    return cohen([(tags[one], tags[other]) for tags in sums.tags if one in tags and other in tags])


# --- shapes without pixels, and the map -------------------------------------------------------


def _with_thin(iou: Matrix, objects: Sequence[Annotation]) -> Matrix:
    """Compare shapes that cover no pixel, kind by kind, by their boxes."""
    for kind in _THIN:
        chosen = [n for n, one in enumerate(objects) if one.kind is kind]
        for one, other in product(chosen, repeat=2):
            iou[one, other] = _box_iou(
                objects[one].bbox or _NOWHERE, objects[other].bbox or _NOWHERE
            )
    return iou


def _box_iou(one: Bbox, other: Bbox) -> float:
    sides = [
        min(one[k] + one[k + 2], other[k] + other[k + 2]) - max(one[k], other[k]) for k in (0, 1)
    ]
    shared = max(sides[0], 0.0) * max(sides[1], 0.0)
    total = one[2] * one[3] + other[2] * other[3] - shared
    return shared / total if total > 0 else 0.0


def disagreement(image: Image, rated: Mapping[str, Sequence[Annotation]]) -> np.ndarray:
    """Where raters saw different things.

    Returns
    -------
    share : ndarray of float32, shape (H, W)
        For each pixel the largest share, over the labels, of the raters in the minority: 0 where
        all agree, ½ where they are split in two.
    """
    shape = image.shape
    share = np.zeros(shape, np.float32)
    for label in sorted({one.label for mine in rated.values() for one in mine}):
        votes = np.zeros(shape, np.uint16)
        for mine in rated.values():
            seen = np.zeros(shape, bool)
            for one in mine:
                if one.label == label and one.kind is not Kind.TAG:
                    seen |= array_from_geometry(one.geometry, shape)
            votes += seen
        minority = np.minimum(votes, len(rated) - votes)
        np.maximum(share, minority / np.float32(len(rated)), out=share)
    return share
