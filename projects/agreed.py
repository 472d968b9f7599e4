"""What a project has agreed on, kept among its settings: the rule of the review, the instructions.

``review`` holds the rule, ``guide`` the instructions of the project, ``guide.3`` those of label 3;
each is set by an operation like everything else.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from datasetbuilder.errors import WireError
from datasetbuilder.insight.sampling import ReviewRule, rule_from_wire
from datasetbuilder.model import Operation, OperationKind, Target, TargetType
from datasetbuilder.projects.reading import ProjectInfo
from datasetbuilder.wire.fields import read_text

REVIEW = "review"
GUIDE = "guide"
LONGEST_GUIDE = 40_000


def review_rule(info: ProjectInfo) -> ReviewRule:
    """What of the finished work is reviewed; all of it where nobody said otherwise."""
    return rule_from_wire(info.settings.get(REVIEW, {}), f"settings.{REVIEW}")


def guide(info: ProjectInfo) -> str:
    """The instructions of the project, empty where there are none."""
    return str(info.settings.get(GUIDE, ""))


def guidance(info: ProjectInfo, label_id: int) -> str:
    """What the project says about a label, empty where it says nothing."""
    return str(info.settings.get(guidance_name(label_id), ""))


def guidance_name(label_id: int) -> str:
    """The setting with the guidance of a label."""
    return f"{GUIDE}.{label_id}"


def check(name: str, value: Any) -> None:
    """Refuse a setting of these that makes no sense; others are not looked at.

    Raises
    ------
    WireError
        If it makes none.
    """
    path = f"payload.{name}"[:200]
    if name == REVIEW:
        rule_from_wire(value, path)
    elif name == GUIDE:
        if not isinstance(value, str) or len(value) > LONGEST_GUIDE:
            raise WireError(path, f"must be text of at most {LONGEST_GUIDE} characters")
    elif name.startswith(f"{GUIDE}."):
        read_text(value, path)


def settings_operation(info: ProjectInfo, values: Mapping[str, Any], tool: str) -> Operation:
    """The operation that sets some settings; None takes one away."""
    return Operation(
        str(uuid4()),
        OperationKind.CHANGE,
        Target(TargetType.SETTINGS, "project"),
        dict(values),
        base_version=info.settings_version,
        tool=tool,
    )
