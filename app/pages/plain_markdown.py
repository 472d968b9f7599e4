"""Markdown that people write for each other, as plain components: no HTML of theirs ever counts.

Headings, paragraphs, lists, **bold**, *slanted* and `code`, links to the web, and pictures of the
project: ``![a good outline](image:12)``. Everything else stays the text that it is.
"""

import re
from collections.abc import Iterator
from typing import Any

from dash import html

_INLINE = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*"
    r"|\*(?P<slanted>[^*\n]+)\*"
    r"|`(?P<code>[^`\n]+)`"
    r"|!\[(?P<alt>[^\]\n]*)\]\(image:(?P<image>\d{1,15})\)"
    r"|(?<!!)\[(?P<words>[^\]\n]+)\]\((?P<address>https?://[^\s()<>\"']+)\)"
)
_HEADING = re.compile(r"(#{1,3})\s+(.+)")
_ITEM = re.compile(r"\s*(?:[-*]|\d+[.)])\s+(.+)")
_HEADINGS = (html.H2, html.H3, html.H4)


def components(text: str, slug: str) -> list[Any]:
    """The text as components; pictures are those of the project ``slug``."""
    return [_block(lines, slug) for lines in _blocks(text)]


def _blocks(text: str) -> Iterator[list[str]]:
    """Runs of lines that belong together: a heading alone, a list, a paragraph."""
    block: list[str] = []
    for line in [*text.splitlines(), ""]:
        kind = _kind(line)
        if block and kind != _kind(block[-1]):
            yield block
            block = []
        if kind == "heading":
            yield [line]
        elif kind != "nothing":
            block.append(line)


def _kind(line: str) -> str:
    if not line.strip():
        return "nothing"
    if _HEADING.fullmatch(line.strip()):
        return "heading"
    return "item" if _ITEM.fullmatch(line) else "text"


def _block(lines: list[str], slug: str) -> Any:
    heading = _HEADING.fullmatch(lines[0].strip())
    if heading:
        return _HEADINGS[len(heading[1]) - 1](_inline(heading[2], slug))
    items = [_ITEM.fullmatch(line) for line in lines]
    if items[0]:
        numbered = lines[0].strip()[0].isdigit()
        rows = [html.Li(_inline(item[1], slug)) for item in items if item]
        return html.Ol(rows) if numbered else html.Ul(rows)
    return html.P(_inline(" ".join(line.strip() for line in lines), slug))


def _inline(text: str, slug: str) -> list[Any]:
    found: list[Any] = []
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            found.append(text[at : match.start()])
        found.append(_marked(match, slug))
        at = match.end()
    if at < len(text):
        found.append(text[at:])
    return found


def _marked(match: re.Match[str], slug: str) -> Any:
    if match["bold"]:
        return html.B(match["bold"])
    if match["slanted"]:
        return html.I(match["slanted"])
    if match["code"]:
        return html.Code(match["code"])
    if match["image"]:
        address = f"/api/v1/projects/{slug}/images/{match['image']}/pixels/preview"
        return html.Img(src=address, alt=match["alt"], title=match["alt"], className="example")
    return html.A(match["words"], href=match["address"], rel="noopener noreferrer", target="_blank")
