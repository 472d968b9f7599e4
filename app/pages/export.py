"""Exporting a dataset: choose, see what will be in it and what a format cannot hold, start.

::

    task, formats, split, images ─► preview handler ─► counts and losses
    filter ─► where_problem, beside the field
    start button ─► assets/export.js ─► POST …/exports ─► progress ─► list of exports
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from datasetbuilder.api import Project
from datasetbuilder.app import ids
from datasetbuilder.app.pages import shell
from datasetbuilder.app.pages.markup import attributes
from datasetbuilder.app.security.access import authorised
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.app.services import Services
from datasetbuilder.errors import DatasetBuilderError
from datasetbuilder.exporters.estimate import size_words
from datasetbuilder.exporters.registry import FORMATS
from datasetbuilder.insight.splits import splits_from_text
from datasetbuilder.insight.where import WhereError, condition_from_text

_TASKS = (
    ("instances", "Instance segmentation"),
    ("detection", "Detection (boxes)"),
    ("classification", "Classification (whole images)"),
    ("semantic", "Semantic segmentation (a class for each pixel)"),
    ("panoptic", "Panoptic segmentation (a segment for each pixel)"),
    ("keypoints", "Keypoints (poses)"),
)
_FORMATS = tuple((name, f"{name}: {item.about}") for name, item in FORMATS.items())
_FRESH = "fresh"
_IMAGES = (
    ("copy", "Copy the images into the export"),
    ("link", "Link to the images where they are"),
    ("none", "Annotations only"),
)


def layout(project: Project) -> html.Div:
    """The choices, what they will give, and the exports so far."""
    body = html.Div(
        [
            html.H1("Export"),
            html.Div(
                [
                    _choices(),
                    html.Div(id=ids.EXPORT_PREVIEW, **attributes(aria_live="polite")),
                    html.Div(
                        html.Button("Export", id=ids.EXPORT_START, className="button primary"),
                        className="row",
                    ),
                    html.Div(id=ids.EXPORT_OUTCOME, className="outcome", role="status"),
                ],
                className="card stack",
            ),
            html.H2("Exports so far"),
            html.Div(id=ids.EXPORT_LIST, className="card", **attributes(data_slug=project.slug)),
            dcc.Store(id=ids.EXPORT_PROJECT, data=project.slug),
        ],
        className="column",
    )
    return shell.page(
        title="Export",
        slug=project.slug,
        project=project.info.name,
        here="export",
        content=[body],
    )


def _choices() -> html.Div:
    task = dcc.RadioItems(_options(_TASKS), "instances", id=ids.EXPORT_TASK)
    formats = dcc.Checklist(_options(_FORMATS), ["coco"], id=ids.EXPORT_FORMATS)
    images = dcc.RadioItems(_options(_IMAGES), "copy", id=ids.EXPORT_IMAGES)
    split = dcc.Input(
        id=ids.EXPORT_SPLIT,
        value="",
        debounce=True,
        placeholder="train=0.8,val=0.1,test=0.1",
        autoComplete="off",
        className="input",
    )
    where = dcc.Input(
        id=ids.EXPORT_WHERE,
        value="",
        debounce=True,
        placeholder="status = accepted and score >= 0.5",
        autoComplete="off",
        className="input",
    )
    together = dcc.Checklist(
        _options((("folder", "Keep each folder in one part"),)), [], id=ids.EXPORT_GROUP
    )
    stratify = dcc.Checklist(
        _options(
            (
                ("yes", "Give each part its share of every label"),
                (_FRESH, "Deal all images anew, not as in earlier exports"),
            )
        ),
        [],
        id=ids.EXPORT_STRATIFY,
    )
    loss = dcc.Checklist(
        _options((("yes", "Export even if a format cannot hold everything"),)),
        [],
        id=ids.EXPORT_LOSS,
    )
    hint = "Empty: one part. An image keeps the part that an earlier export gave it."
    return html.Div(
        [
            _group("Task", task),
            _group("Formats", formats),
            _group("Images", images),
            _group("Split", split, html.Span(hint, className="hint"), together, stratify),
            _group("Filter", where, html.Div(id=ids.EXPORT_WHERE_ERROR, role="alert"), loss),
        ],
        className="choices",
    )


def _options(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in pairs]


def _group(caption: str, *controls: Any) -> html.Div:
    return html.Div([html.H3(caption), *controls], className="field")


# --- handlers -------------------------------------------------------------------------------------


def where_problem(where: str) -> Any:
    """What is wrong with a filter, with a mark under the place; empty where nothing is."""
    try:
        if where.strip():
            condition_from_text(where)
    except WhereError as error:
        return html.Pre(str(error), className="notice bad")
    return ""


def preview(  # noqa: PLR0913 - the choices of the page, all by name
    project: Project,
    *,
    task: str,
    formats: Sequence[str],
    split: str,
    images: str,
    where: str = "",
    group_by: str = "",
    stratify: bool = False,
    fresh_split: bool = False,
) -> html.Div:
    """Counts per class and part, and what each format would lose."""
    if not formats:
        return shell.notice("Choose at least one format.", kind="bad")
    try:
        splits = splits_from_text(split) if split.strip() else None
        plan = project.plan_export(
            formats=formats,
            task=task,
            splits=splits,
            images=images,
            where=where,
            group_by=group_by,
            stratify=stratify,
            fresh_split=fresh_split,
        )
    except WhereError:
        return shell.notice("The filter is not understood; see beside it.", kind="bad")
    except DatasetBuilderError as error:
        return shell.notice(str(error), kind="bad")
    said: list[Any] = [_counts_table(plan.counts), html.P(f"About {size_words(plan.size)}.")]
    said += [html.P(note, className="dim") for note in plan.notes]
    said += [shell.notice(f"Would be lost: {loss}") for loss in plan.losses]
    return html.Div(said, className="stack")


def _counts_table(counts: Mapping[str, Mapping[str, Any]]) -> html.Table:
    parts = list(counts)
    labels = list(counts[parts[0]]["annotations"]) if parts else []
    head = [html.Th("")] + [html.Th(part, className="number") for part in parts]
    rows = [("images", [counts[part]["images"] for part in parts])]
    rows += [(name, [counts[part]["annotations"][name] for part in parts]) for name in labels]
    body = [
        html.Tr([html.Td(name), *(html.Td(f"{n:,}", className="number") for n in numbers)])
        for name, numbers in rows
    ]
    return html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table")


# --- callbacks ------------------------------------------------------------------------------------


def register(app: Dash, services: Services) -> None:
    """Keep the preview in step with the choices, and hand the start to the script."""

    @app.callback(
        Output(ids.EXPORT_PREVIEW, "children"),
        Output(ids.EXPORT_WHERE_ERROR, "children"),
        Input(ids.EXPORT_TASK, "value"),
        Input(ids.EXPORT_FORMATS, "value"),
        Input(ids.EXPORT_SPLIT, "value"),
        Input(ids.EXPORT_IMAGES, "value"),
        Input(ids.EXPORT_WHERE, "value"),
        Input(ids.EXPORT_GROUP, "value"),
        Input(ids.EXPORT_STRATIFY, "value"),
        State(ids.EXPORT_PROJECT, "data"),
    )
    def on_choice(  # noqa: PLR0913 - one for each choice
        task: str,
        formats: list[str],
        split: str | None,
        images: str,
        where: str | None,
        group: list[str] | None,
        stratify: list[str] | None,
        slug: str,
    ) -> Any:
        project, _member = authorised(services.workspace, services.access, slug, Permission.EXPORT)
        shown = preview(
            project,
            task=task,
            formats=formats,
            split=split or "",
            images=images,
            where=where or "",
            group_by="folder" if group else "",
            stratify="yes" in (stratify or ()),
            fresh_split=_FRESH in (stratify or ()),
        )
        return shown, where_problem(where or "")

    app.clientside_callback(
        ClientsideFunction("dsb_export", "start"),
        Output(ids.EXPORT_START, "title"),
        Input(ids.EXPORT_START, "n_clicks"),
        State(ids.EXPORT_PROJECT, "data"),
        State(ids.EXPORT_TASK, "value"),
        State(ids.EXPORT_FORMATS, "value"),
        State(ids.EXPORT_SPLIT, "value"),
        State(ids.EXPORT_IMAGES, "value"),
        State(ids.EXPORT_LOSS, "value"),
        State(ids.EXPORT_WHERE, "value"),
        State(ids.EXPORT_GROUP, "value"),
        State(ids.EXPORT_STRATIFY, "value"),
        prevent_initial_call=True,
    )
