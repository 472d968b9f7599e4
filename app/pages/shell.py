"""What every page shares: the line on top, the rail on the left, small building blocks."""

from collections.abc import Sequence
from typing import Any

from dash import html

from datasetbuilder.app.pages.markup import attributes

RAIL = (
    ("images", "Images", "photo", "/p/{slug}/images"),
    ("export", "Export", "package-export", "/p/{slug}/export"),
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
) -> html.Div:
    """A page in the shell; with a slug it stands inside a project."""
    rail = [_rail(slug, here)] if slug else []
    return html.Div(
        [
            _top_line(title, slug, project, extras),
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


def _top_line(title: str, slug: str | None, project: str, extras: Sequence[Any]) -> html.Header:
    crumbs: list[Any] = []
    if slug:
        crumbs += [html.A("Projects", href="/"), html.Span("›")]
        crumbs += [html.A(project, href=f"/p/{slug}/images"), html.Span("›")]
    crumbs.append(html.Span(title, className="here"))
    return html.Header(
        [
            html.Nav(crumbs, className="crumbs", **attributes(aria_label="Where you are")),
            html.Div(className="grow"),
            *extras,
            theme_button(),
        ],
        className="top-line",
    )


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
