"""Where each image of an export goes: its file name and its split.

Names come from the project and end up on other people's disks: they must not leave the folder, and
two of them must not be one file where letters' case does not count. Memory holds a few bytes per
image, however long the names are.
"""

import hashlib
import unicodedata
from array import array
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.grouping import members
from datasetbuilder.exporters.options import WHOLE, ExportOptions
from datasetbuilder.insight.grouped import dealt, fixed, proof
from datasetbuilder.insight.splits import checked_split_name, split_of
from datasetbuilder.model import Image, Snapshot

_UNPORTABLE = str.maketrans(dict.fromkeys([*map(chr, range(32)), "\x7f", *'<>:"\\|?*'], "_"))
_RESERVED = ("metadata.parquet", "metadata.csv", "metadata.jsonl")
DEFAULT_SPLIT = "train"
KEPT = "kept"
"""Of a proof: how many images stay where an earlier export led, though they would be dealt
elsewhere today. Where it is nothing it is not said, so that an export made twice is the same."""


class Placement:
    """File name and split of every image of a snapshot.

    Parameters
    ----------
    names : mapping of int to str
        File names of the images, by id, that cannot keep the project's name.
    hand_splits : mapping of str to str
        Split by content hash, for images whose split a person chose.
    options : ExportOptions
        Shares and seed for all others.
    dealt_splits : mapping of int to str
        Split by image id, where images have to stay together.
    proof : mapping of str to int
        How many groups and doubles there are, and how many lie in more than one split.
    """

    def __init__(
        self,
        names: Mapping[int, str],
        hand_splits: Mapping[str, str],
        options: ExportOptions,
        dealt_splits: Mapping[int, str],
        proof: Mapping[str, int],
    ) -> None:
        self._names = names
        self._by_hand = hand_splits
        self._shares = dict(options.splits or {})
        self._seed = options.seed
        self._dealt = dealt_splits
        self.proof = proof
        self.splits = self._split_names()

    def newly_dealt(self, images: Iterable[Image]) -> dict[int, str]:
        """The split of each image that an export dealt and no earlier one put there."""
        return {
            image.id: self._dealt[image.id]
            for image in images
            if image.split is None and self._dealt.get(image.id, image.dealt) != image.dealt
        }

    def file_name(self, image: Image) -> str:
        """The image's path under the folder of images, with ``/`` between folders."""
        return self._names.get(image.id) or portable_name(image)

    def split(self, image: Image) -> str:
        """The split's name; always the same one when the export is not split."""
        if image.split is not None:
            return image.split
        if image.id in self._dealt:
            return self._dealt[image.id]
        content = image.sha256 or image.name
        if content in self._by_hand:
            return self._by_hand[content]
        if self._shares:
            return split_of(content, self._shares, self._seed)
        return DEFAULT_SPLIT if self._by_hand else WHOLE

    def _split_names(self) -> tuple[str, ...]:
        names = list(self._shares)
        if self._by_hand and not self._shares:
            names.append(DEFAULT_SPLIT)
        names += sorted({*self._by_hand.values(), *self._dealt.values()} - set(names))
        return tuple(names) or (WHOLE,)


def place(snapshot: Snapshot, options: ExportOptions, *, by_stem: bool = False) -> Placement:
    """Name every file and settle the splits.

    Parameters
    ----------
    snapshot : Snapshot
    options : ExportOptions
    by_stem : bool, optional
        Whether names must differ without their endings too, for formats that write ``<name>.txt``
        beside the image.

    Raises
    ------
    FormatError
        If a name would leave the export's folder.
    UsageError
        If a split was given a name that files cannot carry.
    """
    hashes, folders, by_hand = array("Q"), set[int](), dict[str, str]()
    for image in snapshot.images():
        name = portable_name(image)
        hashes.append(_hash(_stem(name) if by_stem else name))
        folders.update(_hash(str(parent)) for parent in PurePosixPath(name).parents)
        if image.split is not None:
            by_hand.setdefault(image.sha256 or image.name, checked_split_name(image.split))
    taken = folders | {_hash(name) for name in _RESERVED}
    names = _kept_apart(snapshot, hashes, taken, by_stem)
    found, said = _dealt(snapshot, options)
    return Placement(names, by_hand, options, found, said)


def _dealt(snapshot: Snapshot, options: ExportOptions) -> tuple[dict[int, str], dict[str, int]]:
    if options.splits is None:
        return {}, {}
    listed = list(members(snapshot, options.groups, labels=options.stratify))
    shares, seed, stratify = options.splits, options.seed, options.stratify
    anew = dealt(listed, shares, seed=seed, stratify=stratify)
    if options.fresh_split or not any(member.before for member in listed):
        return anew, proof(listed, anew)
    found = dealt(fixed(listed), shares, seed=seed, stratify=stratify)
    kept = sum(found[number] != split for number, split in anew.items())
    return found, proof(listed, found) | ({KEPT: kept} if kept else {})


def portable_name(image: Image) -> str:
    """The project's name of an image, without what some file systems refuse.

    Raises
    ------
    FormatError
        If the name would leave the folder it is written to.
    """
    parts = image.name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise FormatError(
            f"Image {image.id} is called '{image.name}', which leads out of the export's folder. "
            "Rename it in the project."
        )
    return "/".join(portable(part) for part in parts)


def portable(part: str) -> str:
    """One part of a path without what some file systems refuse."""
    clean = unicodedata.normalize("NFC", part).translate(_UNPORTABLE)
    kept = clean.rstrip(". ")
    return kept + "_" * (len(clean) - len(kept))


def _hash(name: str) -> int:
    folded = unicodedata.normalize("NFC", name.casefold()).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(folded, digest_size=8).digest(), "little")


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _kept_apart(
    snapshot: Snapshot, hashes: "array[int]", taken: set[int], by_stem: bool
) -> dict[int, str]:
    """Other names for the images whose name a former image, folder or metadata file has."""
    doubled = _repeated(hashes)
    if not doubled and not any(value in taken for value in hashes):
        return {}
    used, everything, names = set(taken), set(hashes) | taken, dict[int, str]()
    for image in snapshot.images():
        name = portable_name(image)
        value = _hash(_stem(name) if by_stem else name)
        if value in used:
            names[image.id] = _free_name(name, image.id, everything, by_stem)
        elif value in doubled:
            used.add(value)
    return names


def _repeated(hashes: Iterable[int]) -> set[int]:
    seen, repeated = set[int](), set[int]()
    for value in hashes:
        (repeated if value in seen else seen).add(value)
    return repeated


def _free_name(name: str, image_id: int, everything: set[int], by_stem: bool) -> str:
    path, mark = PurePosixPath(name), f"~{image_id}"
    while True:
        candidate = str(path.with_name(path.stem + mark + path.suffix))
        value = _hash(_stem(candidate) if by_stem else candidate)
        if value not in everything:
            everything.add(value)
            return candidate
        mark += "~"
