"""What the routes and pages of one app share; built by the factory, handed to every `register`."""

from dataclasses import dataclass

from dash import Dash
from flask import Flask

from datasetbuilder.api import Workspace
from datasetbuilder.app.jobs import Jobs
from datasetbuilder.app.pixel_cache import PixelCache
from datasetbuilder.app.refining import Refining
from datasetbuilder.app.security.access import Access
from datasetbuilder.app.security.door import Door
from datasetbuilder.app.security.roots import ImageRoots
from datasetbuilder.app.security.sessions import Sessions

_KEY = "datasetbuilder"


@dataclass(frozen=True, slots=True)
class Services:
    """The parts behind the web pages of one workspace."""

    workspace: Workspace
    access: Access
    sessions: Sessions
    door: Door
    roots: ImageRoots
    jobs: Jobs
    refining: Refining
    pixels: PixelCache

    def close(self) -> None:
        """Stop what runs in the background; the workspace stays open."""
        self.sessions.close()
        self.jobs.close()
        self.refining.close()


def attach(server: Flask, services: Services) -> None:
    """Keep the services with the server they belong to."""
    server.extensions[_KEY] = services


def services_of(app: Dash | Flask) -> Services:
    """The services of an app that the factory made."""
    server = app if isinstance(app, Flask) else app.server
    return server.extensions[_KEY]
