"""Jobs about datasets as files: verifying and comparing exports, bringing annotations in."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasetbuilder.api import Workspace
from datasetbuilder.exporters.diff import compare, side_of_export
from datasetbuilder.exporters.verify import verify
from datasetbuilder.projects.jobs import Job

if TYPE_CHECKING:
    from datasetbuilder.app.job_kinds import Running

_SHOWN = 200


def verify_export(_workspace: Workspace, job: Job, running: "Running") -> Mapping[str, Any]:
    """Read an export again and compare it with its manifest."""
    running.progress(0, 1, "reading")
    problems = verify(job.params["folder"]).problems
    return {"ok": not problems, "problems": list(problems[:_SHOWN]), "n_problems": len(problems)}


def diff_export(workspace: Workspace, job: Job, running: "Running") -> Mapping[str, Any]:
    """Compare an export with another one, or with the project as it is."""
    running.progress(0, 1, "reading")
    before, other = Path(job.params["folder"]), job.params["other"]
    if other:
        report = compare(side_of_export(before), side_of_export(Path(other)))
    else:
        report = workspace.project(job.project).diff(before)
    said = report.to_json()
    for name in ("images_added", "images_removed", "details"):
        said[f"n_{name}"] = len(said[name])
        said[name] = list(said[name][:_SHOWN])
    return said


def import_file(workspace: Workspace, job: Job, running: "Running") -> Mapping[str, Any]:
    """Bring annotations in, or say what would happen; stored at once or not at all."""
    running.progress(0, 1, "reading")
    options = dict(job.params)
    source = Path(options.pop("source"))
    report = workspace.project(job.project).import_annotations(source, **options, author=job.author)
    said = report.to_json()
    for name in ("problems", "unmatched"):
        said[f"n_{name}"] = len(said[name])
        said[name] = list(said[name][:_SHOWN])
    return said
