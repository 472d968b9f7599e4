"""Settling what raters saw differently: objects of theirs copied into a set for everybody."""

from collections.abc import Iterator, Sequence
from uuid import NAMESPACE_URL, uuid5

from datasetbuilder import wire
from datasetbuilder.model import Annotation, Operation, OperationKind, Target, TargetType

CONSENSUS = "consensus"


def operations(
    image_id: int,
    chosen: Sequence[Annotation],
    there: Sequence[Annotation],
    *,
    into: str,
    name: str,
) -> list[Operation]:
    """One group that makes copies of the chosen objects all that a set holds of an image.

    Parameters
    ----------
    image_id : int
        The image.
    chosen : sequence of Annotation
        Whose copies go in.
    there : sequence of Annotation
        What the set holds; it goes out.
    into : str
        The set.
    name : str
        Asking twice under one name is asking once.
    """
    group = _id(name, "group")
    return [*_removals(image_id, there, group), *_additions(image_id, chosen, into, group)]


def _removals(image_id: int, there: Sequence[Annotation], group: str) -> Iterator[Operation]:
    for one in there:
        target = Target(TargetType.ANNOTATION, one.uid, image_id)
        yield Operation(
            _id(group, f"remove {one.uid}"),
            OperationKind.REMOVE,
            target,
            base_version=one.version,
            group_id=group,
            tool=CONSENSUS,
        )


def _additions(
    image_id: int, chosen: Sequence[Annotation], into: str, group: str
) -> Iterator[Operation]:
    for one in chosen:
        whole = wire.annotation_to_wire(one)
        payload = {key: whole[key] for key in wire.CHANGEABLE}
        payload |= {"set": into, "source": CONSENSUS}
        target = Target(TargetType.ANNOTATION, _id(group, f"copy {one.uid}"), image_id)
        yield Operation(
            _id(group, f"add {one.uid}"),
            OperationKind.ADD,
            target,
            payload,
            group_id=group,
            tool=CONSENSUS,
        )


def _id(name: str, what: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"datasetbuilder:{name}:{what}"))
