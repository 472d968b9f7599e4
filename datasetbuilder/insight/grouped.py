"""Splits that keep together what belongs together, and that prove it.

Images of one group (a patient, a slide, a folder), files of one content and pictures that look
alike fall on one side. A split that a person chose wins over everything.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from datasetbuilder.insight.splits import split_of

NEAR = 3
"""Bits in which the likenesses of two pictures may differ that pass for one."""
_BANDS = 4
_BITS = 64 // _BANDS


@dataclass(frozen=True, slots=True)
class Member:
    """What a split needs to know of an image.

    Attributes
    ----------
    image_id : int
    content : str
        Hash of the file.
    group : str
        What it belongs to; empty if to nothing.
    likeness : int or None
        Perceptual hash of 64 bits.
    labels : tuple of int
        The label of each annotation.
    split : str or None
        Chosen by a person.
    before : str or None
        Where an earlier export put it.
    """

    image_id: int
    content: str
    group: str = ""
    likeness: int | None = None
    labels: tuple[int, ...] = ()
    split: str | None = None
    before: str | None = None


def fixed(members: Sequence[Member]) -> list[Member]:
    """The members with the split of an earlier export as if a person had chosen it."""
    return [
        member if member.split or not member.before else replace(member, split=member.before)
        for member in members
    ]


def dealt(
    members: Sequence[Member], shares: Mapping[str, float], *, seed: int, stratify: bool
) -> dict[int, str]:
    """The split of every image, by id.

    Parameters
    ----------
    members : sequence of Member
    shares : mapping of str to float
        Share of each split; they add up to 1.
    seed : int
        Another seed deals anew.
    stratify : bool
        Whether each split gets its share of every label, as far as groups allow.
    """
    clusters = _clusters(members)
    found: dict[int, str] = {}
    loose: list[_Cluster] = []
    for cluster in clusters:
        by_hand = next((m.split for m in cluster.members if m.split is not None), None)
        if by_hand is None:
            loose.append(cluster)
        for member in cluster.members:
            if by_hand is not None:
                found[member.image_id] = member.split or by_hand
    chosen = (
        _stratified(loose, shares, seed, found, members)
        if stratify
        else {cluster.key: split_of(cluster.key, shares, seed) for cluster in loose}
    )
    for cluster in loose:
        found |= {member.image_id: chosen[cluster.key] for member in cluster.members}
    return found


def proof(members: Sequence[Member], splits: Mapping[int, str]) -> dict[str, int]:
    """How many groups and doubles there are, and how many of them lie in more than one split.

    Near duplicates are told only where likenesses were compared: of how many images they are known
    stands in ``likeness_known``.
    """
    groups, contents = defaultdict(set), defaultdict(set)
    for member in members:
        if member.group:
            groups[member.group].add(splits[member.image_id])
        contents[member.content].add(splits[member.image_id])
    counted = Counter(member.content for member in members)
    known = sum(member.likeness is not None for member in members)
    return {
        "groups": len(groups),
        "groups_across": sum(len(said) > 1 for said in groups.values()),
        "duplicates": sum(count > 1 for count in counted.values()),
        "duplicates_across": sum(len(said) > 1 for said in contents.values()),
        "likeness_known": known,
        **(_near_duplicates(members, splits) if known else {}),
    }


def _near_duplicates(members: Sequence[Member], splits: Mapping[int, str]) -> dict[str, int]:
    near = _Sets(member.image_id for member in members)
    _join_alike(members, near)
    alike = defaultdict[int, set[str]](set)
    for member in members:
        alike[near.root(member.image_id)].add(splits[member.image_id])
    sizes = Counter(near.root(member.image_id) for member in members)
    return {
        "near_duplicates": sum(count > 1 for count in sizes.values()),
        "near_duplicates_across": sum(len(said) > 1 for said in alike.values()),
    }


def clusters_of(members: Sequence[Member]) -> list[list[int]]:
    """The ids that fall on one side of every split, together."""
    return [[one.image_id for one in cluster.members] for cluster in _clusters(members)]


# --- what belongs together --------------------------------------------------------------------


@dataclass(slots=True)
class _Cluster:
    key: str
    members: list[Member] = field(default_factory=list)

    @property
    def labels(self) -> Counter[int]:
        return Counter(label for member in self.members for label in member.labels)


class _Sets:
    """Union of sets by their smallest member."""

    def __init__(self, items: Iterable[int]) -> None:
        self._parent = {item: item for item in items}

    def root(self, item: int) -> int:
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self._parent[high] = low


def _clusters(members: Sequence[Member]) -> list[_Cluster]:
    sets = _Sets(member.image_id for member in members)
    first: dict[tuple[str, str], int] = {}
    for member in members:
        for key in (("content", member.content), ("group", member.group)):
            if key[1]:
                sets.join(first.setdefault(key, member.image_id), member.image_id)
    _join_alike(members, sets)
    found: dict[int, _Cluster] = {}
    for member in members:
        found.setdefault(sets.root(member.image_id), _Cluster("")).members.append(member)
    for cluster in found.values():
        groups = [f"group:{member.group}" for member in cluster.members if member.group]
        cluster.key = min(groups or [member.content for member in cluster.members])
    return list(found.values())


def _join_alike(members: Sequence[Member], sets: _Sets) -> None:
    """Two hashes that differ in three bits agree in one of four bands: only those are compared."""
    holders: dict[int, int] = {}
    buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
    for member in members:
        likeness = member.likeness
        if likeness is None:
            continue
        if likeness in holders:
            sets.join(holders[likeness], member.image_id)
            continue
        holders[likeness] = member.image_id
        for band in range(_BANDS):
            bucket = buckets[band, (likeness >> (band * _BITS)) & (2**_BITS - 1)]
            for other in bucket:
                if (other ^ likeness).bit_count() <= NEAR:
                    sets.join(holders[other], member.image_id)
            bucket.append(likeness)


# --- a share of every label -------------------------------------------------------------------


def _stratified(
    clusters: Sequence[_Cluster],
    shares: Mapping[str, float],
    seed: int,
    fixed: Mapping[int, str],
    members: Sequence[Member],
) -> dict[str, str]:
    """Rarest labels first, each cluster to the split that lacks most of its rarest label."""
    totals = Counter(label for member in members for label in set(member.labels))
    lacking = {split: Counter[int]() for split in shares}
    for split, share in shares.items():
        for label, count in totals.items():
            lacking[split][label] = count * share  # type: ignore[assignment]
        lacking[split][0] = len(members) * share  # type: ignore[assignment]
    for member in members:
        if (split := fixed.get(member.image_id)) in lacking:
            _take(lacking[split], [member])
    found: dict[str, str] = {}
    for cluster in sorted(clusters, key=lambda c: _order(c, totals, seed)):
        rarest = min(cluster.labels, key=lambda label: (totals[label], label), default=0)
        best = max(shares, key=lambda split: (round(lacking[split][rarest], 9), lacking[split][0]))
        found[cluster.key] = best
        _take(lacking[best], cluster.members)
    return found


def _take(lacking: Counter[int], members: Iterable[Member]) -> None:
    for member in members:
        lacking[0] -= 1
        for label in set(member.labels):
            lacking[label] -= 1


def _order(cluster: _Cluster, totals: Counter[int], seed: int) -> tuple[int, int, str]:
    rarest = min((totals[label] for label in cluster.labels), default=2**62)
    digest = hashlib.blake2b(f"{seed}:{cluster.key}".encode(), digest_size=8).hexdigest()
    return rarest, -len(cluster.members), digest
