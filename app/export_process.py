"""A large export as an errand: it reads one snapshot and writes nothing but its folder."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from datasetbuilder.api import Project
from datasetbuilder.app.errands import Progress, run_errand
from datasetbuilder.exporters.export import ExportReport

WORTH_A_PROCESS = 2_000


def export_project(
    project: Project,
    folder: Path,
    options: Mapping[str, Any],
    progress: Callable[[int, int, str], None],
) -> ExportReport:
    """Export in a child; a small project here, since a child takes a second to start.

    Raises
    ------
    DatasetBuilderError
        As `Project.export` does.
    """
    info = project.info
    if info.n_images + info.n_annotations < WORTH_A_PROCESS:
        return project.export(folder, **options, progress=progress)
    if options.get("splits"):
        project.learn_likenesses(progress=progress)
    asked = {"folder": str(folder), **options}
    report = run_errand("export", export_to, project, asked, progress)
    project.keep_splits(report.dealt)
    return report


def export_to(project: Project, options: Mapping[str, Any], progress: Progress) -> ExportReport:
    """The export, in the child."""
    return project.export(progress=progress, **options)
