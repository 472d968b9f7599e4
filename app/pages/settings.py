"""The labels of a project: add, rename, recolour, merge, remove, each saved at once.

::

    add button ──┐
    name field ──┤
    colour ──────┼─► handler ─► one operation ─► table and notice
    merge/remove ┤
    undo ────────┘
"""

import re
from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import uuid4

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from datasetbuilder.api import Project
from datasetbuilder.app import ids
from datasetbuilder.app.pages import attribute_field, shell, skeleton_field
from datasetbuilder.app.pages.markup import attributes
from datasetbuilder.app.security.access import authorised
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.app.services import Services
from datasetbuilder.model import Label, Operation, OperationKind, Outcome, Target, TargetType
from datasetbuilder.projects.palette import COLORS

_MAY_BE_EMPTY = ("label-skeleton", "label-attributes", "label-group")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def layout(project: Project) -> Any:
    """The label table and the line that adds to it."""
    import dash_mantine_components as dmc

    body = html.Div(
        [
            html.H1("Labels"),
            html.P(
                "The number is the category id in every export; it never changes. "
                "Every change is saved at once.",
                className="dim",
            ),
            html.P(
                "A label may ask something of each of its objects: choices between bars, text, a "
                "number or yes/no, with a star where an answer is required. Labels of one group "
                "are answered together for a whole image. Keypoints are named in order, then the "
                "lines between them by number.",
                className="dim",
            ),
            html.Div(id=ids.LABEL_NOTICE, role="status"),
            html.Div(table(project), id=ids.LABEL_TABLE, className="card"),
            _add_line(),
            dcc.Store(id=ids.LABEL_PROJECT, data=project.slug),
            dcc.Store(id=ids.LABEL_UNDO),
        ],
        className="column",
    )
    page = shell.page(
        title="Labels",
        slug=project.slug,
        project=project.info.name,
        here="settings",
        content=[body],
    )
    return dmc.MantineProvider(page, defaultColorScheme="auto")


def table(project: Project) -> Any:
    """The labels with their counts, by id."""
    labels = project.labels()
    if not labels:
        return html.P("No labels yet. Add the first one below.", className="dim")
    counts = project.info.label_counts
    headings = [html.Th(words) for words in ("Id", "Colour", "Name", "Annotations", "Merge", "")]
    rows = [
        row
        for label in labels
        for row in (_row(label, counts.get(label.id, 0), labels), _asks(label))
    ]
    return html.Table([html.Thead(html.Tr(headings)), html.Tbody(rows)], className="table")


def _row(label: Label, count: int, labels: tuple[Label, ...]) -> html.Tr:
    import dash_mantine_components as dmc

    others = [
        {"value": str(other.id), "label": f"into {other.name}"}
        for other in labels
        if other.id != label.id
    ]
    color = dmc.ColorInput(
        id=ids.label_color(label.uid),
        value=label.color,
        size="xs",
        w=110,
        format="hex",
        withPicker=False,
        swatches=list(COLORS),
        swatchesPerRow=6,
        closeOnColorSwatchClick=True,
        **attributes(aria_label=f"Colour of {label.name}"),
    )
    name = html.Label(
        [
            html.Span(f"Name of {label.name}", className="visually-hidden"),
            dcc.Input(
                id=ids.label_name(label.uid),
                value=label.name,
                debounce=True,
                autoComplete="off",
                className="input",
            ),
        ]
    )
    merge = dmc.Select(
        id=ids.label_merge(label.uid),
        data=others,
        placeholder="merge…",
        size="xs",
        w=150,
        disabled=not others,
    )
    remove = html.Button(
        "Remove",
        id=ids.label_remove(label.uid),
        className="button quiet",
        disabled=count > 0,
        title="Merge it into another label first" if count else f"Remove {label.name}",
    )
    cells = (str(label.id), color, name, f"{count:,}", merge, remove)
    return html.Tr([html.Td(cell) for cell in cells], className="label-row")


def _asks(label: Label) -> html.Tr:
    """The second row of a label: what it asks, its group, its keypoints."""
    lines = html.Div([_attributes(label), _group(label), _skeleton(label)], className="lines")
    return html.Tr([html.Td(), html.Td(lines, colSpan=5)], className="label-asks")


def _skeleton(label: Label) -> html.Label:
    return _line(
        ids.label_skeleton(label.uid),
        skeleton_field.text_from_skeleton(label.skeleton),
        words=f"Keypoints of {label.name}",
        example="tip, tail, fin | 1-2, 1-3",
        title="Names of the keypoints, then the lines between them",
    )


def _attributes(label: Label) -> html.Label:
    return _line(
        ids.label_attributes(label.uid),
        attribute_field.text_from_attributes(label.attributes),
        words=f"What {label.name} asks of its objects",
        example="colour*: red | green; cut off: yes/no; length: number",
        title="Name and kind of each answer (yes/no, number, text, one | other); "
        "* must be answered, = stands before a default",
    )


def _group(label: Label) -> html.Label:
    return _line(
        ids.label_group(label.uid),
        attribute_field.text_from_group(label.group),
        words=f"Group of {label.name}",
        example="weather",
        title="Labels of one group answer one question about the whole image: one of them holds, or"
        " any number with (several) behind the name",
    )


