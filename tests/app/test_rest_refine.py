"""Refine routes: what was drawn in, a proposal or a hint out."""

import pytest

from datasetbuilder.app.refining import Refining, Shape
from datasetbuilder.errors import DataError, StoreUnavailable
from datasetbuilder.model import Mask, Part, Polygon, Stroke

REFINE = "/api/v1/projects/cats/images/1/refine"
STROKES = [{"points": [[1, 2], [3, 4]], "width": 5, "label": 1}]
SCRIBBLES = {"request": 7, "client": "tab", "label": 1, "strokes": STROKES}
RING = [[1, 1], [9, 1], [9, 9]]
OUTLINE = {"request": 8, "client": "tab", "geometry": {"parts": [[RING]]}}


@pytest.fixture
def asked(monkeypatch):
    """What reached the tools, which answer with a mask and a triangle."""
    calls = []

    def scribbles(_self, slug, image, client, strokes, *, label, settings):
        calls.append((slug, image.id, client, strokes, label, settings))
        return Shape(Mask(1, 2, 3, 4, "0<"), 12.0, "forest", 0.75, "")

    def outline(_self, slug, image, client, polygon, settings):
        calls.append((slug, image.id, client, polygon, settings))
        return Shape(polygon, 32.0, "band", 0.5, "a hint")

    def scribbles_each(_self, slug, image, client, strokes, settings):
        calls.append((slug, image.id, client, strokes, settings))
        return (
            (1, Shape(Mask(1, 2, 3, 4, "0<"), 12.0, "forest", 0.75, "")),
            (4, Shape(None, 0.0, "forest", 0.0, "The strokes lie outside the image.")),
        )

    monkeypatch.setattr(Refining, "scribbles", scribbles)
    monkeypatch.setattr(Refining, "scribbles_each", scribbles_each)
    monkeypatch.setattr(Refining, "outline", outline)
    monkeypatch.setattr(Refining, "prepare", lambda _self, slug, image: calls.append(image.id))
    return calls


def test_strokes_bring_a_mask(client, project, asked):
    answer = client.post(f"{REFINE}/scribbles", json=SCRIBBLES)
    assert answer.json == {
        "request": 7,
        "proposal": {
            "kind": "mask",
            "geometry": {"x": 1, "y": 2, "width": 3, "height": 4, "counts": "0<"},
            "area": 12.0,
            "method": "forest",
            "quality": 0.75,
        },
        "hint": "",
    }
    stroke = Stroke(((1, 2), (3, 4)), 5, 1)
    assert asked == [("cats", 1, "tab", (stroke,), 1, {"method": "auto"})]


def test_without_a_label_every_label_that_was_drawn_is_answered(client, project, asked):
    body = {key: value for key, value in SCRIBBLES.items() if key != "label"}
    answer = client.post(f"{REFINE}/scribbles", json={**body, "parts": "all"}).json
    (proposal,) = answer["proposals"]
    assert (proposal["label"], proposal["kind"], proposal["area"]) == (1, "mask", 12.0)
    assert answer["hint"] == "The strokes lie outside the image."
    assert asked[0][-1] == {"method": "auto", "parts": "all"}


def test_settings_reach_the_tool(client, project, asked):
    client.post(f"{REFINE}/scribbles", json={**SCRIBBLES, "method": "watershed", "smooth": 1.5})
    client.post(f"{REFINE}/outline", json={**OUTLINE, "method": "active contour", "width": 4})
    assert asked[0][-1] == {"method": "watershed", "smooth": 1.5}
    assert asked[1][-1] == {"method": "active contour", "width": 4}


def test_an_outline_brings_a_polygon_and_what_there_is_to_say(client, project, asked):
    answer = client.post(f"{REFINE}/outline", json=OUTLINE).json
    assert answer["proposal"]["kind"] == "polygon"
    assert answer["proposal"]["geometry"] == {"parts": [[RING]]}
    assert (answer["request"], answer["hint"]) == (8, "a hint")
    assert asked[0][3] == Polygon((Part(((1, 1), (9, 1), (9, 9))),))


def test_preparing_an_image_says_when_it_is_ready(client, project, asked):
    assert client.post(f"{REFINE}/prepare", json={}).json == {"ready": True}
    assert asked == [1]


@pytest.mark.parametrize("shape", [None, Shape(None, 0.0, "forest", 0.0, "Draw on the object.")])
def test_no_proposal_comes_with_a_reason(client, project, monkeypatch, shape):
    monkeypatch.setattr(Refining, "scribbles", lambda *_args, **_options: shape)
    answer = client.post(f"{REFINE}/scribbles", json=SCRIBBLES).json
    assert (answer["request"], answer["proposal"]) == (7, None)
    assert answer["hint"]


@pytest.mark.parametrize(
    ("error", "status"), [(DataError("too hard"), 422), (StoreUnavailable("stopping"), 503)]
)
def test_what_the_tool_refuses_is_told(client, project, monkeypatch, error, status):
    def refuse(*_args, **_options):
        raise error

    monkeypatch.setattr(Refining, "scribbles", refuse)
    answer = client.post(f"{REFINE}/scribbles", json=SCRIBBLES)
    assert (answer.status_code, answer.json) == (status, {"error": str(error)})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"strokes": [{"points": [], "width": 5, "label": 1}]}, "strokes[0].points"),
        ({"strokes": [{"points": [[1, 2]], "width": -5, "label": 1}]}, "strokes[0].width"),
        ({"strokes": [{"points": [[1, None]], "width": 5, "label": 1}]}, "strokes[0].points[0]"),
        ({"label": 0}, "label"),
        ({"client": "a b"}, "client"),
        ({"request": "7"}, "request"),
        ({"smooth": -1}, "smooth"),
        ({"parts": "some"}, "parts"),
        ({"other": 1}, "other"),
    ],
)
def test_a_wrong_field_is_named(client, project, asked, change, field):
    answer = client.post(f"{REFINE}/scribbles", json={**SCRIBBLES, **change})
    assert answer.status_code == 400
    assert answer.json["error"].startswith(field)
    assert asked == []
