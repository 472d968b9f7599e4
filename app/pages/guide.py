"""The instructions of a project: how to label here, and what each label means."""

from dash import html
from flask import g, has_request_context

from datasetbuilder.api import Project
from datasetbuilder.app.pages import shell
from datasetbuilder.app.pages.markup import attributes
from datasetbuilder.app.pages.plain_markdown import components
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.projects.agreed import guidance, guide


def layout(project: Project) -> html.Div:
    """What was written, and for administrators the place to write it (``assets/guide.js``)."""
    info = project.info
    text = guide(info)
    written = [(label, guidance(info, label.id)) for label in project.labels()]
    said = components(text, project.slug) if text else [html.P(_empty(), className="dim")]
    labels = [
        html.Section(
            [
                html.H3(
                    [html.I(className="swatch", style={"background": label.color}), label.name],
                    className="row",
                ),
                *components(words, project.slug),
            ]
        )
        for label, words in written
        if words
    ]
    body = html.Div(
        [
            html.Article([*said, *labels], className="card guide"),
            *([_editor(project)] if _may_write() else []),
        ],
        className="column",
    )
    return shell.page(
        title="Instructions", slug=project.slug, project=info.name, here="guide", content=[body]
    )


def _may_write() -> bool:
    return has_request_context() and "member" in g and g.member.may(Permission.MANAGE)


def _empty() -> str:
    if _may_write():
        return (
            "Nothing is written yet. Say below how to label here; annotators read it on this page."
        )
    return "Nobody has written instructions for this project yet."


def _editor(project: Project) -> html.Div:
    return html.Div(id="guide-editor", className="card", **attributes(data_slug=project.slug))
