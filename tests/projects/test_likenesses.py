import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image as Pillow
from sqlalchemy import text

from datasetbuilder.api import Project, Workspace

IMAGES = Path(__file__).parents[1] / "data" / "images"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two photographs, a smaller copy of one of them, and a grey card."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    cat = Pillow.open(IMAGES / "cat.png").convert("RGB")
    cat.save(folder / "cat.png")
    cat.resize((cat.width // 2, cat.height // 2)).save(folder / "kitten.jpg", quality=70)
    Pillow.open(IMAGES / "blood_cells.jpg").save(folder / "blood.jpg")
    Pillow.new("L", (30, 20), 128).save(folder / "card.png")
    with Workspace(tmp_path / "workspace") as workspace:
        made = workspace.create_project("Looks", labels=["cat"])
        made.add_images(folder)
        yield made


def looks(project: Project) -> dict[str, int | None]:
    return {image.name: image.likeness for image in project.images()}


def forget(project: Project) -> None:
    sql = text("UPDATE image SET likeness = NULL")
    project.workspace.store.submit(lambda t: t.connection.execute(sql) and None)


@pytest.mark.slow
def test_a_likeness_is_taken_at_ingest_and_learned_again_for_older_images(project):
    taken = looks(project)
    assert taken["card.png"] is None
    assert taken["cat.png"] is not None
    assert ((taken["cat.png"] or 0) ^ (taken["kitten.jpg"] or 0)).bit_count() <= 3
    forget(project)
    assert set(looks(project).values()) == {None}
    assert project.learn_likenesses() == []
    assert looks(project) == taken
    said = []
    project.learn_likenesses(progress=lambda *told: said.append(told))
    assert said == []


@pytest.mark.slow
def test_a_file_that_is_gone_is_said_and_the_rest_is_learned(project, tmp_path):
    forget(project)
    (tmp_path / "pictures" / "blood.jpg").unlink()
    (problem,) = project.learn_likenesses()
    assert problem.startswith("blood.jpg: ")
    assert looks(project)["cat.png"] is not None


@pytest.mark.slow
def test_near_duplicates_fall_on_one_side_and_the_manifest_proves_it(project, tmp_path):
    forget(project)
    for seed in range(4):
        folder = tmp_path / f"export-{seed}"
        shares = {"train": 0.5, "val": 0.5}
        options = {"splits": shares, "seed": seed, "images": "none", "fresh_split": True}
        project.export(folder, formats="coco", **options)  # type: ignore[arg-type]
        manifest = json.loads((folder / "export.json").read_bytes())
        assert manifest["proof"] == {
            "groups": 0,
            "groups_across": 0,
            "duplicates": 0,
            "duplicates_across": 0,
            "likeness_known": 3,
            "near_duplicates": 1,
            "near_duplicates_across": 0,
        }
