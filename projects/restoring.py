"""Bringing the past back: operations like any other, so that the log only grows."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection

from datasetbuilder.model import Label, Operation, OperationKind, Target, TargetType
from datasetbuilder.projects.kept import Held
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.operations import keeper_of
from datasetbuilder.wire import CHANGEABLE

TOOL = "restore"
_FIELDS = {TargetType.ANNOTATION: CHANGEABLE, TargetType.SCRIBBLE: ("strokes", "set")}

States = Mapping[Target, Mapping[str, Any] | None]


def operations(
    wanted: States, there: States, versions: Mapping[Target, int], *, name: str
) -> list[Operation]:
    """What turns ``there`` into ``wanted``, as one group called ``name``.

    ``versions`` holds the version of every target that is or was there; the same name gives the
    same operations, so that asking twice is asking once.
    """
    return list(_operations(wanted, there, versions, name))


def _operations(
    wanted: States, there: States, versions: Mapping[Target, int], name: str
) -> Iterator[Operation]:
    for target, state in wanted.items():
        current = there.get(target)
        payload = {} if state is None else settable(target, state)
        if state is None and current is None:
            continue
        if state is not None and current is not None and settable(target, current) == payload:
            continue
        kind = OperationKind.REMOVE if state is None else OperationKind.CHANGE
        op_id = str(uuid5(NAMESPACE_URL, f"{name}/{target.type.value}/{target.key}"))
        yield Operation(op_id, kind, target, payload, versions[target], name, TOOL)


def held(connection: Connection, project_id: int, target: Target) -> Held:
    """What the store holds of a target that its log knows."""
    found = keeper_of(target.type).held(Ledger(connection, project_id, at=0), target)
    return found or Held(version=0, seq=None, current=None, removed=True)


def settable(target: Target, state: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a wire form that an operation may set."""
    return {name: state[name] for name in _FIELDS[target.type] if name in state}


def with_heirs(states: States, labels: tuple[Label, ...]) -> dict[Target, Any]:
    """The states with every label that was merged replaced by the one that took its place."""
    by_id = {label.id: label for label in labels}
    return {
        target: state if state is None or "label" not in state else _relabelled(state, by_id)
        for target, state in states.items()
    }


def _relabelled(state: Mapping[str, Any], labels: Mapping[int, Label]) -> Mapping[str, Any]:
    number = state["label"]
    seen: set[int] = set()
    while number in labels and labels[number].merged_into is not None and number not in seen:
        seen.add(number)
        number = labels[number].merged_into or number
    return {**state, "label": number}