def _line(id: Any, value: str, *, words: str, example: str, title: str) -> html.Label:
    field = dcc.Input(
        id=id,
        value=value,
        placeholder=example,
        debounce=True,
        autoComplete="off",
        className="input",
    )
    return html.Label([html.Span(words), field], title=title)


def _add_line() -> html.Div:
    return html.Div(
        [
            dcc.Input(
                id=ids.LABEL_NEW,
                placeholder="Name of a new label",
                n_submit=0,
                autoComplete="off",
                className="input",
            ),
            html.Button("Add label", id=ids.LABEL_ADD, className="button primary"),
        ],
        className="row",
    )


# --- handlers -------------------------------------------------------------------------------------


def add_label(project: Project, name: str, *, author: str) -> html.Div:
    """Add a label; its colour is the next of the palette."""
    if not name.strip():
        return shell.notice("Type a name first.", kind="bad")
    target = Target(TargetType.LABEL, str(uuid4()))
    return _carried_out(
        project, OperationKind.ADD, target, {"name": name.strip()}, author, f"Added {name.strip()}."
    )


def change_label(
    project: Project, uid: str, changes: dict[str, Any], *, author: str
) -> html.Div | None:
    """Rename or recolour a label; what already carries it follows. None without a change."""
    label = _label(project, uid)
    if all(getattr(label, key) == value for key, value in changes.items()):
        return None
    words = f"{label.name} is {' and '.join(str(value) for value in changes.values())} from now on."
    target = Target(TargetType.LABEL, uid)
    return _carried_out(
        project, OperationKind.CHANGE, target, changes, author, words, base=label.version
    )


def recolour_label(project: Project, uid: str, color: str, *, author: str) -> html.Div | None:
    """Recolour a label; what is still being typed is left alone."""
    if not _COLOR.fullmatch(color):
        return None
    return change_label(project, uid, {"color": color.lower()}, author=author)


def change_skeleton(project: Project, uid: str, text: str, *, author: str) -> html.Div | None:
    """Name the keypoints of a label, or take its skeleton away with an empty line."""
    label = _label(project, uid)
    if text.strip() == skeleton_field.text_from_skeleton(label.skeleton):
        return None
    try:
        skeleton = skeleton_field.wire_from_text(text)
    except ValueError as error:
        return shell.notice(f"Keypoints of {label.name}: {error}.", kind="bad")
    count = len(skeleton["names"]) if skeleton else 0
    words = f"{label.name} has {count} keypoints." if count else f"{label.name} has no keypoints."
    return _said_of(project, label, {"skeleton": skeleton}, author, words)


def change_attributes(project: Project, uid: str, text: str, *, author: str) -> html.Div | None:
    """Say what a label asks of its objects; what they answered stays."""
    label = _label(project, uid)
    if text.strip() == attribute_field.text_from_attributes(label.attributes):
        return None
    try:
        asked = attribute_field.wire_from_text(text)
    except ValueError as error:
        return shell.notice(f"What {label.name} asks: {error}.", kind="bad")
    names = ", ".join(one["name"] for one in asked)
    words = f"{label.name} asks for {names}." if names else f"{label.name} asks nothing."
    return _said_of(project, label, {"attributes": asked}, author, words)


def change_group(project: Project, uid: str, text: str, *, author: str) -> html.Div | None:
    """Put a label into a group of whole-image labels, or take it out with an empty line."""
    label = _label(project, uid)
    if text.strip() == attribute_field.text_from_group(label.group):
        return None
    group = attribute_field.group_from_text(text)
    words = f"{label.name} answers {group['name']}." if group else f"{label.name} is in no group."
    return _said_of(project, label, {"group": group}, author, words)


def _said_of(
    project: Project, label: Label, changes: dict[str, Any], author: str, words: str
) -> html.Div:
    target = Target(TargetType.LABEL, label.uid)
    return _carried_out(
        project, OperationKind.CHANGE, target, changes, author, words, base=label.version
    )


def merge_label(project: Project, uid: str, into: int, *, author: str) -> html.Div:
    """Give every annotation of a label to another one and remove it, all or nothing."""
    label = _label(project, uid)
    count = project.info.label_counts.get(label.id, 0)
    other = next(item.name for item in project.labels() if item.id == into)
    words = f"{label.name} was merged into {other}: {count:,} annotations changed their label."
    target = Target(TargetType.LABEL, uid)
    return _carried_out(
        project,
        OperationKind.REMOVE,
        target,
        {"merge_into": into},
        author,
        words,
        base=label.version,
    )


def remove_label(project: Project, uid: str, *, author: str) -> html.Div:
    """Remove a label that nothing carries."""
    label = _label(project, uid)
    target = Target(TargetType.LABEL, uid)
    return _carried_out(
        project,
        OperationKind.REMOVE,
        target,
        {},
        author,
        f"Removed {label.name}.",
        base=label.version,
    )


