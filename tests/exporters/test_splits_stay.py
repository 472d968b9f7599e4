"""A split that was given once stays, and an export tells beforehand how large it will be."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as Pillow

from datasetbuilder.api import Project, Workspace
from datasetbuilder.exporters.estimate import size_words
from datasetbuilder.exporters.export import export, plan
from datasetbuilder.exporters.grouping import Groups
from datasetbuilder.exporters.options import ExportOptions
from datasetbuilder.exporters.placement import place
from datasetbuilder.model import Image
from tests.exporters.campaigns import objects
from tests.exporters.snapshots import SnapshotFake

HALVES = {"train": 0.5, "val": 0.5}


def pictures(*dealt: str | None, split: str | None = None) -> SnapshotFake:
    made = [
        Image(k, f"{k}.png", 4, 3, sha256=f"{k:064d}", dealt=to, split=split)
        for k, to in enumerate(dealt, 1)
    ]
    return SnapshotFake([(image, ()) for image in made])


def splits(snapshot: SnapshotFake, **options: object) -> list[str]:
    placement = place(snapshot, ExportOptions(splits=HALVES, **options))  # type: ignore[arg-type]
    return [placement.split(image) for image in snapshot.images()]


def test_an_image_stays_where_an_earlier_export_put_it():
    fresh = splits(pictures(None, None, None, None))
    assert fresh == ["train", "val", "val", "val"]
    assert splits(pictures("val", None, None, "train")) == ["val", "val", "val", "train"]
    assert splits(pictures("val", "train", "train", "train"), fresh_split=True) == fresh


def test_a_person_who_chooses_a_split_wins_over_earlier_exports():
    assert splits(pictures("train", split="val")) == ["val"]


def test_a_part_that_earlier_exports_had_is_kept_although_the_shares_lack_it():
    placement = place(pictures("test", "train"), ExportOptions(splits=HALVES))
    assert placement.splits == ("train", "val", "test")


def test_what_belongs_together_follows_what_was_dealt():
    both = ExportOptions(splits=HALVES, groups=Groups("who", {"1.png": "p", "3.png": "p"}))
    snapshot = pictures("train", None, None, None)
    placement = place(snapshot, both)
    assert placement.split(snapshot.content[2][0]) == "train"


def test_only_what_was_dealt_anew_is_to_be_remembered():
    snapshot = pictures("val", None, None, "train")
    placement = place(snapshot, ExportOptions(splits=HALVES))
    assert placement.newly_dealt(snapshot.images()) == {2: "val", 3: "val"}
    anew = place(snapshot, ExportOptions(splits=HALVES, fresh_split=True))
    assert anew.newly_dealt(snapshot.images()) == {1: "train", 2: "val", 3: "val", 4: "val"}
    assert place(snapshot, ExportOptions()).newly_dealt(snapshot.images()) == {}


def test_the_proof_and_the_notes_say_how_many_stay_against_todays_shares(tmp_path):
    snapshot = pictures("val", None, None, "train")
    options = {"formats": ["coco"], "splits": HALVES, "images": "none"}
    said = "2 images stay in the split of an earlier export, though today's shares would"
    assert any(note.startswith(said) for note in plan(snapshot, **options).notes)
    export(snapshot, tmp_path / "out", **options)
    assert json.loads((tmp_path / "out/export.json").read_bytes())["proof"]["kept"] == 2


def test_an_export_made_twice_is_the_same_although_the_first_is_remembered(tmp_path):
    options = {"formats": ["coco"], "splits": HALVES, "images": "none"}
    first, snapshot = tmp_path / "first", pictures(None, None, None)
    report = export(snapshot, first, **options)
    again = [(replace(image, dealt=report.dealt[image.id]), ()) for image in snapshot.images()]
    export(replace(snapshot, content=again), tmp_path / "second", **options)
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert [(first / path).read_bytes() for path in files] == [
        (tmp_path / "second" / path).read_bytes() for path in files
    ]


# --- size -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (25_000_000, "25 MB"), (3 * 10**12, "3.0 TB")],
)
def test_sizes_are_said_as_people_say_them(size, words):
    assert size_words(size) == words


@pytest.mark.parametrize("name", ["coco", "yolo-segment", "labelme", "coco-panoptic"])
def test_the_size_is_right_within_a_factor_of_three(tmp_path, name):
    snapshot = objects()
    size_of = {key: Path(str(held)).stat().st_size for key, held in snapshot.files.items()}
    task = "panoptic" if name == "coco-panoptic" else "instances"
    found = plan(snapshot, formats=[name], task=task, size_of=lambda image: size_of[image.id])
    export(snapshot, tmp_path / "out", formats=[name], task=task, allow_loss=True)
    written = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert written / 3 < found.size < written * 3


def test_images_that_are_not_copied_weigh_nothing():
    found = [
        plan(objects(), formats=["coco"], images=way, size_of=lambda _image: 10**6).size
        for way in ("copy", "link", "none")
    ]
    assert found[0] - found[1] == 3 * 10**6
    assert found[1] == found[2]


# --- in a project -----------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(4):
        Pillow.new("L", (8, 8), 20 * k + 10).save(folder / f"{k}.png")
    with Workspace(tmp_path / "workspace") as workspace:
        made = workspace.create_project("Cards", labels=["cat"])
        made.add_images(folder)
        yield made


@pytest.mark.slow
def test_a_project_remembers_how_its_images_were_dealt(project, tmp_path):
    project.export(tmp_path / "one", splits=HALVES, images="none")
    first = {image.id: image.dealt for image in project.images()}
    assert set(first.values()) <= {"train", "val"}
    Pillow.new("L", (8, 8), 200).save(tmp_path / "pictures" / "new.png")
    project.add_images(tmp_path / "pictures" / "new.png")
    for seed in (1, 2, 3):
        project.export(
            tmp_path / f"again-{seed}", splits={"train": 0.9, "val": 0.1}, seed=seed, images="none"
        )
    after = {image.id: image.dealt for image in project.images()}
    assert len(after) == 5
    assert {key: after[key] for key in first} == first
    assert all(after.values())
    project.export(tmp_path / "anew", splits={"test": 1.0}, images="none", fresh_split=True)
    assert {image.dealt for image in project.images()} == {"test"}
