"""The key by which a program on this machine hands its changes over to a running server.

The server writes ``workspace.token`` when it begins to listen, readable by its own user alone, and
removes it when it ends. One that a killed server left behind opens nothing: whoever can take the
lock of the workspace needs no server.
"""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TOKEN_NAME = "workspace.token"


@dataclass(frozen=True, slots=True)
class DoorKey:
    """Where a server listens and what opens its door for programs."""

    origin: str
    pid: int
    token: str = field(repr=False)


def hang_out(folder: Path, origin: str) -> DoorKey:
    """Write a fresh key, for the time that a server listens at ``origin``."""
    key = DoorKey(origin, os.getpid(), secrets.token_urlsafe(32))
    target = folder / TOKEN_NAME
    staged = target.with_name(f".{TOKEN_NAME}.{key.pid}")
    staged.unlink(missing_ok=True)
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"origin": key.origin, "pid": key.pid, "token": key.token}, file)
    os.replace(staged, target)
    return key


def take_in(folder: Path, key: DoorKey) -> None:
    """Remove a key that this process has written."""
    found = find(folder)
    if found is not None and found.token == key.token:
        with suppress(OSError):
            (folder / TOKEN_NAME).unlink()


def find(folder: Path) -> DoorKey | None:
    """The key that is there, if it is one."""
    try:
        document = json.loads((folder / TOKEN_NAME).read_text())
        return DoorKey(str(document["origin"]), int(document["pid"]), str(document["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
