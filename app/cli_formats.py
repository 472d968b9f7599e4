"""Commands about files of other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datasetbuilder.app.cli_place import DatabaseOption, WorkspaceOption, open_named

if TYPE_CHECKING:
    from datasetbuilder.exporters.diff import DiffReport


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


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="Folder of an export.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another one, or a project.")],
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell what is different between two exports, or an export and a project."""
    from datasetbuilder.app import console

    report = _compared(before, after, workspace, database)
    if as_json:
        console.emit_json(report.to_json())
    elif report.same:
        console.say(f"No difference: {report.unchanged} objects are the same.")
    else:
        for word, names in (("added", report.images_added), ("removed", report.images_removed)):
            if names:
                shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
                console.say(f"{len(names)} images {word}: {shown}")
        console.show_table(("label", "added", "removed", "changed"), report.rows())
        for line in report.details:
            console.say(line)
        if report.mean_iou is not None:
            console.say(f"Mean IoU of the changed shapes: {report.mean_iou:.3f}")
    if not report.same:
        raise typer.Exit(1)


def _compared(
    before: Path, after: str, workspace: Path | None, database: str | None
) -> "DiffReport":
    from datasetbuilder.exporters.diff import compare, side_of_export

    if Path(after).is_dir():
        return compare(side_of_export(before), side_of_export(Path(after)))
    with open_named(workspace, database) as opened:
        return opened.project(after).diff(before)
