"""The whole job as one person does it: draw with every tool, reload, crash, export, train."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect
from pycocotools.coco import COCO

from datasetbuilder import open_dataset
from datasetbuilder.geometry import array_from_geometry
from datasetbuilder.model import Kind
from datasetbuilder.wire import geometry_from_wire
from tests.browser.labeller import Labeller

pytestmark = [
    pytest.mark.browser,
    # pycocotools' own decode, with NumPy 2
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

SLUG, NAME = "blood-cells", "BloodImage_00029.jpg"
WHITE_CELL = (145.0, 241.0)
BOX = [(360.0, 395.0), (460.0, 470.0)]
POLYGON = [(410.0, 370.0), (500.0, 380.0), (495.0, 450.0), (420.0, 470.0)]
BRUSH = [(520.0, 200.0), (560.0, 210.0), (590.0, 205.0)]
ROUGH = [
    (265.0, 382.0),
    (300.0, 372.0),
    (362.0, 395.0),
    (356.0, 440.0),
    (318.0, 448.0),
    (268.0, 428.0),
]


def test_what_was_drawn_survives_and_reaches_the_trainer(server, page):
    server.start()
    person = Labeller(page, server)
    person.open_image(SLUG, NAME)

    draw_with_every_tool(person)
    person.wait_until("saved")
    image_id = person.image_id()
    before = by_uid(person.stored(SLUG, image_id))
    assert sorted(item["kind"] for item in before.values()) == [
        "box",
        "mask",
        "mask",
        "polygon",
        "polygon",
    ]
    assert_drawn_to_the_pixel(before)

    page.reload()
    person.wait_for_image(NAME)
    person.wait_for_objects(5)
    assert person.shown() == set(before)

    draw_through_a_crash(person, server)
    after = by_uid(person.stored(SLUG, image_id))
    assert len(after) == 7
    assert {uid: after[uid] for uid in before} == before

    folder = export(person, server.workspace)
    assert_trainers_read(folder, after, image_id)


def draw_with_every_tool(person: Labeller) -> None:
    person.press("b", "1")
    person.drag(BOX)
    person.wait_for_objects(1)

    person.press("2")
    person.draw_polygon(POLYGON)
    person.wait_for_objects(2)

    person.press("m", "3")
    person.drag(BRUSH)
    person.wait_for_objects(3)

    person.press("Escape", "s", "2")
    x, y = WHITE_CELL
    person.drag([(x - 30, y - 10), (x, y - 35), (x + 30, y)])
    page = person.page
    page.keyboard.down("Alt")
    person.drag([(x - 75, y - 60), (x + 10, y - 90), (x + 90, y - 20)])
    page.keyboard.up("Alt")
    person.accept()
    person.wait_for_objects(4)

    person.press("Escape", "1")
    person.draw_polygon(ROUGH, tool="c")
    person.accept()
    person.wait_for_objects(5)


def draw_through_a_crash(person: Labeller, server) -> None:
    person.press("v", "Escape", "b", "3")
    person.drag([(20.0, 20.0), (60.0, 50.0)])
    person.wait_until("saved")
    server.kill()
    person.drag([(80.0, 20.0), (120.0, 50.0)])
    person.wait_until("unsaved")
    server.start()
    person.wait_until("saved")


def assert_drawn_to_the_pixel(stored: dict[str, dict]) -> None:
    (box,) = [item for item in stored.values() if item["kind"] == "box"]
    x, y, width, height = box["bbox"]
    drawn = (x, y, x + width, y + height)
    assert np.allclose(drawn, (*BOX[0], *BOX[1]), atol=1.0)
    assert box["area"] == width * height
    brushed = covered_by([item for item in stored.values() if item["label"] == 3])
    assert all(brushed[int(y), int(x)] for x, y in BRUSH)
    scribbled = covered_by([i for i in stored.values() if i["source"].startswith("scribbles")])
    x, y = WHITE_CELL
    assert scribbled[int(y) - 35, int(x)]
    assert not scribbled[int(y) - 90, int(x) + 10]
    assert 4_000 < scribbled.sum() < 20_000
    assert any(item["source"].startswith("outline") for item in stored.values())


def covered_by(items: list[dict]) -> np.ndarray:
    (item,) = items
    return mask_of(item)


def mask_of(item: dict) -> np.ndarray:
    geometry = geometry_from_wire(Kind(item["kind"]), item["geometry"])
    return array_from_geometry(geometry, (480, 640))


def export(person: Labeller, workspace: Path) -> Path:
    page = person.page
    page.goto(f"{person.origin}/p/{SLUG}/export")
    page.get_by_text("parquet: columns for Hugging Face").click()
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("Done: written, read back and compared.")).to_be_visible(timeout=60_000)
    (folder,) = (workspace / "projects" / SLUG / "exports").iterdir()
    return folder


def assert_trainers_read(folder: Path, stored: dict[str, dict], image_id: int) -> None:
    drawn = {item["id"]: item for item in stored.values()}
    outlined = {key: item for key, item in drawn.items() if item["kind"] != "box"}
    assert_pycocotools_reads(folder, drawn, outlined, image_id)
    assert_datasets_reads(folder, drawn, image_id)
    (sample,) = [item for item in open_dataset(folder) if item["image_id"] == image_id]
    assert len(sample["boxes"]) == len(drawn)


def assert_pycocotools_reads(folder: Path, drawn, outlined, image_id: int) -> None:
    (path,) = (folder / "annotations").glob("instances*.json")
    coco = COCO(str(path))
    found = {item["id"]: item for item in coco.loadAnns(coco.getAnnIds(imgIds=[image_id]))}
    assert set(found) == set(drawn)
    for key, item in outlined.items():
        np.testing.assert_array_equal(coco.annToMask(found[key]).astype(bool), mask_of(item))
        assert found[key]["area"] == item["area"]
        assert found[key]["bbox"] == item["bbox"]
        assert found[key]["category_id"] == item["label"]


def assert_datasets_reads(folder: Path, drawn: dict[int, dict], image_id: int) -> None:
    import datasets

    names = [label["name"] for label in json.loads(labels_of(folder))]
    data: Any = datasets.load_dataset(
        str(folder), split="train", cache_dir=str(folder.parent / "cache")
    )
    assert isinstance(data.features["image"], datasets.Image)
    assert data.features["objects"]["category"].feature.names == names
    (row,) = [row for row in data if row["image_id"] == image_id]
    assert row["image"].size == (640, 480)
    assert row["objects"]["id"] == sorted(drawn)
    assert row["objects"]["area"] == [drawn[key]["area"] for key in sorted(drawn)]


def labels_of(folder: Path) -> str:
    (path,) = (folder / "annotations").glob("instances*.json")
    return json.dumps(json.loads(path.read_text())["categories"])


def by_uid(stored: list[dict]) -> dict[str, dict]:
    return {item["uid"]: item for item in stored}
