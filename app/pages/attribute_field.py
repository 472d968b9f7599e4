"""What a label asks, and the group it is in, as one line of text each.

``colour*: red | green = red; truncated: yes/no; length: number; remark: text`` asks four things: a
choice that must be answered and is red unless changed, a check box, a number and a text. A group is
its name, with `` (several)`` behind it where several of its labels may hold for one image.
"""

import re
from typing import Any

from datasetbuilder.model import Attribute, AttributeKind, LabelGroup

_SEVERAL = re.compile(r"(.*?)\s*\(several\)\s*", re.IGNORECASE)
_WORDS = {
    AttributeKind.CHECK: "yes/no",
    AttributeKind.NUMBER: "number",
    AttributeKind.TEXT: "text",
}
_KINDS = {words: kind for kind, words in _WORDS.items()}
_TRUTHS = {"yes": True, "no": False}


def text_from_attributes(attributes: tuple[Attribute, ...]) -> str:
    """The line that stands for what a label asks, empty for nothing."""
    return "; ".join(_text(attribute) for attribute in attributes)


def _text(attribute: Attribute) -> str:
    star = "*" if attribute.required else ""
    kind = _WORDS.get(attribute.kind) or " | ".join(attribute.options)
    said = f"{attribute.name}{star}: {kind}"
    return said if attribute.default is None else f"{said} = {_default_text(attribute.default)}"


def _default_text(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:g}"


def wire_from_text(text: str) -> list[dict[str, Any]]:
    """What a line asks, on the wire; whether it means something the store says.

    Raises
    ------
    ValueError
        If a piece has no name, no kind of answer, or a default that is no such answer.
    """
    return [_wire(piece.strip()) for piece in text.split(";") if piece.strip()]


def _wire(piece: str) -> dict[str, Any]:
    name, colon, rest = piece.partition(":")
    name, kind_text = name.strip(), rest.partition("=")[0].strip()
    if not colon or not kind_text or not name.rstrip("*"):
        raise ValueError(
            f'"{piece}" asks nothing; write name: yes/no, name: number, name: text or'
            " name: one | other"
        )
    kind = _KINDS.get(kind_text.lower(), AttributeKind.CHOICE)
    said: dict[str, Any] = {"name": name.rstrip("* "), "kind": kind.value}
    if kind is AttributeKind.CHOICE:
        said["options"] = [option.strip() for option in kind_text.split("|")]
    if name.endswith("*"):
        said["required"] = True
    if default := rest.partition("=")[2].strip():
        said["default"] = _default(default, kind)
    return said


def _default(text: str, kind: AttributeKind) -> str | float | bool:
    if kind is AttributeKind.CHECK:
        if text.lower() not in _TRUTHS:
            raise ValueError(f'"{text}" is neither yes nor no')
        return _TRUTHS[text.lower()]
    if kind is AttributeKind.NUMBER:
        try:
            return float(text)
        except ValueError:
            raise ValueError(f'"{text}" is not a number') from None
    return text


def text_from_group(group: LabelGroup | None) -> str:
    """The line that stands for a group, empty without one."""
    if group is None:
        return ""
    return f"{group.name} (several)" if group.several else group.name


def group_from_text(text: str) -> dict[str, Any] | None:
    """The group that a line names, on the wire; None for an empty line."""
    found = _SEVERAL.fullmatch(text)
    name = (found[1] if found else text).strip()
    return {"name": name, "several": found is not None} if name else None
