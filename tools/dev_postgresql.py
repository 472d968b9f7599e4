"""A PostgreSQL for the tests of the store: found, or installed by the system's package manager."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev_browser import rights
from dev_steps import StepFailed, quiet, say

VARIABLE = "DATASETBUILDER_POSTGRESQL"
WITHOUT = "none"

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)

INSTALLERS: Mapping[str, Sequence[Sequence[str]]] = {
    "apt-get": (
        ("apt-get", "update"),
        ("apt-get", "install", "-y", "--no-install-recommends", "postgresql"),
    ),
    "dnf": (("dnf", "install", "-y", "postgresql-server"),),
    "zypper": (("zypper", "--non-interactive", "install", "postgresql-server"),),
    "pacman": (("pacman", "-Sy", "--noconfirm", "postgresql"),),
    "apk": (("apk", "add", "postgresql"),),
}

HOW = (
    "The tests of the store need the programs of a PostgreSQL server, and none were found.\n"
    "Install them (on Debian: apt-get install postgresql) or name the folder of initdb:\n"
    f"    {VARIABLE}=/path/to/bin make test\n"
    f"To go without, and be told so at the end: {VARIABLE}={WITHOUT} make test"
)


def ensure_postgresql() -> Path | None:
    """Find a PostgreSQL, or install one where that needs no password; None if none is wanted.

    Raises
    ------
    StepFailed
        With what to do, if there is none and it cannot be installed.
    """
    if os.environ.get(VARIABLE) == WITHOUT:
        say(f"→ NOT tested on PostgreSQL: {VARIABLE}={WITHOUT}")
        return None
    found = find_postgresql()
    if found is None and (prefix := rights()) is not None:
        _install(prefix)
        found = find_postgresql()
    if found is None:
        raise StepFailed(HOW)
    say(f"→ tests of the store use {found}")
    return found


def find_postgresql(
    environment: Mapping[str, str] = os.environ, places: Sequence[str] = PLACES
) -> Path | None:
    """The folder of a server's programs: the one that was named, or the newest one there is."""
    named = environment.get(VARIABLE)
    if named == WITHOUT:
        return None
    if named:
        if not _is_whole(Path(named)):
            raise StepFailed(f"{VARIABLE} names {named}, where initdb and pg_ctl are not.")
        return Path(named)
    on_path = shutil.which("initdb", path=environment.get("PATH", ""))
    candidates = [Path(on_path).resolve().parent] if on_path else []
    for place in places:
        candidates += sorted(Path("/").glob(place.removeprefix("/")), key=_version, reverse=True)
    return next((folder for folder in candidates if _is_whole(folder)), None)


def _is_whole(folder: Path) -> bool:
    return all(shutil.which(name, path=str(folder)) for name in ("initdb", "pg_ctl", "postgres"))


def _version(folder: Path) -> tuple[int, ...]:
    digits = "".join(c if c.isdigit() else " " for c in str(folder))
    return tuple(int(number) for number in digits.split())


def _install(prefix: Sequence[str]) -> None:
    manager = next((name for name in INSTALLERS if shutil.which(name)), None)
    for command in INSTALLERS[manager] if manager else ():
        words = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *command]
        try:
            quiet(" ".join([*prefix, *command]), words, timeout=900)
        except StepFailed as failure:
            raise StepFailed(f"{failure}\n\n{HOW}") from None
