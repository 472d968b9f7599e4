"""Attributes that HTML knows and Dash's components do not name."""

from typing import Any


def attributes(**values: str) -> dict[str, Any]:
    """``data-`` and ``aria-`` attributes: ``attributes(aria_label="Close")``."""
    return {name.replace("_", "-"): value for name, value in values.items()}
