"""The truth table: what becomes of an operation.

========================================  ======================================================
the operation                              the answer
========================================  ======================================================
its ``op_id`` was answered before          that answer again, whatever it was
add of an unknown uid                      accepted, version 1
add of a known uid, the same content       accepted, what is there; no event
add of a known uid, other content          refused
change or remove on the current version    accepted, version + 1
change or remove on another version        conflict; nothing overwritten, its payload kept
change of a mask by a patch                as any change; refused when it does not lead to the
                                           number of pixels that it names
change on a removed target                 conflict, unless its base is the tombstone's version:
                                           then the target comes back under its id and uid
remove of a removed target                 accepted; no event
base is the ``op_id`` of an operation      its version counts; what built on a conflict is one,
  on the same target                       or on a group with one; on a refusal: refused
remove of a conflict                       accepted: it is settled, nothing else changes
member of a group                          all are accepted, or none is
========================================  ======================================================
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import orjson

from datasetbuilder.errors import DataError
from datasetbuilder.model import (
    TRUTH,
    Operation,
    OperationKind,
    Outcome,
    Result,
    Target,
    TargetType,
)
from datasetbuilder.projects import (
    annotations,
    comments,
    conflicts,
    images,
    labels,
    ratings,
    scribbles,
    sets,
    settings,
)
from datasetbuilder.projects.kept import Changer, Fields, Held, Keeper, Refusal, Stamp
from datasetbuilder.projects.ledger import Ledger

_KEEPERS: dict[TargetType, Keeper] = {
    TargetType.ANNOTATION: annotations.AnnotationKeeper(),
    TargetType.SCRIBBLE: scribbles.ScribbleKeeper(),
    TargetType.LABEL: labels.LabelKeeper(),
    TargetType.COMMENT: comments.CommentKeeper(),
    TargetType.CONFLICT: conflicts.ConflictKeeper(),
}
_CHANGERS: dict[TargetType, Changer] = {
    TargetType.IMAGE_STATE: ratings.AnyStateKeeper(),
    TargetType.SPLIT: images.SplitKeeper(),
    TargetType.SETTINGS: settings.SettingsKeeper(),
    **_KEEPERS,
}
# As JSON writes it, unless the backslash is itself a written one. PostgreSQL has no such text.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_OF_PROJECT = {TargetType.LABEL, TargetType.SETTINGS}


def keeper_of(kind: TargetType) -> Changer:
    """Who keeps targets of a kind."""
    return _CHANGERS[kind]


ShapeOf = Callable[[int], tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation whose payload is read and whose geometry is checked, or why it is refused."""

    operation: Operation
    fields: Fields = field(default_factory=dict)
    refusal: Refusal | None = None


class _Conflict(Exception):
    def __init__(self, held: Held, reason: str) -> None:
        super().__init__(reason)
        self.held = held
        self.reason = reason


def prepare(operation: Operation, shape_of: ShapeOf) -> Prepared:
    """Read and check what can be checked without the transaction: slow shapes hold up nobody.

    ``shape_of`` gives the ``(height, width)`` of an image, None if there is no such image.
    """
    try:
        _check_writable(operation)
    except Refusal as refusal:
        # What cannot be written down is not carried on: a conflict would want to keep it.
        return Prepared(replace(operation, payload={}, tool=""), refusal=refusal)
    try:
        return Prepared(operation, _fields(operation, shape_of))
    except DataError as error:
        return Prepared(operation, refusal=Refusal(str(error)))
    except Refusal as refusal:
        return Prepared(operation, refusal=refusal)


def _check_writable(operation: Operation) -> None:
    """Refuse what JSON text or the database cannot hold, such as half of an emoji."""
    try:
        text = orjson.dumps(
            [dict(operation.payload), operation.tool], option=orjson.OPT_SERIALIZE_NUMPY
        )
    except TypeError as error:
        raise Refusal(f"payload: cannot be stored ({error})") from None
    if _NUL.search(text):
        raise Refusal("payload: text cannot hold the character with the number 0")


def _fields(operation: Operation, shape_of: ShapeOf) -> Fields:
    kind, target, payload = operation.kind, operation.target, operation.payload
    if target.type not in _CHANGERS:
        raise Refusal(f"target.type: {target.type.value} is not changed by operations")
    if target.type not in _KEEPERS and kind is not OperationKind.CHANGE:
        verb = "added" if kind is OperationKind.ADD else "removed"
        raise Refusal(f"{target.type.value} can be changed, not {verb}")
    if target.type is TargetType.CONFLICT:
        return conflicts.fields_from_payload(kind, payload)
    shape = _shape(target, shape_of)
    match target.type:
        case TargetType.ANNOTATION:
            return annotations.fields_from_payload(kind, target.key, payload, shape)
        case TargetType.SCRIBBLE:
            return scribbles.fields_from_payload(kind, payload)
        case TargetType.LABEL:
            return labels.fields_from_payload(kind, payload)
        case TargetType.COMMENT:
            return comments.fields_from_payload(kind, payload)
        case TargetType.IMAGE_STATE:
            return images.state_from_payload(payload)
        case TargetType.SPLIT:
            return images.split_from_payload(payload)
        case _:
            return settings.fields_from_payload(payload)


