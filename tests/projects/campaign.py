"""A small campaign for the tests of the store: two labels, three images, short operations."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from datasetbuilder.model import (
    Image,
    Operation,
    OperationKind,
    Result,
    Target,
    TargetType,
)
from datasetbuilder.projects.sqlite.writer import Writer
from datasetbuilder.projects.store import ProjectInfo, Store

BOX = {"x": 1.0, "y": 2.5, "width": 10.0, "height": 10.0}
RING = [[[0, 0], [20, 0], [20, 20], [0, 20]], [[5, 5], [5, 15], [15, 15], [15, 5]]]


def box(label: int = 1, **geometry: float) -> dict[str, Any]:
    """The payload of a box."""
    return {"label": label, "kind": "box", "geometry": {**BOX, **geometry}}


def polygon(*parts: object, label: int = 1) -> dict[str, Any]:
    """The payload of a polygon."""
    return {"label": label, "kind": "polygon", "geometry": {"parts": list(parts)}}


def pictures(n: int) -> list[Image]:
    """Images of 100 by 80 pixels."""
    return [Image(0, f"picture {k}.png", 100, 80, sha256=f"{k:064d}") for k in range(1, n + 1)]


def writer_thread(store: Store) -> Writer:
    """The one thread that writes, of a store on SQLite."""
    assert isinstance(store._writer, Writer)
    return store._writer


@dataclass
class Campaign:
    """A store with one project, and the words to act on it."""

    store: Store
    author: str = "ada"
    client: str = "tab-1"
    numbers: count = field(default_factory=count)

    @property
    def info(self) -> ProjectInfo:
        """The project as it stands."""
        return self.store.projects()[0]

    @property
    def id(self) -> int:
        """The id of the project."""
        return 1

    def op(
        self,
        kind: str,
        uid: str,
        payload: dict[str, Any] | None = None,
        *,
        base: int | str | None = None,
        group: str | None = None,
        op_id: str | None = None,
        type: str = "annotation",
        image: int | None = 1,
    ) -> Operation:
        return Operation(
            op_id=op_id or f"op-{next(self.numbers)}-{uuid4().hex[:8]}",
            kind=OperationKind(kind),
            target=Target(TargetType(type), uid, image),
            payload=payload or {},
            base_version=base,
            group_id=group,
        )

    def add(self, uid: str, payload: dict[str, Any] | None = None, **how: Any) -> Operation:
        """An add."""
        return self.op("add", uid, payload or box(), **how)

    def change(
        self, uid: str, payload: dict[str, Any], base: int | str | None, **how: Any
    ) -> Operation:
        """A change."""
        return self.op("change", uid, payload, base=base, **how)

    def remove(self, uid: str, base: int | str | None, **how: Any) -> Operation:
        """A remove."""
        return self.op("remove", uid, how.pop("payload", None), base=base, **how)

    def label(self, kind: str, uid: str, payload: dict[str, Any], base: int | None = None) -> Any:
        """An operation on a label."""
        return self.op(kind, uid, payload, base=base, type="label", image=None)

    def state(self, state: str, base: int | str, image: int = 1, **payload: str) -> Operation:
        """A change of an image's state."""
        return self.op(
            "change",
            str(image),
            {"state": state, **payload},
            base=base,
            type="image_state",
            image=image,
        )

    def run(self, *operations: Operation, client: str | None = None) -> list[Result]:
        """Apply operations."""
        return self.store.apply(
            self.id, operations, author=self.author, client=client or self.client
        )

    def do(self, operation: Operation, client: str | None = None) -> Result:
        """Apply one operation."""
        return self.run(operation, client=client)[0]

    def uids(self, image: int = 1) -> list[str]:
        """The uids of an image's annotations."""
        return [one.uid for one in self.store.annotations(self.id, image)]