def restore_label(project: Project, uid: str, *, author: str) -> html.Div:
    """Bring a removed label back with its old id."""
    label = next(item for item in project.labels(deleted=True) if item.uid == uid)
    target = Target(TargetType.LABEL, uid)
    payload = {"name": label.name, "color": label.color, "supercategory": label.supercategory}
    words = f"{label.name} is back."
    return _carried_out(
        project, OperationKind.CHANGE, target, payload, author, words, base=label.version
    )


def _label(project: Project, uid: str) -> Label:
    return next(label for label in project.labels() if label.uid == uid)


def _carried_out(  # noqa: PLR0913 - one operation with the words that tell of it
    project: Project,
    kind: OperationKind,
    target: Target,
    payload: dict[str, Any],
    author: str,
    words: str,
    *,
    base: int | None = None,
) -> html.Div:
    operation = Operation(
        str(uuid4()), kind, target, payload, base_version=base, tool="label editor"
    )
    (result,) = project.apply([operation], author=author)
    if result.outcome is Outcome.ACCEPTED:
        return shell.notice(words, kind="good")
    return shell.notice(result.reason, kind="bad")


# --- callbacks ------------------------------------------------------------------------------------

_TABLE = Output(ids.LABEL_TABLE, "children", allow_duplicate=True)
_NOTICE = Output(ids.LABEL_NOTICE, "children", allow_duplicate=True)
_UNDO = Output(ids.LABEL_UNDO, "data", allow_duplicate=True)
_PROJECT = State(ids.LABEL_PROJECT, "data")
_RowHandler: TypeAlias = Callable[[Project, str, Any, str], html.Div | None]


def register(app: Dash, services: Services) -> None:
    """Connect the table's controls to their handlers."""
    _register_add(app, services)
    _register_restore(app, services)
    rows: tuple[tuple[Callable[[Any], dict[str, Any]], str, _RowHandler], ...] = (
        (ids.label_name, "value", lambda p, u, v, a: change_label(p, u, {"name": v}, author=a)),
        (ids.label_skeleton, "value", lambda p, u, v, a: change_skeleton(p, u, v, author=a)),
        (ids.label_attributes, "value", lambda p, u, v, a: change_attributes(p, u, v, author=a)),
        (ids.label_group, "value", lambda p, u, v, a: change_group(p, u, v, author=a)),
        (ids.label_color, "value", lambda p, u, v, a: recolour_label(p, u, v, author=a)),
        (ids.label_merge, "value", lambda p, u, v, a: merge_label(p, u, int(v), author=a)),
        (ids.label_remove, "n_clicks", lambda p, u, _v, a: remove_label(p, u, author=a)),
    )
    for control, prop, handler in rows:
        _register_row(app, services, Input(control(ALL), prop), handler)


def _opened(services: Services, slug: str) -> tuple[Project, str]:
    project, member = authorised(services.workspace, services.access, slug, Permission.MANAGE)
    return project, member.user


def _register_add(app: Dash, services: Services) -> None:
    @app.callback(
        _TABLE,
        _NOTICE,
        Output(ids.LABEL_NEW, "value"),
        Input(ids.LABEL_ADD, "n_clicks"),
        Input(ids.LABEL_NEW, "n_submit"),
        State(ids.LABEL_NEW, "value"),
        _PROJECT,
        prevent_initial_call=True,
    )
    def on_add(_clicks: int, _submits: int, name: str | None, slug: str) -> Any:
        project, author = _opened(services, slug)
        said = add_label(project, name or "", author=author)
        return table(project), said, ""


def _register_row(app: Dash, services: Services, control: Input, handler: _RowHandler) -> None:
    @app.callback(_TABLE, _NOTICE, _UNDO, control, _PROJECT, prevent_initial_call=True)
    def on_row(_values: list[Any], slug: str) -> Any:
        value = ctx.triggered[0]["value"]
        if not isinstance(ctx.triggered_id, dict):
            return no_update, no_update, no_update
        empties = ctx.triggered_id["type"] in _MAY_BE_EMPTY and value == ""
        if not value and not empties:
            return no_update, no_update, no_update
        project, author = _opened(services, slug)
        uid = ctx.triggered_id["uid"]
        said = handler(project, uid, value, author)
        if said is None:
            return no_update, no_update, no_update
        removed = all(label.uid != uid for label in project.labels())
        return table(project), _with_undo(said, shown=removed), uid if removed else None


def _register_restore(app: Dash, services: Services) -> None:
    @app.callback(
        _TABLE,
        _NOTICE,
        _UNDO,
        Input(ids.LABEL_RESTORE, "n_clicks"),
        State(ids.LABEL_UNDO, "data"),
        _PROJECT,
        prevent_initial_call=True,
    )
    def on_restore(clicks: int | None, uid: str | None, slug: str) -> Any:
        if not clicks or not uid:
            return no_update, no_update, no_update
        project, author = _opened(services, slug)
        said = restore_label(project, uid, author=author)
        return table(project), _with_undo(said, shown=False), None


def _with_undo(said: html.Div, *, shown: bool) -> html.Div:
    undo = html.Button("Bring it back", id=ids.LABEL_RESTORE, className="button", hidden=not shown)
    return html.Div([said, undo], className="row")
