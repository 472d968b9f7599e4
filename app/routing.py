"""Which page an address shows: one table, one callback."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from dash import Dash, Input, Output
from flask import Flask, g, redirect, request
from werkzeug.wrappers import Response

from datasetbuilder.api import Project
from datasetbuilder.app import ids
from datasetbuilder.app.pages import (
    agreement,
    annotate,
    explore,
    explore_duplicates,
    explore_map,
    explore_statistics,
    export,
    gallery,
    guide,
    imports,
    jobs,
    overview,
    people,
    projects,
    review,
    settings,
    shell,
    work,
)
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.security.access import authorised, current_user, member_in
from datasetbuilder.app.security.permissions import DASH_UPDATE, Permission
from datasetbuilder.app.services import Services
from datasetbuilder.errors import DatasetBuilderError

NEXT_IMAGE = "/p/<slug>/annotate/next"


@dataclass(frozen=True, slots=True)
class Page:
    """A page inside a project: its address, what it demands, and its layout.

    The groups of the pattern after ``slug`` are handed to the layout by name, as numbers.
    ``libraries`` are component libraries that are too slow to load (a second and more) for pages
    that do without them. A ``personal`` page shows each ``member`` something else.
    """

    pattern: re.Pattern[str]
    permission: Permission
    layout: Callable[..., Any]
    libraries: tuple[str, ...] = ()
    personal: bool = False


def _page(
    tail: str,
    permission: Permission,
    layout: Callable[..., Any],
    *,
    libraries: tuple[str, ...] = (),
    personal: bool = False,
) -> Page:
    pattern = re.compile(rf"/p/(?P<slug>[^/]+)/{tail}/?")
    return Page(pattern, permission, layout, libraries, personal)


def _jobs_page(project: Project) -> Any:
    return jobs.layout(project, may_manage=g.member.may(Permission.MANAGE))


PAGES = (
    _page("images", Permission.VIEW, gallery.layout),
    _page(r"annotate/(?P<image_id>\d{1,15})", Permission.VIEW, annotate.layout),
    _page("review", Permission.REVIEW, review.layout),
    _page(r"review/(?P<image_id>\d{1,15})", Permission.REVIEW, review.layout),
    _page("guide", Permission.VIEW, guide.layout),
    _page("work", Permission.MANAGE, work.layout),
    _page("explore", Permission.VIEW, explore.layout, libraries=explore.LIBRARIES),
    _page("explore/statistics", Permission.VIEW, explore_statistics.layout),
    _page("explore/map", Permission.VIEW, explore_map.layout),
    _page("explore/duplicates", Permission.VIEW, explore_duplicates.layout),
    _page("export", Permission.EXPORT, export.layout),
    _page("import", Permission.MANAGE, imports.layout),
    _page("jobs", Permission.EXPORT, _jobs_page),
    _page("agreement", Permission.REVIEW, agreement.layout),
    _page("overview", Permission.VIEW, overview.layout, personal=True),
    _page(
        "settings",
        Permission.MANAGE,
        settings.layout,
        libraries=("dash_mantine_components",),
    ),
)
_WITH_CALLBACKS = (explore, export, settings)


def register(app: Dash, services: Services) -> None:
    """Add the callback that shows pages, and the pages' own callbacks."""

    @app.callback(Output(ids.PAGE, "children"), Input(ids.LOCATION, "pathname"))
    def on_address(pathname: str | None) -> Any:
        return page_at(services, pathname or "/")

    for module in _WITH_CALLBACKS:
        module.register(app, services)


def register_shortcuts(server: Flask, services: Services) -> None:
    """Add the address that leads to the next image to work on."""

    @server.get(NEXT_IMAGE, endpoint="next_image")
    def next_image(slug: str) -> Response:
        project = project_at(services, slug)
        held = project.take_image(current_user())
        image_id = next_to_label(project) if held is None else held.image_id
        tail = "images" if image_id is None else f"annotate/{image_id}"
        return redirect(f"/p/{project.slug}/{tail}", 303)


def register_libraries(server: Flask) -> None:
    """Load a page's component libraries before Dash lists the scripts of that page.

    A callback of a page that was opened before a restart comes from the page in its referrer.
    """

    @server.before_request
    def load() -> None:
        path = request.path
        if request.endpoint == DASH_UPDATE:
            path = urlsplit(request.referrer or "").path
        for page in PAGES:
            if page.libraries and page.pattern.fullmatch(path):
                for library in page.libraries:
                    import_module(library)


def next_to_label(project: Project) -> int | None:
    """Where nothing is left to do, the first image; None without images."""
    found = project.images(limit=1)
    return found[0].id if found else None


def page_at(services: Services, pathname: str) -> Any:
    """The layout of the page at an address; a plain sentence where there is none."""
    if pathname == "/":
        return _projects(services)
    if pathname == "/people":
        return people.layout(current_user())
    for page in PAGES:
        found = page.pattern.fullmatch(pathname)
        if found:
            return _inside_project(services, page, found.groupdict())
    return shell.not_found(pathname)


def _projects(services: Services) -> Any:
    """The first page, with the projects that the person may open."""
    found = services.workspace.projects()
    mine = [one for one in found if member_in(services.access, one.slug) is not None]
    return projects.layout(mine, may_add=g.member.may(Permission.MANAGE))


def _inside_project(services: Services, page: Page, groups: Mapping[str, str]) -> Any:
    numbers = {name: int(text) for name, text in groups.items() if name != "slug"}
    try:
        project, member = authorised(
            services.workspace, services.access, groups["slug"], page.permission
        )
        if page.personal:
            return page.layout(project, member)
        return page.layout(project, **numbers)
    except DatasetBuilderError as error:
        return shell.page(title="Not found", content=[shell.notice(str(error), kind="bad")])
