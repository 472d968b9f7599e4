"""The commands ``user …`` and ``token …``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datasetbuilder.app.cli_place import DatabaseOption, WorkspaceOption, open_named
from datasetbuilder.app.options import JsonOption
from datasetbuilder.errors import UsageError

if TYPE_CHECKING:
    from datasetbuilder.projects.people import People

user = typer.Typer(help="Who may log in, and as what.", no_args_is_help=True)
token = typer.Typer(help="Tokens by which programs come in.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the person.")]
ProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="PROJECT", help="Project that it is about.")
]
ROLES = ("admin", "reviewer", "annotator", "viewer")


@contextmanager
def _people(workspace: Path | None, database: str | None) -> Iterator["People"]:
    with open_named(workspace, database) as opened:
        yield opened.store.people


@user.command("add")
def add(  # noqa: PLR0913 - one parameter per option
    name: NameArgument,
    email: Annotated[str, typer.Option(help="Address that an organisation knows.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="May manage the workspace.")] = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account and print its password once."""
    from datasetbuilder.app import people_words

    with _people(workspace, database) as people:
        people_words.add(people, name, email=email, admin=admin, as_json=as_json)


@user.command("list")
def list_members(
    workspace: WorkspaceOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """List the accounts with their roles."""
    from datasetbuilder.app import people_words

    with _people(workspace, database) as people:
        people_words.show_members(people, as_json=as_json)


@user.command("role")
def role(
    name: NameArgument,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Where the role holds.")],
    role: Annotated[str, typer.Argument(metavar="ROLE", help=f"{', '.join(ROLES)} or none.")],
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
) -> None:
    """Give a role in a project, or take it away with none."""
    from datasetbuilder.app import console

    if role not in (*ROLES, "none"):
        raise UsageError(f"{role} is no role; there are {', '.join(ROLES)} and none")
    with _people(workspace, database) as people:
        people.set_role(name, project, None if role == "none" else role, actor="local")
    console.say(f"{name} is {role} in {project}." if role != "none" else f"{name} left {project}.")


@user.command("disable")
def disable(
    name: NameArgument, workspace: WorkspaceOption = None, database: DatabaseOption = None
) -> None:
    """Shut somebody out; what they did stays theirs."""
    from datasetbuilder.app import console

    with _people(workspace, database) as people:
        people.disable(name, actor="local")
    console.say(f"{name} is shut out: every login and token of theirs has ended.")


@user.command("enable")
def enable(
    name: NameArgument, workspace: WorkspaceOption = None, database: DatabaseOption = None
) -> None:
    """Let somebody in again."""
    from datasetbuilder.app import console

    with _people(workspace, database) as people:
        people.enable(name, actor="local")
    console.say(f"{name} may come in again.")


@user.command("password")
def password(
    name: NameArgument,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a fresh password and print it once; every login of the person ends."""
    from datasetbuilder.app import people_words

    with _people(workspace, database) as people:
        people_words.renew(people, name, as_json=as_json)


@user.command("invite")
def invite(  # noqa: PLR0913 - one parameter per option
    name: Annotated[str, typer.Option(help="Name the person will have; else their choice.")] = "",
    project: ProjectOption = None,
    role: Annotated[str, typer.Option(metavar="ROLE", help=", ".join(ROLES))] = "annotator",
    admin: Annotated[bool, typer.Option("--admin", help="May manage the workspace.")] = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the end of an address that makes one account, once, within seven days."""
    from datasetbuilder.app import people_words

    if role not in ROLES:
        raise UsageError(f"{role} is no role; there are {', '.join(ROLES)}")
    with _people(workspace, database) as people:
        people_words.invite(people, name, project, role, admin=admin, as_json=as_json)


@token.command("create")
def create_token(  # noqa: PLR0913 - one parameter per option
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the token is for.")],
    scope: Annotated[str, typer.Option(help="read, annotate, export or admin.")] = "read",
    project: ProjectOption = None,
    user: Annotated[
        str, typer.Option(metavar="NAME", help="Whose rights it has; by default yours, here alone.")
    ] = "",
    days: Annotated[int, typer.Option(min=1, max=365, help="How long it holds.")] = 90,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token and print it once."""
    from datasetbuilder.app import people_words

    if scope not in ("read", "annotate", "export", "admin"):
        raise UsageError(f"{scope} is no scope; there are read, annotate, export and admin")
    with _people(workspace, database) as people:
        people_words.create_token(people, name, scope, project, user, days, as_json=as_json)


@token.command("list")
def list_tokens(
    workspace: WorkspaceOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """List the tokens, without their secrets."""
    from datasetbuilder.app import people_words

    with _people(workspace, database) as people:
        people_words.show_tokens(people, as_json=as_json)


@token.command("revoke")
def revoke_token(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its key, as the list shows it.")],
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
) -> None:
    """End a token."""
    from datasetbuilder.app import console

    with _people(workspace, database) as people:
        people.revoke_token(key, actor="local")
    console.say(f"{key} opens nothing any more.")
