"""The pages before the door: plain HTML without a script, every word escaped."""

from collections.abc import Sequence

from flask import Response
from markupsafe import Markup, escape

_PAGE = Markup(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>datasetbuilder</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
:root{{--bg:#f6f7f9;--pane:#fff;--ink:#1d2330;--dim:#626a7c;--edge:#8b93a6;--acc:#3a5bff;
--on-acc:#fff;--bad:#c62f2f}}
@media(prefers-color-scheme:dark){{:root{{--bg:#16181d;--pane:#1e2128;--ink:#e8eaf0;--dim:#9aa2b5;
--edge:#6d7587;--acc:#7c93ff;--on-acc:#10131c;--bad:#ff7b7b}}}}
*{{box-sizing:border-box}}
body{{font:15px/1.5 Inter,system-ui,sans-serif;margin:0;background:var(--bg);color:var(--ink)}}
main{{max-width:24rem;margin:14vh auto 0;padding:24px;background:var(--pane);border-radius:8px}}
h1{{font-size:20px;margin:0 0 12px}}
p{{margin:0 0 12px;color:var(--dim)}}
.bad{{color:var(--bad)}}
label{{display:block;margin:0 0 12px}}
input{{display:block;width:100%;font:inherit;padding:8px;margin-top:4px;border-radius:8px;
border:1px solid var(--edge);background:var(--bg);color:var(--ink)}}
button,.way{{display:block;width:100%;text-align:center;font:inherit;font-weight:600;padding:9px;
border:0;border-radius:8px;background:var(--acc);color:var(--on-acc);cursor:pointer;
text-decoration:none;margin-top:8px}}
:focus-visible{{outline:2px solid var(--acc);outline-offset:2px}}
</style></head>
<body><main><h1>{heading}</h1>{content}</main></body></html>
"""
)
_FIELD = Markup(
    '<label>{words}<input name="{name}" type="{kind}" value="{value}" autocomplete="{hint}"'
    "{extra}></label>"
)
_FORM = Markup(
    '<form method="post" action="{action}">{fields}<button type="submit">{button}</button></form>'
)


def page(heading: str, content: Sequence[str], status: int) -> Response:
    """One page of the door."""
    html = _PAGE.format(heading=heading, content=Markup("").join(content))
    return Response(html, status=status, mimetype="text/html")


def words(text: str, *, bad: bool = False) -> Markup:
    """A paragraph."""
    if bad:
        return Markup('<p class="bad" role="alert">{}</p>').format(text)
    return Markup("<p>{}</p>").format(text)


def field(  # noqa: PLR0913 - the attributes of one input, all by name
    text: str,
    name: str,
    *,
    kind: str = "text",
    value: str = "",
    hint: str = "off",
    first: bool = False,
) -> Markup:
    """An input with its label."""
    extra = Markup(" required autofocus") if first else Markup(" required")
    return _FIELD.format(words=text, name=name, kind=kind, value=value, hint=hint, extra=extra)


def hidden(name: str, value: str) -> Markup:
    """A value that the form carries along."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)


def form(action: str, fields: Sequence[Markup], button: str) -> Markup:
    """A form that is posted."""
    return _FORM.format(action=action, fields=Markup("").join(fields), button=button)


def way(href: str, text: str) -> Markup:
    """A link that looks like a button."""
    return Markup('<a class="way" href="{}">{}</a>').format(href, escape(text))
