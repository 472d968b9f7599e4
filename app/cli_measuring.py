"""Commands about measuring."""

from pathlib import Path
from typing import Annotated

import typer

from datasetbuilder.app.cli_place import (
    DatabaseOption,
    SchedulerOption,
    WorkspaceOption,
    engine_at,
    open_named,
)


def measure(  # noqa: PLR0913 - one parameter per option
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="A .csv or .parquet file that does not exist.")
    ],
    set_name: Annotated[
        str, typer.Option("--set", metavar="NAME", help="Whose annotations.")
    ] = "truth",
    scheduler: SchedulerOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Measure every object of a project into one table."""
    from datasetbuilder.app import console
    from datasetbuilder.exporters.measurements import checked_writer, write_table

    checked_writer(out)
    engine = engine_at(scheduler)
    with open_named(workspace, database) as opened:
        chosen = opened.project(project)
        with console.progress_bar("Measuring", quiet=as_json) as progress:
            found = chosen.measure(sets=(set_name,), progress=progress, engine=engine)
        write_table(found.table, out)
    if as_json:
        console.emit_json(
            {"file": str(out), "objects": len(found.table), "problems": list(found.problems)}
        )
    else:
        console.say(f"{len(found.table)} objects measured into {out}")
        for problem in found.problems:
            console.say(f"without intensities: {problem}")
    if found.problems:
        raise typer.Exit(1)
