"""Maps of objects and images, and groups of duplicates, as the pages get them."""

from dataclasses import replace

import pandas as pd
import pytest
from PIL import Image as Pillow

from datasetbuilder.api import Project
from datasetbuilder.app import explore_jobs, mapping, tables
from datasetbuilder.app.explore_jobs import map_of
from datasetbuilder.errors import ImageRefused
from datasetbuilder.insight.duplicates import duplicate_groups
from datasetbuilder.model import (
    Annotation,
    Box,
    Image,
    Operation,
    OperationKind,
    Target,
    TargetType,
)

CATS = "/api/v1/projects/cats"
FIRST = Target(TargetType.IMAGE_STATE, "1", 1)
OBJECTS = pd.DataFrame(
    {
        "image_id": [1, 1, 2, 3],
        "image": ["a", "a", "b", "c"],
        "uid": ["p", "q", "r", "s"],
        "label": ["cat", "cat", "dog", "dog"],
        "author": ["ann", "ann", "bob", ""],
        "state": ["new"] * 4,
        "split": [""] * 4,
        "area": [4.0, 8.0, 9.0, 0.0],
        "aspect": [1.0, 2.0, 1.0, float("nan")],
        **{name: [2.0, 4, 3, 0] for name in ("x", "y", "width", "height", "perimeter")},
        **{name: [2.0, 4, 3, 0] for name in ("axis_major_length", "axis_minor_length")},
        **{name: [0.0, 0.5, 0, 0] for name in ("eccentricity", "extent", "euler_number")},
        "image_width": [10] * 4,
        "image_height": [10] * 4,
    }
)


def unheard(_done: int, _total: int, _name: str) -> None:
    """Nobody looks."""


def image(number: int, *, content: str, likeness: int | None = None) -> Image:
    return Image(number, f"{number}.png", 4, 4, sha256=content * 64, likeness=likeness)


@pytest.mark.slow
def test_an_object_that_covers_no_pixel_is_not_on_the_map():
    drawn = mapping.map_of_objects(OBJECTS, "pca", unheard)
    assert drawn["uid"].tolist() == ["p", "q", "r"]
    assert drawn[["map_x", "map_y"]].to_numpy().min() >= 0
    assert {"unusual", "doubtful", "label", "box_x", "image_width"} <= set(drawn.columns)


@pytest.mark.slow
@pytest.mark.parametrize(("set_name", "state"), [("truth", "in_progress"), ("bob", "")])
def test_the_common_state_of_an_image_is_not_told_to_the_blind(project, set_name, state):
    drawn = Annotation("u", 1, Box(1, 2, 3, 4), image_id=1, set=set_name)
    project.apply([Operation("state", OperationKind.CHANGE, FIRST, {"state": "in_progress"}, 1)])
    project.workspace.store.add_annotations(project.info.id, [drawn], author="bob")

    explore_jobs.objects_of(project, {"sets": [set_name]}, unheard)

    kept = tables.newest(project, explore_jobs.OBJECTS, [set_name])
    assert kept is not None
    assert kept.table()["state"].tolist() == [state]


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_none_one_and_two_objects_have_a_map(rows):
    assert len(mapping.map_of_objects(OBJECTS[:rows], "tsne", unheard)) == rows


def test_an_image_without_its_file_is_not_on_the_map(project, monkeypatch, tmp_path):
    Pillow.new("RGB", (8, 8), (9, 9, 9)).save(tmp_path / "thumb.png")

    def rendition(slug, image, kind):
        if image.id == 2:
            raise ImageRefused("two.png is gone")
        return tmp_path / "thumb.png"

    monkeypatch.setattr(project.workspace.library, "rendition", rendition)
    monkeypatch.setattr(mapping, "features_of_picture", lambda picture: picture[0, 0])
    drawn = mapping.map_of_images(project, OBJECTS, "pca", unheard)
    assert drawn["image_id"].tolist() == [1, 3]
    assert drawn["label"].tolist() == ["cat", "dog"]


def test_a_map_is_drawn_once_and_handed_out_by_columns(client, project):
    assert client.get(f"{CATS}/map").json["table"] is None
    assert client.get(f"{CATS}/map/points").status_code == 422
    options = {"sets": ["truth"], "what": "objects", "method": "pca"}
    assert map_of(project, options, unheard) == {"seq": project.info.seq, "n": 0}
    points = client.get(f"{CATS}/map/points").json
    assert (points["n"], points["values"]["uid"]) == (0, [])


@pytest.mark.parametrize("query", ["what=people", "method=magic"])
def test_a_map_that_is_none_is_refused(client, project, query):
    assert client.get(f"{CATS}/map?{query}").status_code == 400
    assert client.post(f"{CATS}/map?{query}", json={}).status_code == 400


def test_copies_come_before_pictures_that_look_alike():
    images = [
        image(1, content="a", likeness=0b1111),
        image(2, content="b", likeness=0b0111),
        image(3, content="c", likeness=1 << 60),
        image(4, content="d"),
        image(5, content="d"),
        image(6, content="e"),
    ]
    found = [(one.exact, [each.id for each in one.images]) for one in duplicate_groups(images)]
    assert found == [(True, [4, 5]), (False, [1, 2])]


def test_duplicates_are_told_by_group(client, project: Project, monkeypatch):
    assert client.get(f"{CATS}/duplicates").json == {"groups": [], "n": 0}
    twins = [replace(one, sha256="f" * 64) for one in project.images()[:2]]
    monkeypatch.setattr(Project, "images", lambda self: twins)
    (group,) = client.get(f"{CATS}/duplicates").json["groups"]
    assert (group["exact"], [one["id"] for one in group["images"]]) == (True, [1, 2])


def test_the_same_map_is_not_started_twice(client, project, services, monkeypatch):
    monkeypatch.setattr(services.jobs, "_pool", type("", (), {"submit": lambda *a: None})())
    first = client.post(f"{CATS}/map", json={}).json["job"]
    again = client.post(f"{CATS}/map", json={}).json["job"]
    other = client.post(f"{CATS}/map?method=tsne", json={}).json["job"]
    assert first["id"] == again["id"] != other["id"]
    assert client.post(f"{CATS}/map", json={}).json["job"]["id"] == first["id"]
    assert client.get(f"{CATS}/map").json["job"]["id"] == first["id"]
    assert client.get(f"{CATS}/map?what=images").json["job"] is None
    assert explore_jobs.map_name("objects", "pca") == "map-objects-pca"