def _shape(target: Target, shape_of: ShapeOf) -> tuple[int, int]:
    if target.type in _OF_PROJECT:
        if target.image_id is not None:
            raise Refusal(f"target.image: a {target.type.value} belongs to no image")
        return (0, 0)
    if target.image_id is None:
        raise Refusal("target.image: is missing")
    shape = shape_of(target.image_id)
    if shape is None:
        raise Refusal(f"image {target.image_id} does not exist")
    return shape


def run(ledger: Ledger, prepared: Sequence[Prepared], *, author: str, client: str) -> list[Result]:
    """Carry operations out in a transaction; one result each, in their order."""
    ledger.recall(_ids(prepared))
    fresh: dict[str, Result] = {}
    for unit in _units(prepared):
        unseen = [p for p in unit if ledger.answer(p.operation.op_id) is None]
        if not unseen:
            continue
        if unseen[0].operation.group_id is None:
            results = [_one(ledger, unseen[0], author, client)]
        else:
            results = _group(ledger, unseen, author, client)
        fresh.update((result.op_id, result) for result in results)
    return [_result(ledger, p.operation.op_id, fresh) for p in prepared]


def _ids(prepared: Iterable[Prepared]) -> Iterator[str]:
    for p in prepared:
        yield p.operation.op_id
        if isinstance(p.operation.base_version, str):
            yield p.operation.base_version


def _units(prepared: Sequence[Prepared]) -> list[list[Prepared]]:
    units: dict[object, dict[str, Prepared]] = {}
    for p in prepared:
        op = p.operation
        unit = units.setdefault(op.group_id or (op.op_id,), {})
        unit.setdefault(op.op_id, p)
    return [list(unit.values()) for unit in units.values()]


def _result(ledger: Ledger, op_id: str, fresh: dict[str, Result]) -> Result:
    answer = ledger.answer(op_id)
    return fresh[op_id] if answer is None else answer.result


def _stamp(ledger: Ledger, op: Operation, author: str, client: str) -> Stamp:
    return Stamp(ledger.seq + 1, ledger.at, author, client, op.tool, op.op_id, op.group_id)


# --- one operation, or all of a group ---------------------------------------------------------


def _one(ledger: Ledger, p: Prepared, author: str, client: str) -> Result:
    stamp = _stamp(ledger, p.operation, author, client)
    try:
        result = _judged(ledger, p, stamp)
    except Refusal as refusal:
        result = _refused(p.operation, refusal.reason)
        if not refusal.final:
            return result
    except _Conflict as conflict:
        result = _conflicting(p.operation, conflict)
        _keep_conflict(ledger, p.operation, stamp, result)
    return ledger.keep_answer(p.operation.target, result)


def _group(ledger: Ledger, unit: list[Prepared], author: str, client: str) -> list[Result]:
    group_id = unit[0].operation.group_id or ""
    if ledger.group_is_closed(group_id):
        reason = f"the group {group_id} was answered before without this operation"
        return [ledger.keep_answer(p.operation.target, _refused(p.operation, reason)) for p in unit]
    mark = ledger.mark()
    savepoint = ledger.connection.begin_nested()
    results: list[Result] = []
    stamp = _stamp(ledger, unit[0].operation, author, client)
    for p in unit:
        try:
            result = _judged(ledger, p, _stamp(ledger, p.operation, author, client))
        except (Refusal, _Conflict) as failure:
            savepoint.rollback()
            ledger.rewind(mark)
            return _failed_group(ledger, unit, p, failure, stamp)
        results.append(ledger.keep_answer(p.operation.target, result))
    savepoint.commit()
    ledger.close_group(group_id, results, stamp)
    return results


def _failed_group(
    ledger: Ledger, unit: list[Prepared], culprit: Prepared, failure: Exception, stamp: Stamp
) -> list[Result]:
    op = culprit.operation
    name = f"{op.kind.value} of {op.target.type.value} {op.target.key}"
    others = f"not done, because another operation of the same step failed: {name}"
    if isinstance(failure, _Conflict):
        own = _conflicting(op, failure)
    else:
        own = _refused(op, str(failure))
    results = [own if p is culprit else _refused(p.operation, others) for p in unit]
    if isinstance(failure, Refusal) and not failure.final:
        return results
    for p, result in zip(unit, results, strict=True):
        if isinstance(failure, _Conflict):
            _keep_conflict(ledger, p.operation, replace(stamp, op_id=result.op_id), result)
        ledger.keep_answer(p.operation.target, result)
    ledger.close_group(op.group_id or "", results, stamp)
    return results


