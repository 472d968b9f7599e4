"""The intake of images as a job: a file is an item, marked as its image is added."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

from datasetbuilder.model import Image
from datasetbuilder.projects import batches, jobs
from datasetbuilder.projects.jobs import Item, ItemState, Settled
from datasetbuilder.projects.ledger import Transaction
from datasetbuilder.projects.sources import Candidate, Refusal, Scan, printable
from datasetbuilder.projects.store import Store

_BLOCK = 1000
_GONE = "is no longer there"


class IntakeJob:
    """The items of one intake and what became of them since the last transaction."""

    def __init__(self, job_id: int, owner: str, items: dict[Candidate, Item]) -> None:
        self.job_id = job_id
        self.owner = owner
        self.noted: list[Settled] = []
        self._items = items

    @classmethod
    def begin(cls, store: Store, job_id: int, found: Scan) -> Self:
        """Write down the files that were found; what could not be listed fails at once."""
        keys = _keys(found.candidates)
        refused = {f"{one.name} ": one for one in found.refused}
        with store.reading() as reading:
            owner = jobs.job_with_id(reading, job_id).owner

        def write(transaction: Transaction) -> list[Item]:
            connection = transaction.connection
            items = jobs.add_items(connection, job_id, list(keys) + list(refused))
            outcome = [
                Settled(one.id, error=_told(refused[one.item]))
                for one in items
                if one.item in refused
            ]
            met = {one.id for one in items}
            waiting = jobs.items_of(connection, job_id, state=ItemState.WAITING)
            outcome += [Settled(one.id, error=_GONE) for one in waiting if one.id not in met]
            for k in range(0, len(outcome), _BLOCK):
                jobs.settle(connection, job_id, outcome[k : k + _BLOCK], owner=owner)
            return items

        items = store.submit(write, weight=len(keys))
        return cls(job_id, owner, {keys[one.item]: one for one in items if one.item in keys})

    def waiting(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The files that are not settled."""
        return [one for one in candidates if self._items[one].state is ItemState.WAITING]

    def note(
        self,
        candidate: Candidate,
        *,
        error: str = "",
        added: str = "",
        unchanged: bool = False,
        notes: Sequence[str] = (),
    ) -> int:
        """Remember what became of a file; how many wait to be written down."""
        result: dict[str, Any] | None = None
        if added:
            result = {"added": added, "notes": list(notes)}
        elif unchanged:
            result = {"unchanged": True}
        name = f"{candidate.name}: {error}" if error else ""
        self.noted.append(Settled(self._items[candidate].id, result, name))
        return len(self.noted)


def add_images(
    store: Store, project_id: int, images: Sequence[Image], *, author: str, job: IntakeJob | None
) -> tuple[Image, ...]:
    """Add images and mark the items of their job in one transaction."""
    if job is None:
        return store.add_images(project_id, images, author=author)

    def write(transaction: Transaction) -> tuple[Image, ...]:
        made = batches.add_images(transaction.ledger(project_id), images, author=author)
        jobs.settle(transaction.connection, job.job_id, job.noted, owner=job.owner)
        return made

    made = store.submit(write, weight=len(images) + len(job.noted), project=project_id)
    job.noted.clear()
    return made


def summary(items: Iterable[Item]) -> dict[str, Any]:
    """What an intake did over all its runs, counted from its items."""
    counted: Counter[str] = Counter()
    refused: list[str] = []
    notes: list[dict[str, str]] = []
    for one in items:
        if one.error:
            refused.append(one.error)
        elif one.result:
            counted["unchanged" if "unchanged" in one.result else "added"] += 1
            name = one.result.get("added", "")
            notes += [{"name": name, "reason": note} for note in one.result.get("notes", ())]
    return {
        "added": counted["added"],
        "unchanged": counted["unchanged"],
        "refused": [_split(text) for text in refused],
        "notes": notes,
    }


def _split(text: str) -> dict[str, str]:
    name, _, reason = text.partition(": ")
    return {"name": name, "reason": reason}


def _told(refusal: Refusal) -> str:
    return f"{refusal.name}: {refusal.reason}"


def _keys(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """A name for each file that is the same the next time; two of one name are numbered."""
    keys: dict[str, Candidate] = {}
    seen: Counter[str] = Counter()
    for one in dict.fromkeys(candidates):
        key = f"{one.source}.zip/{one.name}" if one.staged else printable(str(one.path))
        seen[key] += 1
        keys[key if seen[key] == 1 else f"{key} ({seen[key]})"] = one
    return keys
