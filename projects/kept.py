"""What the store holds of a target, and what the keeper of one kind of target must do.

``operations`` knows the truth table and no columns; a keeper knows columns and no truth table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from datasetbuilder.model import Target

if TYPE_CHECKING:
    from datasetbuilder.projects.ledger import Ledger

Fields = dict[str, Any]


class Refusal(Exception):
    """An operation that cannot be done, with the reason in plain words.

    ``final`` is False when the same operation may succeed later, so that its answer is not kept.
    """

    def __init__(self, reason: str, *, final: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes, when, and under which event number."""

    seq: int
    at: int
    author: str
    client: str = ""
    tool: str = ""
    op_id: str = ""
    group_id: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A target as the store holds it.

    ``current`` is its wire form, None when it is removed; ``value`` is what its keeper needs to
    change it. ``in_batch`` says that its last event speaks of many targets at once, so that the
    event after it has to keep what was there before.
    """

    version: int
    seq: int | None
    current: Mapping[str, Any] | None
    value: Any = None
    removed: bool = False
    image_id: int | None = None
    object_id: int | None = None
    set_name: str = ""
    author: str = ""
    created_at: int = 0
    in_batch: bool = False


class Changer(Protocol):
    """Keeps targets that are always there, such as the state of an image.

    Every method refuses before it writes anything.
    """

    def held(self, ledger: "Ledger", target: Target) -> Held | None:
        """What is there, a tombstone included."""
        ...

    def change(
        self, ledger: "Ledger", target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Write the next version of a target, or of a removed one that comes back."""
        ...


class Keeper(Changer, Protocol):
    """Keeps targets that come and go."""

    def same(self, held: Held, fields: Fields) -> bool:
        """Whether an add with these fields says what is there already."""
        ...

    def add(self, ledger: "Ledger", target: Target, fields: Fields, stamp: Stamp) -> Held:
        """Write a target that is not there."""
        ...

    def remove(
        self, ledger: "Ledger", target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Take a target away, leaving a tombstone; ``current`` of what is returned is None."""
        ...
