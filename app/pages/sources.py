"""Fields that ask where images come from; ``assets/projects.js`` sends what they hold."""

from dash import dcc, html

from datasetbuilder.app.pages.markup import attributes


def text_field(
    field_id: str, caption: str, example: str, *, hint: str = "", required: bool = False
) -> html.Div:
    """A caption, a line to type into and, below it, what to know."""
    return html.Div(
        [
            html.Label(caption, htmlFor=field_id),
            dcc.Input(
                id=field_id,
                type="text",
                placeholder=example,
                required=required,
                autoComplete="off",
                className="input",
            ),
            html.Span(hint, className="hint") if hint else None,
        ],
        className="field",
    )


def source_fields(prefix: str) -> html.Div:
    """A folder on the server's computer, or files to upload."""
    folder = text_field(
        f"{prefix}-folder",
        "Folder on this computer",
        "/home/me/images",
        hint="Read in place, with sub-folders; nothing is copied or changed.",
    )
    return html.Div([folder, _drop_zone()], className="sources")


def outcome() -> html.Div:
    """Where progress and refusals appear."""
    return html.Div(className="outcome", role="status", **attributes(aria_live="polite"))


def _drop_zone() -> html.Div:
    choose = html.Button(
        "choose files", type="button", className="button", **attributes(data_action="choose-files")
    )
    return html.Div(
        [
            html.Span("or files to upload", className="caption"),
            html.Div(
                [
                    html.Span("Drop images or a zip archive here, or "),
                    choose,
                    html.Span(className="chosen dim"),
                ],
                className="drop-zone",
            ),
        ],
        className="field",
    )
