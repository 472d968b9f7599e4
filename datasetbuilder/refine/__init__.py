"""Tools that turn what a person drew into an exact mask, on a CPU, at once.

Each tool is one function from pixels, drawing and settings to a
:class:`~datasetbuilder.refine.proposal.Proposal`, pure and deterministic. The modules load on
first use: ``datasetbuilder.refine.scribbles``, ``outline``, ``region``, ``edit`` and
``teaching``.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasetbuilder.refine import edit, outline, region, scribbles, teaching
    from datasetbuilder.refine.proposal import Proposal

__all__ = ["Proposal", "edit", "outline", "region", "scribbles", "teaching"]


def __getattr__(name: str) -> ModuleType | type:
    if name in ("edit", "outline", "region", "scribbles", "teaching"):
        return import_module(f"{__name__}.{name}")
    if name == "Proposal":
        return import_module(f"{__name__}.proposal").Proposal
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
