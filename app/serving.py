"""The server of one workspace: its port, its one-time address, its browser window, its end."""

import errno
import hashlib
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from waitress.server import create_server
from waitress.wasyncore import close_all

from datasetbuilder.api import Workspace
from datasetbuilder.app.factory import ALONE, create_app
from datasetbuilder.app.security.doors import LOOPBACK, Doors
from datasetbuilder.app.security.gate import LIMITS, LOOPBACK_NAMES
from datasetbuilder.app.security.sessions import Sessions
from datasetbuilder.app.services import services_of
from datasetbuilder.errors import UsageError, WorkspaceError
from datasetbuilder.projects import doorkey
from datasetbuilder.projects.job_engine import Engine

_PORT_SETTING = "port"
_LOWEST_PORT, _PORTS, _ATTEMPTS = 20_000, 10_000, 50
_THREADS = 8

Say = Callable[[str], None]


def serve(  # noqa: PLR0913 - the options of the command, all by name
    workspace: Workspace,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    image_roots: Sequence[Path] = (),
    doors: Doors = ALONE,
    open_browser: bool = True,
    say: Say | None = None,
    engine: Engine | None = None,
) -> None:
    """Serve a workspace until interrupted.

    Parameters
    ----------
    workspace : Workspace
        Open; the caller closes it.
    host : str, optional
        A loopback address, or with doors for others any address of this machine.
    port : int, optional
        By default the workspace's own, which stays the same over restarts: the browser finds its
        unsent work under the same origin.
    image_roots : sequence of Path, optional
        Folders that projects may read images from; by default the home folder, or none where
        others come in.
    doors : Doors, optional
        How people come in, from `datasetbuilder.app.security.doors.doors_from_options`.
    open_browser : bool, optional
        Open the address in a browser, if this computer has one with a screen.
    say : callable, optional
        Takes the lines for the person; by default they go to standard output.
    engine : Engine, optional
        Whose workers look at images in jobs; by default this computer.

    Raises
    ------
    UsageError
        If the host is not a loopback address and nothing guards the doors.
    WorkspaceError
        If another program holds the port.
    """
    say = say or _print
    roots = image_roots or ((Path.home(),) if doors.local else ())
    server = Server(workspace, host=host, port=port, image_roots=roots, doors=doors, engine=engine)
    server.on_login = lambda: say(f"For another browser: {server.fresh_address()}")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, _leave)
    try:
        address = server.fresh_address() if doors.local else f"{doors.public_url}/"
        say(f"datasetbuilder serves {_described(workspace)}")
        say(f"Open {address}")
        say("Stop with Ctrl-C.")
        server.warm()
        workspace.store.keep_backups()
        server.resume_jobs()
        if open_browser and doors.local and has_screen():
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        server.run()
    finally:
        server.close()


class Server:
    """A bound, not yet running server; bound means that its address is already its own."""

    def __init__(  # noqa: PLR0913 - the options of the command, all by name
        self,
        workspace: Workspace,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        image_roots: Sequence[Path] = (),
        doors: Doors = ALONE,
        engine: Engine | None = None,
    ) -> None:
        if doors.local and host not in LOOPBACK:
            raise UsageError(f"Serving on {host} needs accounts and a proxy with TLS.")
        self.on_login: Callable[[], None] = lambda: None
        self._listening = _bind(workspace, host, port)
        self.port: int = self._listening.getsockname()[1]
        self.origin = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self.app = create_app(
            workspace,
            image_roots=image_roots,
            hosts=_host_names(doors, self.port),
            doors=doors,
            on_login=lambda: self.on_login(),
            engine=engine,
        )
        self._services = services_of(self.app)
        self._root = workspace.root
        self._key = doorkey.hang_out(workspace.root, self.origin)
        self.sessions.admit_programs(self._key.token)
        self._channels: dict[int, Any] = {}
        self._waitress = _waitress(
            self.app.server, self._listening, self._channels, proxied=bool(doors.peers)
        )

    @property
    def sessions(self) -> Sessions:
        """Gives out tokens and knows sessions."""
        return self._services.sessions

    def fresh_address(self) -> str:
        """An address that opens one session."""
        return f"{self.origin}/login?token={self.sessions.one_time_token()}"

    def warm(self) -> None:
        """Start in the background what the first refine request would wait for."""
        self._services.refining.warm()

    def resume_jobs(self) -> None:
        """Take up in the background the jobs that an earlier server left."""
        self._services.jobs.resume_interrupted()

    def run(self) -> None:
        """Answer requests until interrupted."""
        self._waitress.run()

    def stop(self) -> None:
        """Make `run` return; may be called from any thread."""
        self._waitress.trigger.pull_trigger(lambda: close_all(self._channels, ignore_all=True))

    def close(self) -> None:
        """End what runs in the background and give the port back, once `run` has returned."""
        doorkey.take_in(self._root, self._key)
        close_all(self._channels, ignore_all=True)
        self._services.close()


def _described(workspace: Workspace) -> str:
    store = workspace.store
    return f"{store.database}, files in {workspace.root}" if store.is_shared else str(store.folder)


def has_screen() -> bool:
    """Whether a browser window could appear; a text browser in the terminal is none."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _host_names(doors: Doors, port: int) -> list[str]:
    if doors.public_host is not None:
        return [doors.public_host]
    return [f"{name}:{port}" for name in LOOPBACK_NAMES]


def _waitress(
    application: Any, listening: socket.socket, channels: dict[int, Any], *, proxied: bool
) -> Any:
    return create_server(
        application,
        map=channels,
        sockets=[listening],
        threads=_THREADS,
        ident=None,
        max_request_body_size=max(LIMITS.values()),
        # Behind a proxy `BehindProxy` reads them, and refuses everybody else.
        clear_untrusted_proxy_headers=not proxied,
        expose_tracebacks=False,
    )


def _bind(workspace: Workspace, host: str, port: int | None) -> socket.socket:
    """A listening socket on the wanted port, else the workspace's own, else a new one for it."""
    store = workspace.store
    kept = store.workspace_setting(_PORT_SETTING)
    wanted = port or (kept if isinstance(kept, int) else None)
    if wanted is None:
        bound = _bind_first_free(host, str(workspace.root))
    else:
        bound = _bind_to(host, wanted)
        if bound is None:
            raise WorkspaceError(
                f"Port {wanted} is in use by another program. Close it, or give --port with "
                f"another number; work that a browser has not sent yet stays under the old port."
            )
    # A second server of the same database has a port of its own, which is not the workspace's.
    if bound.getsockname()[1] != kept and not (store.is_shared and port and kept):
        store.set_workspace_setting(_PORT_SETTING, bound.getsockname()[1])
    return bound


def _bind_first_free(host: str, name: str) -> socket.socket:
    start = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
    for step in range(_ATTEMPTS):
        bound = _bind_to(host, _LOWEST_PORT + (start + step * 37) % _PORTS)
        if bound is not None:
            return bound
    raise WorkspaceError(f"No free port was found on {host}; give one with --port.")


def _bind_to(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return None
        raise
    return bound


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
