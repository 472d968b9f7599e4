import zipfile
from pathlib import Path

import pytest
from dev_build import missing_from

FILES = ("datasetbuilder/model.py", "app/cli.py", "app/assets/theme.css", "projects/__init__.py")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "exporters").mkdir()
    (tmp_path / "datasetbuilder" / "app").symlink_to("../app")
    return tmp_path


def wheel_of(folder: Path, *names: str) -> Path:
    wheel = folder / "it.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in names:
            archive.writestr(f"datasetbuilder/{name}", "")
    return wheel


def test_a_whole_wheel_lacks_nothing(tree: Path) -> None:
    wheel = wheel_of(tree, "model.py", "app/cli.py", "app/assets/theme.css", "projects/__init__.py")
    assert missing_from(wheel, tree) == []


def test_a_forgotten_file_is_named_as_it_would_be_installed(tree: Path) -> None:
    wheel = wheel_of(tree, "model.py", "app/cli.py", "projects/__init__.py")
    assert missing_from(wheel, tree) == ["datasetbuilder/app/assets/theme.css"]


def test_what_python_leaves_behind_is_not_expected(tree: Path) -> None:
    (tree / "app" / "__pycache__").mkdir()
    (tree / "app" / "__pycache__" / "cli.pyc").touch()
    assert len(missing_from(wheel_of(tree), tree)) == len(FILES)
