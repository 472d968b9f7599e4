"""What every page shares: the line on top, the rail on the left, small building blocks."""

from collections.abc import Sequence
from typing import Any

from dash import html
from flask import g, has_request_context

from datasetbuilder.app.pages.markup import attributes
from datasetbuilder.app.security.access import LOCAL_USER

RAIL = (
    ("images", "Images", "photo", "/p/{slug}/images"),
    ("review", "Review", "check", "/p/{slug}/review"),
    ("guide", "Guide", "pointer", "/p/{slug}/guide"),
    ("work", "Work", "tag", "/p/{slug}/work"),
    ("overview", "Overview", "bars", "/p/{slug}/overview"),
    ("agreement", "Rounds", "overlap", "/p/{slug}/agreement"),
    ("explore", "Explore", "chart-dots", "/p/{slug}/explore"),
    ("import", "Import", "tray-in", "/p/{slug}/import"),
    ("export", "Export", "package-export", "/p/{slug}/export"),
    ("jobs", "Jobs", "history", "/p/{slug}/jobs"),
    ("settings", "Labels", "tags", "/p/{slug}/settings"),
)


def page(  # noqa: PLR0913 - the places of the shell, all by name
    *,
    title: str,
    content: Sequence[Any],
    slug: str | None = None,
    project: str = "",
    here: str = "",
    extras: Sequence[Any] = (),
    home: bool = False,
) -> html.Div:
    """A page in the shell; with a slug it stands inside a project, with ``home`` beside them."""
    rail = [_rail(slug, here)] if slug else []
    return html.Div(
        [
            _top_line(title, slug, project, extras, home=home),
            *rail,
            html.Main(list(content), className="content"),
        ],
        className="page" if slug else "page no-rail",
    )


def icon(name: str) -> html.I:
    """An icon of the set in ``assets/icons``; decoration, the text beside it speaks."""
    return html.I(className=f"icon icon-{name}", **attributes(aria_hidden="true"))


def notice(text: str, *, kind: str = "") -> html.Div:
    """A sentence the person must not miss."""
    return html.Div(text, className=f"notice {kind}".strip(), role="status")


def not_found(path: str) -> html.Div:
    """What an address without a page shows."""
    words = f"There is nothing at {path}."
    way_out = html.A("Back to the projects", href="/", className="button")
    return page(title="Not found", content=[html.Div([html.P(words), way_out], className="column")])


def _top_line(
    title: str, slug: str | None, project: str, extras: Sequence[Any], *, home: bool
) -> html.Header:
    crumbs: list[Any] = []
    if home:
        crumbs += [html.A("Projects", href="/"), html.Span("›")]
    if slug:
        crumbs += [html.A("Projects", href="/"), html.Span("›")]
        crumbs += [html.A(project, href=f"/p/{slug}/images"), html.Span("›")]
    crumbs.append(html.Span(title, className="here"))
    return html.Header(
        [
            html.Nav(crumbs, className="crumbs", **attributes(aria_label="Where you are")),
            html.Div(className="grow"),
            *extras,
            *_person(),
            theme_button(),
        ],
        className="top-line",
    )


def _person() -> list[Any]:
    """Who is logged in, which leads to the people page; nobody outside of a request."""
    caller = g.get("caller") if has_request_context() else None
    if caller is None:
        return []
    words = "People" if caller.user == LOCAL_USER else caller.user
    return [html.A(words, href="/people", className="button quiet", title="People and your login")]


def theme_button() -> html.Button:
    """Switches between light and dark."""
    return html.Button(
        icon("contrast"),
        className="button quiet",
        title="Light or dark",
        **attributes(data_action="theme", aria_label="Light or dark"),
    )


def _rail(slug: str, here: str) -> html.Nav:
    links = [
        html.A(
            [icon(picture), html.Span(words)],
            href=address.format(slug=slug),
            className="here" if key == here else "",
        )
        for key, words, picture, address in RAIL
    ]
    return html.Nav(links, className="rail", **attributes(aria_label="Project"))
