"""Shapes combined and divided over REST: an answer to draw, and nothing stored."""

import pytest

SHAPES = "/api/v1/projects/cats/images/1/shapes"
BLOB = {"kind": "blob", "geometry": {}}


def box(x, y, width=4, height=4):
    return {"kind": "box", "geometry": {"x": x, "y": y, "width": width, "height": height}}


def test_two_shapes_become_one_outline_and_nothing_is_stored(client, project):
    seq = project.info.seq
    body = {"way": "merge", "shapes": [box(0, 0), box(2, 0)]}
    shape = client.post(f"{SHAPES}/combine", json=body).json["shape"]
    assert shape["kind"] == "polygon"
    ((ring,),) = shape["geometry"]["parts"]
    assert {tuple(point) for point in ring} >= {(0, 0), (6, 0), (6, 4), (0, 4)}
    assert project.info.seq == seq


def test_what_leaves_nothing_is_said_as_nothing(client, project):
    body = {"way": "intersect", "shapes": [box(0, 0, 2, 2), box(4, 4, 2, 2)]}
    assert client.post(f"{SHAPES}/combine", json=body).json == {"shape": None}


def test_a_line_divides_a_shape_the_larger_piece_first(client, project):
    body = {"shape": box(0, 0, 8, 6), "line": [[2, -1], [2, 9]]}
    shapes = client.post(f"{SHAPES}/divide", json=body).json["shapes"]
    assert [shape["kind"] for shape in shapes] == ["polygon", "polygon"]
    (widest, _) = (max(x for x, _ in shape["geometry"]["parts"][0][0]) for shape in shapes)
    assert widest == 8


@pytest.mark.parametrize(
    ("route", "body", "reason"),
    [
        ("combine", {"way": "melt", "shapes": [box(0, 0), box(1, 1)]}, "way"),
        ("combine", {"way": "merge", "shapes": [box(0, 0)]}, "shapes"),
        (
            "combine",
            {"way": "merge", "shapes": [box(0, 0), {"kind": "blob", "geometry": {}}]},
            "blob",
        ),
        ("combine", {"way": "merge", "shapes": [box(0, 0), box(900, 0)]}, "outside the image"),
        ("divide", {"shape": box(0, 0), "line": [[1, 1], [2, 2]]}, "from side to side"),
        ("divide", {"shape": box(0, 0), "line": [[1, 1], ["a", 2]]}, r"line[1]"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(client, project, route, body, reason):
    answer = client.post(f"{SHAPES}/{route}", json=body)
    assert answer.status_code in (400, 422)
    assert reason in answer.json["error"]


def test_a_shape_is_drawn_as_another_kind_and_what_changes_is_said(client, project):
    ring = [[1, 1], [5, 1], [5, 5]]
    triangle = {"kind": "polygon", "geometry": {"parts": [[ring]]}}
    (mask,) = convert(client, "mask", triangle)
    assert (mask["kind"], mask["before"], mask["after"]) == ("mask", mask["after"], mask["before"])
    (around,) = convert(client, "box", triangle)
    assert around["geometry"] == {"x": 1, "y": 1, "width": 4, "height": 4}
    assert around["after"] == 16 > around["before"]
    drawn = {name: mask[name] for name in ("kind", "geometry")}
    (back,) = convert(client, "polygon", drawn)
    assert (back["kind"], back["after"]) == ("polygon", mask["after"])
    (same,) = convert(client, "mask", {name: back[name] for name in ("kind", "geometry")})
    assert same["geometry"] == mask["geometry"]


def test_a_box_becomes_the_polygon_of_its_corners(client, project):
    (polygon,) = convert(client, "polygon", box(2, 3))
    ((ring,),) = polygon["geometry"]["parts"]
    assert {tuple(point) for point in ring} == {(2, 3), (6, 3), (6, 7), (2, 7)}
    assert polygon["before"] == polygon["after"] == 16


def test_a_line_becomes_nothing_else(client, project):
    line = {"kind": "polyline", "geometry": {"points": [[1, 1], [5, 5]]}}
    body = {"to": "polygon", "shapes": [line]}
    answer = client.post(f"{SHAPES}/convert", json=body)
    assert answer.status_code in (400, 422)
    assert "cover no area" in answer.json["error"]


def convert(client, to, *shapes):
    answer = client.post(f"{SHAPES}/convert", json={"to": to, "shapes": list(shapes)})
    assert answer.status_code == 200, answer.text
    return answer.json["shapes"]
