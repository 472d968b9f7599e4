"""Commands about files of other programs."""

from pathlib import Path
from typing import Annotated

import typer

from datasetbuilder.app.cli_place import DatabaseOption, WorkspaceOption, open_named


def import_annotations(  # noqa: PLR0913 - one parameter per option
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file or folder.")],
    format: Annotated[str, typer.Option(help="A format, or auto to look at the content.")] = "auto",
    way: Annotated[
        str, typer.Option("--as", metavar="WAY", help="annotations or prelabels.")
    ] = "annotations",
    set_name: Annotated[
        str | None, typer.Option("--set", metavar="NAME", help="The set they go to.")
    ] = None,
    new_labels: Annotated[
        str, typer.Option(metavar="create|refuse", help="What to do with unknown labels.")
    ] = "create",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, store nothing.")
    ] = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Bring in annotations that another program made."""
    from datasetbuilder.app import console

    with open_named(workspace, database) as opened:
        report = opened.project(project).import_annotations(
            path,
            format=format,
            way=way,
            set_name=set_name,
            new_labels=new_labels,
            dry_run=dry_run,
        )
    if as_json:
        console.emit_json(report.to_json())
    else:
        for line in report.lines():
            console.say(line)
    if not report.whole:
        raise typer.Exit(1)
