"""Where a command finds its workspace: ``--workspace``, ``--database`` or the environment."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datasetbuilder.api import Workspace

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        metavar="DIR",
        help="Where projects live; by default DATASETBUILDER_WORKSPACE or your user data folder.",
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="DATASETBUILDER_DATABASE",
        show_envvar=False,
        help="A PostgreSQL database, postgresql+psycopg://user@host/name, in place of a file; "
        "--workspace is then the folder of images and exports. By default "
        "DATASETBUILDER_DATABASE, which keeps a password out of the list of processes.",
    ),
]


def open_named(folder: Path | None, database: str | None, *, beside: bool = True) -> "Workspace":
    """The workspace that the options name."""
    from datasetbuilder.api import open_workspace

    if database:
        return open_workspace(database, files=folder)
    return open_workspace(folder, beside=beside)
