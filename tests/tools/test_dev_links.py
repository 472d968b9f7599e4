from pathlib import Path

import pytest
from dev_links import FOLDERS, make_links
from dev_steps import StepFailed


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (*FOLDERS, "datasetbuilder"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_each_folder_is_seen_beside_the_core(root: Path) -> None:
    (root / "app" / "cli.py").touch()
    make_links(root)
    assert (root / "datasetbuilder" / "app" / "cli.py").exists()
    assert {path.name for path in (root / "datasetbuilder").iterdir()} == set(FOLDERS)


def test_links_that_stand_are_left_alone(root: Path) -> None:
    assert len(make_links(root)) == 3
    assert make_links(root) == []


def test_a_link_to_another_place_is_mended(root: Path, tmp_path: Path) -> None:
    (root / "datasetbuilder" / "app").symlink_to(tmp_path / "gone")
    make_links(root)
    assert (root / "datasetbuilder" / "app").resolve() == root / "app"


def test_a_real_folder_in_the_way_is_not_touched(root: Path) -> None:
    (root / "datasetbuilder" / "app").mkdir()
    with pytest.raises(StepFailed, match="should be a link"):
        make_links(root)


def test_links_follow_the_tree_when_it_moves(root: Path, tmp_path: Path) -> None:
    make_links(root)
    link = root / "datasetbuilder" / "app"
    assert not link.readlink().is_absolute()
