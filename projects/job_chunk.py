"""What a worker does with a chunk; it loads nothing else, since every worker loads this first."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Params: TypeAlias = Mapping[str, Any]
Task: TypeAlias = Callable[[Params, str], Any]
"""A pure function of a job's parameters and one item; a ValueError is the item's own fault."""


def carry_out(
    task: Task, params: Params, items: Sequence[tuple[int, str]]
) -> tuple[int, list[tuple[int, Any, str]]]:
    """Work on one chunk, in a worker; an item at fault does not stop its neighbours."""
    return items[0][0], [_one(task, params, number, item) for number, item in items]


def _one(task: Task, params: Params, number: int, item: str) -> tuple[int, Any, str]:
    try:
        return number, task(params, item), ""
    except Exception as error:
        # The outermost handler of an item: its reason goes to the list, the rest goes on.
        return number, None, str(error) or type(error).__name__
