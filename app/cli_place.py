"""Where a command finds its workspace: ``--workspace``, ``--database`` or the environment."""

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datasetbuilder.api import Workspace
    from datasetbuilder.projects.job_engine import Engine

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
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="URL",
        help="Have the images read by the workers of a Dask cluster, tcp://host:8786; they must "
        "see images and workspace under the same paths. By default by this computer alone.",
    ),
]


def open_named(folder: Path | None, database: str | None, *, beside: bool = True) -> "Workspace":
    """The workspace that the options name."""
    from datasetbuilder.api import open_workspace

    if database:
        return open_workspace(database, files=folder)
    return open_workspace(folder, beside=beside)


def engine_at(scheduler: str | None) -> "Engine | None":
    """The engine of a cluster that answers, or None for this computer's own way."""
    if scheduler is None:
        return None
    from datasetbuilder.projects.job_engine import Engine, require_cluster

    require_cluster(scheduler)
    return Engine(scheduler=scheduler)


def place_words(workspace: "Workspace", engine: "Engine | None" = None) -> str:
    """The options with which another command finds the same place; a password is left out."""
    words = ["--workspace", str(workspace.root)]
    if workspace.database is not None:
        words = ["--database", _without_password(workspace.database), *words]
    if engine is not None and engine.scheduler is not None:
        words += ["--scheduler", engine.scheduler]
    return shlex.join(words)


def _without_password(address: str) -> str:
    return re.sub(r"(://[^/@]*?):[^/@]*@", r"\1@", address)
