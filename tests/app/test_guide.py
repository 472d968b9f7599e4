"""The instructions of a project: plain text with a few marks, never anybody's HTML."""

import json
from typing import Any

import pytest
from plotly.utils import PlotlyJSONEncoder

from datasetbuilder.app.pages.plain_markdown import components
from tests.app.people import browser_of, enrol

GUIDE = "/api/v1/projects/cats/guide"


def said(text: str) -> Any:
    return json.loads(json.dumps(components(text, "cats"), cls=PlotlyJSONEncoder))


def outline(part: Any) -> Any:
    """Types and texts alone."""
    if isinstance(part, str):
        return part
    inner = part["props"].get("children") or []
    return (part["type"], *map(outline, inner if isinstance(inner, list) else [inner]))


def test_headings_lists_and_marks_become_what_they_say():
    text = "# Cells\nDraw **all** of\n*them*.\n- round `RBC`\n- others\n\n1. first"
    assert [outline(part) for part in said(text)] == [
        ("H2", "Cells"),
        ("P", "Draw ", ("B", "all"), " of ", ("I", "them"), "."),
        ("Ul", ("Li", "round ", ("Code", "RBC")), ("Li", "others")),
        ("Ol", ("Li", "first")),
    ]


def test_a_picture_of_the_project_is_an_example():
    ((picture,),) = (part["props"]["children"] for part in said("![good](image:12)"))
    assert picture["props"]["src"] == "/api/v1/projects/cats/images/12/pixels/preview"
    assert picture["props"]["alt"] == "good"


@pytest.mark.parametrize(
    "text",
    [
        "<script>window.__x=1</script>",
        "<img src=x onerror=window.__x=1>",
        "[x](javascript:window.__x=1)",
        "[x](data:text/html,hm)",
        "![x](https://evil.example/a.png)",
        '[x](https://a.example/"onclick="window.__x=1)',
    ],
)
def test_what_is_no_mark_of_ours_stays_text(text):
    (part,) = said(text)
    assert outline(part) == ("P", text)


@pytest.fixture
def team(app, workspace, project) -> dict[str, Any]:
    enrol(workspace, "ada", cats="annotator")
    enrol(workspace, "boss", cats="admin")
    return {name: browser_of(app, name) for name in ("ada", "boss")}


def test_an_administrator_writes_and_everybody_reads(team):
    body = {"text": "# How to", "labels": {"1": "whiskers"}}
    assert team["ada"].put(GUIDE, json=body).status_code == 403
    told = team["boss"].put(GUIDE, json=body).json
    assert told["text"] == "# How to"
    assert [one["text"] for one in told["labels"]] == ["whiskers", ""]
    assert team["ada"].get(GUIDE).json == told
    labels = team["ada"].get("/api/v1/projects/cats/images/1/annotations").json["labels"]
    assert [one["guidance"] for one in labels] == ["whiskers", ""]
    team["boss"].put(GUIDE, json={"labels": {"1": ""}})
    assert [one["text"] for one in team["ada"].get(GUIDE).json["labels"]] == ["", ""]


def test_a_label_that_is_not_there_is_named(team):
    answer = team["boss"].put(GUIDE, json={"labels": {"9": "x"}})
    assert (answer.status_code, answer.json["error"]) == (
        400,
        "labels.9: is no label of this project",
    )
