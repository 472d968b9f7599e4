import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from datasetbuilder.errors import ImageRefused
from datasetbuilder.pixels.decoder import DecoderPool
from datasetbuilder.projects.archive import Archive
from tests.projects import zips
from tests.projects.intake import opened, project_template
from tests.projects.zips import ZipCase


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecoderPool]:
    with DecoderPool(1) as pool:
        yield pool


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project_template(tmp_path_factory.mktemp("template"))


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("case", zips.CASES, ids=lambda case: case.name)
def test_an_archive_goes_in_whole_or_not_at_all(
    case: ZipCase, template: Path, decoder: DecoderPool, tmp_path: Path
):
    place = tmp_path / "outside"
    place.mkdir()
    case.write(place / "upload.zip")
    outside = tree(place)
    with opened(template, tmp_path / "workspace", decoder) as intake:
        report = intake.take(place / "upload.zip")
        assert tuple(intake.names) == tuple(image.name for image in report.added) == case.added
        assert report.ignored == case.ignored
        if case.refused:
            (refusal,) = report.refused
            assert refusal.name == "upload.zip"
            assert re.search(case.refused, refusal.reason)
            assert not (intake.folder / "images").exists()
            assert not intake.library.cache.exists()
        else:
            assert report.refused == ()
        assert not (intake.folder / "incoming").exists()
    assert tree(place) == outside
    assert {path.name for path in tmp_path.iterdir()} == {"outside", "workspace"}
    assert not list(tmp_path.parent.glob("escaped.png"))


def test_the_corpus_is_as_large_as_it_should_be():
    assert sum(1 for case in zips.CASES if case.refused) >= 20


def test_members_are_unpacked_under_numbers(tmp_path: Path):
    zips.plain(tmp_path / "a.zip")
    folder = tmp_path / "folder"
    folder.mkdir()
    archive = Archive(tmp_path / "a.zip")
    members = list(archive.unpack(("slides/cells.jpg",), folder))
    archive.close()
    assert [(m.name, m.path.name) for m in members] == [("slides/cells.jpg", "0.member")]
    assert members[0].path.read_bytes() == zips.CELLS


def test_an_archive_larger_than_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    zips.plain(tmp_path / "a.zip")
    archive = Archive(tmp_path / "a.zip")

    class Usage:
        free = 1000

    monkeypatch.setattr("shutil.disk_usage", lambda _folder: Usage)
    with pytest.raises(ImageRefused, match="disk has 0 MB left"):
        next(archive.unpack(archive.names(), tmp_path))
    archive.close()
