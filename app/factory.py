"""One app from its arguments: routes, gate, pages and callbacks of one workspace.

Nothing happens at import and nothing is shared: a test makes as many apps as it likes.
"""

import logging
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dash import Dash, dcc, html, set_props
from flask import Flask

from datasetbuilder.api import Workspace
from datasetbuilder.app import ids, rest, routing
from datasetbuilder.app.jobs import Jobs
from datasetbuilder.app.orjson_provider import OrjsonProvider
from datasetbuilder.app.pages import shell
from datasetbuilder.app.pixel_cache import PixelCache
from datasetbuilder.app.refining import Refining
from datasetbuilder.app.rest.errors import log_fault
from datasetbuilder.app.security import callbacks, headers, login, oidc
from datasetbuilder.app.security.access import Access, PeopleAccess
from datasetbuilder.app.security.callers import Callers
from datasetbuilder.app.security.door import Door
from datasetbuilder.app.security.doors import Doors
from datasetbuilder.app.security.gate import LOOPBACK_NAMES, Gate
from datasetbuilder.app.security.login import Entrance
from datasetbuilder.app.security.proxy import BehindProxy
from datasetbuilder.app.security.roots import ImageRoots
from datasetbuilder.app.security.sessions import Sessions
from datasetbuilder.app.services import Services, attach
from datasetbuilder.errors import DatasetBuilderError, PermissionDenied
from datasetbuilder.projects.job_engine import Engine

_ASSETS = Path(__file__).parent / "assets"
_THEME = "00_theme.js"
ALONE = Doors()

_INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <title>{%title%}</title>
    <script src="THEME"></script>
    {%favicon%}
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <footer>
      {%config%}
      {%scripts%}
      {%renderer%}
    </footer>
  </body>
</html>
"""


def create_app(  # noqa: PLR0913 - what one app is made of, all by name
    workspace: Workspace,
    *,
    image_roots: Sequence[Path] = (),
    access: Access | None = None,
    hosts: Collection[str] = LOOPBACK_NAMES,
    doors: Doors = ALONE,
    on_login: Callable[[], None] = lambda: None,
    engine: Engine | None = None,
) -> Dash:
    """Make the web app of a workspace.

    Parameters
    ----------
    workspace : Workspace
        Open, and left open by the app.
    image_roots : sequence of Path, optional
        Folders that people may read images from; by default none.
    access : Access, optional
        Who has which role; by default the members as the workspace keeps them, and the person at
        the computer itself as their administrator while that door is open.
    hosts : collection of str, optional
        Host names the server answers to, with a port to demand it.
    doors : Doors, optional
        How people come in beside their accounts; by default by the printed address.
    on_login : callable, optional
        Called after a one-time token was used.
    engine : Engine, optional
        Whose workers look at images in jobs; by default this computer.

    Returns
    -------
    app : Dash
        ``app.server`` is the WSGI application; `datasetbuilder.app.services.services_of` gives
        what runs behind it, to be closed with it.
    """
    services = Services(
        workspace=workspace,
        access=access or PeopleAccess(workspace.store.people, local=doors.local),
        sessions=Sessions(workspace.store),
        door=Door(workspace.store.people),
        roots=ImageRoots(image_roots),
        jobs=Jobs(workspace, engine=engine),
        refining=Refining(workspace.root),
        pixels=PixelCache(),
    )
    server = _server(services, doors, hosts=hosts)
    entrance = Entrance(services.door, services.sessions, services.access, doors)
    with _no_dash_variables():
        app = _dash(server)
    app.layout = frame()
    rest.register(server, services, entrance)
    login.register(server, entrance, services.sessions, on_login=on_login)
    oidc.register(server, entrance)
    routing.register_shortcuts(server, services)
    routing.register_libraries(server)
    routing.register(app, services)
    callbacks.register(server, app)
    headers.register(server, headers.content_policy(app.csp_hashes()))
    return app


def frame() -> Any:
    """What stays while pages come and go."""
    content = [
        dcc.Location(id=ids.LOCATION, refresh="callback-nav"),
        html.Div(id=ids.NOTICE, role="alert"),
        html.Div(id=ids.PAGE),
    ]
    return html.Div(content)


def _server(services: Services, doors: Doors, *, hosts: Collection[str]) -> Flask:
    """A Flask server whose first hook is the gate, before any that Dash adds."""
    server = Flask("datasetbuilder.app", static_folder=None)
    server.debug = False
    server.json = OrjsonProvider(server)
    server.config["MAX_FORM_MEMORY_SIZE"] = 100_000
    if doors.peers:
        server.wsgi_app = BehindProxy(server.wsgi_app, doors)  # type: ignore[method-assign]
    callers = Callers(services.sessions, services.door.people, doors)
    Gate(callers, services.access, hosts=hosts).register(server)
    attach(server, services)
    return server


def _dash(server: Flask) -> Dash:
    app = Dash(
        "datasetbuilder.app",
        server=server,  # type: ignore[arg-type]
        title="datasetbuilder",
        update_title=None,  # type: ignore[arg-type]
        assets_folder=str(_ASSETS),
        assets_ignore=rf"^{_THEME}$",
        pages_folder="",
        use_pages=False,
        serve_locally=True,
        suppress_callback_exceptions=True,
        index_string=_INDEX.replace("THEME", f"/assets/{_THEME}?m={_age(_THEME)}"),
        add_log_handler=False,
        on_error=_on_callback_error,
        websocket_callbacks=False,
        enable_mcp=False,
    )
    app.enable_dev_tools(debug=False)
    app.logger.setLevel(logging.WARNING)
    return app


@contextmanager
def _no_dash_variables() -> Iterator[None]:
    """Hide the environment variables by which Dash would open debug tools, MCP or other paths."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if _is_dash(name)}
    try:
        yield
    finally:
        os.environ.update(hidden)


def _is_dash(name: str) -> bool:
    return name.upper().startswith("DASH_") or name.upper() in ("HOST", "PORT")


def _age(asset: str) -> int:
    return int((_ASSETS / asset).stat().st_mtime)


def _on_callback_error(error: Exception) -> None:
    """Tell the person on the page; a refusal for want of rights goes out as one."""
    if isinstance(error, PermissionDenied):
        raise error
    if isinstance(error, DatasetBuilderError):
        words = str(error)
    else:
        log_fault(error)
        words = "The server met a fault; nothing was changed. Its log says more."
    set_props(ids.NOTICE, {"children": shell.notice(words, kind="bad")})
