"""Operations, their results and the events of the log to JSON and back."""

from typing import Any

from datasetbuilder.model import Event, Operation, OperationKind, Result, Target, TargetType
from datasetbuilder.wire.fields import (
    choice,
    optional,
    read_identifier,
    read_integer,
    read_mapping,
    read_text,
    refuse_unknown,
    required,
    time_to_wire,
)


def operation_to_wire(operation: Operation) -> dict[str, Any]:
    """An operation as JSON."""
    return {
        "op_id": operation.op_id,
        "group_id": operation.group_id,
        "kind": operation.kind.value,
        "target": target_to_wire(operation.target),
        "payload": dict(operation.payload),
        "base_version": operation.base_version,
        "tool": operation.tool,
    }


def operation_from_wire(value: Any, path: str = "operation") -> Operation:
    """Read one operation; its payload is read by whoever knows the target."""
    data = read_mapping(value, path)
    refuse_unknown(
        data, ("op_id", "group_id", "kind", "target", "payload", "base_version", "tool"), path
    )
    return Operation(
        op_id=required(data, "op_id", read_identifier, path),
        kind=required(data, "kind", choice(OperationKind), path),
        target=required(data, "target", _target, path),
        payload=read_mapping(data.get("payload") or {}, f"{path}.payload"),
        base_version=_base(data.get("base_version"), f"{path}.base_version"),
        group_id=optional(read_identifier)(data.get("group_id"), f"{path}.group_id"),
        tool=read_text(data.get("tool") or "", f"{path}.tool"),
    )


def target_to_wire(target: Target) -> dict[str, Any]:
    """A target as JSON."""
    return {"type": target.type.value, "key": target.key, "image": target.image_id}


def _target(value: Any, path: str) -> Target:
    data = read_mapping(value, path)
    refuse_unknown(data, ("type", "key", "image"), path)
    return Target(
        type=required(data, "type", choice(TargetType), path),
        key=required(data, "key", read_identifier, path),
        image_id=optional(read_integer)(data.get("image"), f"{path}.image"),
    )


def _base(value: Any, path: str) -> int | str | None:
    if value is None or isinstance(value, str):
        return optional(read_identifier)(value, path)
    return read_integer(value, path)


def result_to_wire(result: Result) -> dict[str, Any]:
    """The store's answer as JSON."""
    return {
        "op_id": result.op_id,
        "outcome": result.outcome.value,
        "seq": result.seq,
        "version": result.version,
        "id": result.id,
        "current": result.current,
        "reason": result.reason,
    }


def event_to_wire(event: Event) -> dict[str, Any]:
    """A line of the log as JSON."""
    return {
        "seq": event.seq,
        "at": time_to_wire(event.at),
        "author": event.author,
        "tool": event.tool,
        "kind": event.kind.value,
        "target": target_to_wire(event.target),
        "after": event.after,
        "previous_seq": event.previous_seq,
        "op_id": event.op_id,
        "group_id": event.group_id,
    }
