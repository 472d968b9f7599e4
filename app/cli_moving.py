"""The command that moves a workspace to another database."""

from typing import Annotated

import typer

from datasetbuilder.app.cli_place import DatabaseOption, WorkspaceOption


def migrate(
    target: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="An empty database, postgresql+psycopg://user@host/name; or sqlite, to move the "
            "workspace of --database back into a file.",
        ),
    ],
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Move a workspace to PostgreSQL, or back into a file; its images stay in their folder."""
    from datasetbuilder.api import default_files, default_workspace
    from datasetbuilder.app import console
    from datasetbuilder.projects.moving import move

    folder = workspace or (default_files(database) if database else default_workspace())
    folder = folder.expanduser().absolute()
    with console.progress_bar("Moving", quiet=as_json) as progress:
        done = move(folder, database, target, progress=progress)
    if as_json:
        tables = {table.name: [table.rows, table.sha256] for table in done.tables}
        console.emit_json({"target": done.target, "tables": tables, "retired": done.retired})
        return
    console.show_table(
        ("table", "rows", "sha256"), [(t.name, t.rows, t.sha256[:16]) for t in done.tables]
    )
    console.say(f"{done.rows:,} rows are in {done.target}, read back and equal.")
    console.say(f"The old database is left in {done.retired}.")
    where = "" if target == "sqlite" else f" --database {done.target}"
    console.say(f"Go on with: datasetbuilder serve{where} --workspace {folder}")
