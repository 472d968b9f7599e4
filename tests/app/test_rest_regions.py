"""Refine routes for boxes, clicks, touches, shapes and edits: fields in, proposals out."""

import pytest

from datasetbuilder.app.refining import Refining, Shape
from datasetbuilder.model import Box, Mask, Part, Polygon, Stroke

REFINE = "/api/v1/projects/cats/images/1/refine"
ASK = {"request": 7, "client": "tab"}
BOX = {"x": 1, "y": 2, "width": 3, "height": 4}
RING = [[1, 1], [9, 1], [9, 9]]
MASK = {"x": 1, "y": 2, "width": 3, "height": 4, "counts": "0<"}
STROKE = {"points": [[1, 2], [3, 4]], "width": 5, "label": 1}
FOUND = Shape(Mask(1, 2, 3, 4, "0<"), 12.0, "auto", 0.75, "")


@pytest.fixture
def asked(monkeypatch):
    """What reached the tools, which answer with a mask, or with two."""
    calls = []

    def region(_self, slug, image, client, tool, settings):
        calls.append((slug, image.id, client, tool, settings))
        return FOUND

    def edit(_self, slug, image, client, tool, shape, settings):
        calls.append((slug, image.id, client, tool, shape, settings))
        return FOUND, FOUND

    def cutout(_self, slug, image, client, shape, *, soft):
        calls.append((slug, image.id, client, shape, soft))
        return b"a picture"

    monkeypatch.setattr(Refining, "cutout", cutout)
    monkeypatch.setattr(Refining, "region", region)
    monkeypatch.setattr(Refining, "edit", edit)
    return calls


def test_a_box_brings_a_mask(client, project, asked):
    body = {**ASK, "tool": "box", "geometry": BOX, "method": "grabcut"}
    answer = client.post(f"{REFINE}/region", json=body).json
    assert (answer["request"], answer["proposal"]["geometry"]) == (7, MASK)
    settings = {"method": "grabcut", "box": Box(1, 2, 3, 4)}
    assert asked == [("cats", 1, "tab", "box", settings)]


def test_a_click_with_its_tolerance_reaches_the_wand(client, project, asked):
    body = {**ASK, "tool": "wand", "point": [5, 6.5], "tolerance": 12}
    client.post(f"{REFINE}/region", json=body)
    assert asked[0][3:] == ("wand", {"tolerance": 12, "point": (5.0, 6.5)})


@pytest.mark.parametrize("tool", ["grow", "superpixels"])
def test_touches_reach_their_tool(client, project, asked, tool):
    client.post(f"{REFINE}/region", json={**ASK, "tool": tool, "strokes": [STROKE], "label": 1})
    settings = {"label": 1, "strokes": (Stroke(((1, 2), (3, 4)), 5, 1),)}
    assert asked[0][3:] == (tool, settings)


def test_a_shape_reaches_the_threshold(client, project, asked):
    body = {**ASK, "tool": "threshold", "geometry": {"parts": [[RING]]}, "level": 40}
    client.post(f"{REFINE}/region", json=body)
    triangle = Polygon((Part(((1, 1), (9, 1), (9, 9))),))
    assert asked[0][3:] == ("threshold", {"level": 40, "shape": triangle})


def test_a_split_brings_its_pieces(client, project, asked):
    shape = {"kind": "mask", "geometry": MASK}
    body = {**ASK, "tool": "split", "shape": shape, "stroke": STROKE}
    answer = client.post(f"{REFINE}/edit", json=body).json
    assert [piece["geometry"] for piece in answer["proposals"]] == [MASK, MASK]
    stroke = Stroke(((1, 2), (3, 4)), 5, 1)
    assert asked[0][3:] == ("split", Mask(1, 2, 3, 4, "0<"), {"stroke": stroke})


def test_an_overtaken_edit_has_no_proposals(client, project, monkeypatch):
    monkeypatch.setattr(Refining, "edit", lambda *_args: None)
    shape = {"kind": "box", "geometry": BOX}
    answer = client.post(f"{REFINE}/edit", json={**ASK, "tool": "grow", "shape": shape}).json
    assert answer == {"request": 7, "proposals": [], "hint": "A newer request took over."}


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("region", {"tool": "magic"}, "tool"),
        ("region", {"tool": "wand"}, "point"),
        ("region", {"tool": "wand", "point": [1]}, "point"),
        ("region", {"tool": "wand", "point": [1, 2], "tolerance": -1}, "tolerance"),
        ("region", {"tool": "box"}, "geometry"),
        ("region", {"tool": "box", "geometry": {"parts": [[RING]]}}, "geometry"),
        ("region", {"tool": "grow", "strokes": [{**STROKE, "width": 0}]}, "strokes[0].width"),
        ("edit", {"tool": "grow", "shape": []}, "shape"),
        ("edit", {"tool": "grow", "shape": {"kind": "tag", "geometry": {}}}, "shape"),
        ("edit", {"tool": "grow", "shape": {"kind": "box", "geometry": {}}}, "shape"),
        ("edit", {"tool": "paint", "shape": {"kind": "box", "geometry": BOX}}, "tool"),
    ],
)
def test_a_wrong_field_is_named(client, project, asked, route, body, field):
    answer = client.post(f"{REFINE}/{route}", json={**ASK, **body})
    assert answer.status_code == 400
    assert answer.json["error"].startswith(field)
    assert asked == []


def test_an_object_is_cut_out_of_its_image(client, project, asked):
    body = {"client": "tab", "shape": {"kind": "box", "geometry": BOX}, "soft": 1.5}
    answer = client.post(f"{REFINE}/cutout", json=body)
    assert (answer.mimetype, answer.data) == ("image/png", b"a picture")
    assert asked == [("cats", 1, "tab", Box(1, 2, 3, 4), 1.5)]


def test_a_cutout_that_was_overtaken_is_said(client, project, monkeypatch):
    monkeypatch.setattr(Refining, "cutout", lambda *_args, **_options: None)
    body = {"client": "tab", "shape": {"kind": "box", "geometry": BOX}}
    answer = client.post(f"{REFINE}/cutout", json=body)
    assert (answer.status_code, answer.json) == (422, {"error": "A newer request took over."})
