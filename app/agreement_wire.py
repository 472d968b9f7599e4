"""Agreement as JSON, and the job that compares when it takes longer than a person waits."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datasetbuilder.api import Project, Workspace
from datasetbuilder.insight.agreement import Agreement
from datasetbuilder.projects.jobs import Job

if TYPE_CHECKING:
    from pandas import DataFrame

    from datasetbuilder.app.job_kinds import Running

SHOWN = 200
"""How many of the images are told, the worst first."""


def agreement_to_wire(found: Agreement) -> dict[str, Any]:
    """The tables as lists of rows; null where there is nothing to say."""
    return {
        "raters": list(found.raters),
        "n_images": len(found.images),
        "n_objects": len(found.objects),
        "label_kappa": found.label_kappa,
        "tag_kappa": found.tag_kappa,
        "score": None if found.images.empty else float(found.images.score.mean()),
        "classes": rows_to_wire(found.classes),
        "pairs": rows_to_wire(found.pairs),
        "images": rows_to_wire(found.images.head(SHOWN)),
    }


def rows_to_wire(table: "DataFrame") -> list[dict[str, Any]]:
    """A table row by row."""
    return [
        {
            str(name): None if isinstance(value, float) and math.isnan(value) else value
            for name, value in row.items()
        }
        for row in table.to_dict("records")
    ]


def is_quick(project: Project, number: int | None) -> bool:
    """Whether comparing takes less than about a second."""
    images = sum(one.images for one in project.rounds() if number in (None, one.id))
    return images <= 50


def compare_raters(workspace: Workspace, job: Job, running: "Running") -> Mapping[str, Any]:
    """Compare the raters of a round, or of all."""
    found = workspace.project(job.project).agreement(
        round=job.params["round"], threshold=job.params["threshold"], progress=running.progress
    )
    return agreement_to_wire(found)
