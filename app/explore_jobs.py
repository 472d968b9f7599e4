"""Jobs of the explore page: what takes long over a whole project, kept in the cache when done."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from datasetbuilder.api import Project, Workspace
from datasetbuilder.app import mapping, tables
from datasetbuilder.app.errands import Progress, Work, run_errand
from datasetbuilder.model import TRUTH
from datasetbuilder.projects.jobs import Job

if TYPE_CHECKING:
    from pandas import DataFrame

    from datasetbuilder.app.job_kinds import Running

OBJECTS = "objects"
WORTH_A_PROCESS = 2_000
_SHOWN = 200


def measure_objects(workspace: Workspace, job: Job, running: "Running") -> Mapping[str, Any]:
    """Measure every object of a project; what is measured already is not measured again."""
    project = workspace.project(job.project)
    return _carried_out("measuring", objects_of, project, job.params, running.progress)


def objects_of(
    project: Project, options: Mapping[str, Any], progress: Progress
) -> Mapping[str, Any]:
    """The work itself, in the child."""
    sets: Sequence[str] = options["sets"]
    seq = project.info.seq
    kept = tables.newest(project, OBJECTS, sets)
    if kept is None or kept.seq != seq:
        found = project.objects(sets=sets, progress=progress)
        about = {
            "n": len(found.table),
            "problems": list(found.problems[:_SHOWN]),
            "n_problems": len(found.problems),
        }
        kept = tables.keep(
            project, OBJECTS, sets, seq=seq, table=_shown(found.table, sets), about=about
        )
    return {"seq": kept.seq, **kept.about}


def draw_map(workspace: Workspace, job: Job, running: "Running") -> Mapping[str, Any]:
    """Lay the objects or the images of a project out on a map."""
    project = workspace.project(job.project)
    return _carried_out("map", map_of, project, job.params, running.progress)


def map_of(project: Project, options: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """The work itself, in the child."""
    sets, name = options["sets"], map_name(options["what"], options["method"])
    seq = project.info.seq
    kept = tables.newest(project, name, sets)
    if kept is None or kept.seq != seq:
        objects_of(project, options, progress)
        table = tables.newest(project, OBJECTS, sets)
        objects = table.table() if table is not None else project.objects(sets=sets).table
        if options["what"] == "images":
            drawn = _shown(
                mapping.map_of_images(project, objects, options["method"], progress), sets
            )
        else:
            drawn = mapping.map_of_objects(objects, options["method"], progress)
        kept = tables.keep(project, name, sets, seq=seq, table=drawn, about={"n": len(drawn)})
    return {"seq": kept.seq, **kept.about}


def _shown(table: "DataFrame", sets: Sequence[str]) -> "DataFrame":
    """A table as those see it who see these sets: the common state of an image is of the truth."""
    return table if TRUTH in sets else table.assign(state="")


def map_name(what: str, method: str) -> str:
    """Under which name a map is kept."""
    return f"map-{what}-{method}"


def _carried_out(
    name: str, work: Work, project: Project, options: Mapping[str, Any], progress: Progress
) -> Any:
    """Work on a small project here, since a child takes a second to start."""
    info = project.info
    if info.n_images + info.n_annotations < WORTH_A_PROCESS:
        return work(project, options, progress)
    return run_errand(name, work, project, options, progress)