def _keep_conflict(ledger: Ledger, op: Operation, stamp: Stamp, result: Result) -> None:
    if op.target.type is not TargetType.CONFLICT:
        ledger.keep_conflict(op, stamp, result, _set_of(ledger, op))


def _set_of(ledger: Ledger, op: Operation) -> str:
    """The set that the target lies in, or would; "" for what belongs to none."""
    held = keeper_of(op.target.type).held(ledger, op.target)
    if held is not None:
        return held.set_name
    return str(op.payload.get("set", TRUTH)) if op.target.type in sets.IN_SETS else ""


def _refused(op: Operation, reason: str) -> Result:
    return Result(op.op_id, Outcome.REFUSED, reason=reason)


def _conflicting(op: Operation, conflict: _Conflict) -> Result:
    held = conflict.held
    return Result(
        op.op_id,
        Outcome.CONFLICT,
        version=held.version,
        id=held.object_id,
        current=held.current,
        reason=conflict.reason,
    )


def _accepted(op: Operation, held: Held, *, seq: int | None) -> Result:
    return Result(
        op.op_id,
        Outcome.ACCEPTED,
        seq=seq,
        version=held.version,
        id=held.object_id,
        current=held.current,
    )


# --- the table --------------------------------------------------------------------------------


def _judged(ledger: Ledger, p: Prepared, stamp: Stamp) -> Result:
    op = p.operation
    if p.refusal is not None:
        raise p.refusal
    changer = _CHANGERS[op.target.type]
    held = changer.held(ledger, op.target)
    if held is not None and held.image_id != op.target.image_id:
        raise Refusal(f"image {op.target.image_id} has no {op.target.type.value} {op.target.key}")
    if op.kind is OperationKind.ADD:
        return _added(ledger, p, _KEEPERS[op.target.type], held, stamp)
    if held is None:
        raise Refusal(f"there is no {op.target.type.value} {op.target.key}")
    if op.kind is OperationKind.REMOVE and held.removed:
        return _accepted(op, held, seq=None)
    _check_base(ledger, op, held)
    if op.kind is OperationKind.CHANGE:
        after = changer.change(ledger, op.target, held, p.fields, stamp)
    else:
        after = _KEEPERS[op.target.type].remove(ledger, op.target, held, p.fields, stamp)
    return _logged(ledger, op, held, after, stamp)


def _added(ledger: Ledger, p: Prepared, keeper: Keeper, held: Held | None, stamp: Stamp) -> Result:
    op = p.operation
    if held is None:
        after = keeper.add(ledger, op.target, p.fields, stamp)
        return _logged(ledger, op, None, after, stamp)
    if held.removed:
        raise Refusal(
            f"{op.target.type.value} {op.target.key} was removed; to bring it back, change it on"
            f" version {held.version}"
        )
    if keeper.same(held, p.fields):
        return _accepted(op, held, seq=None)
    raise Refusal(
        f"there is a different {op.target.type.value} {op.target.key} already; give this one a new"
        " uid"
    )


def _logged(
    ledger: Ledger, op: Operation, before: Held | None, after: Held, stamp: Stamp
) -> Result:
    ledger.write_event(stamp, op.kind, op.target, before, after)
    return _accepted(op, after, seq=stamp.seq)


def _check_base(ledger: Ledger, op: Operation, held: Held) -> None:
    base = op.base_version
    if base is None:
        raise Refusal("base_version: is missing; send the version that you changed")
    if isinstance(base, str):
        base = _version_of(ledger, op, base, held)
    if base == held.version:
        return
    if held.removed:
        raise _Conflict(held, f"the {op.target.type.value} was removed by somebody else meanwhile")
    raise _Conflict(
        held,
        f"the {op.target.type.value} was changed meanwhile: you have version {base}, the store has"
        f" {held.version}",
    )


def _version_of(ledger: Ledger, op: Operation, base: str, held: Held) -> int:
    answer = ledger.answer(base)
    if base == op.op_id:
        raise Refusal("base_version: an operation cannot build on itself")
    if answer is None:
        raise Refusal(f"the operation {base} that this one builds on has not arrived", final=False)
    target = answer.target
    if (target.type, target.key) != (op.target.type, op.target.key):
        raise Refusal(f"base_version: the operation {base} was on another target")
    if answer.result.outcome is Outcome.REFUSED and ledger.in_conflict(base):
        raise _Conflict(held, f"the step of {base} that this one builds on met a conflict")
    if answer.result.outcome is Outcome.REFUSED:
        raise Refusal(f"the operation {base} that this one builds on was refused")
    if answer.result.outcome is Outcome.CONFLICT or answer.result.version is None:
        raise _Conflict(held, f"the operation {base} that this one builds on met a conflict")
    return answer.result.version
