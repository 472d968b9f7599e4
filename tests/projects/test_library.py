import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from datasetbuilder.errors import DataError, UnknownName
from datasetbuilder.model import Image
from datasetbuilder.pixels.decoder import DecoderPool
from tests.projects.intake import CAT, CELLS, IMAGES, NUCLEI, Intake, fill, opened, project_template


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecoderPool]:
    with DecoderPool(2) as pool:
        yield pool


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def intake(template: Path, tmp_path: Path, decoder: DecoderPool) -> Iterator[Intake]:
    with opened(template, tmp_path / "workspace", decoder) as ready:
        yield ready


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    return fill(tmp_path / "slides", cells_jpg=CELLS, nuclei_png=NUCLEI)


@pytest.fixture
def cells(intake: Intake, originals: Path) -> Image:
    return intake.take(originals / "cells.jpg").added[0]


# --- originals --------------------------------------------------------------------------------


def test_an_original_is_given_byte_for_byte(intake: Intake, cells: Image):
    for _ in range(2):
        with intake.library.open_original(intake.slug, cells) as file:
            assert file.read() == CELLS.read_bytes()


def test_a_moved_original_is_noticed(intake: Intake, cells: Image, originals: Path):
    (originals / "cells.jpg").rename(originals / "moved.jpg")
    with pytest.raises(DataError, match=r"cells\.jpg: its original .* is not there\. Put the file"):
        intake.library.open_original(intake.slug, cells)


def test_a_changed_original_is_noticed(intake: Intake, cells: Image, originals: Path):
    intake.library.open_original(intake.slug, cells).close()
    shutil.copyfile(CAT, originals / "cells.jpg")
    with pytest.raises(DataError, match=r"cells\.jpg: its original .* has changed since"):
        intake.library.open_original(intake.slug, cells)


def test_a_change_that_keeps_the_size_is_noticed(intake: Intake, cells: Image, originals: Path):
    data = bytearray(CELLS.read_bytes())
    data[9000] ^= 1
    (originals / "cells.jpg").write_bytes(data)
    with pytest.raises(DataError, match="has changed since it was added"):
        intake.library.open_original(intake.slug, cells)


def test_an_original_put_back_is_good_again(intake: Intake, cells: Image, originals: Path):
    (originals / "cells.jpg").unlink()
    with pytest.raises(DataError, match="is not there"):
        intake.library.open_original(intake.slug, cells)
    shutil.copyfile(CELLS, originals / "cells.jpg")
    intake.library.open_original(intake.slug, cells).close()


def test_an_original_replaced_by_a_link_is_refused(intake: Intake, cells: Image, originals: Path):
    (originals / "cells.jpg").unlink()
    (originals / "cells.jpg").symlink_to(CELLS)
    with pytest.raises(DataError, match="is a link"):
        intake.library.open_original(intake.slug, cells)


@pytest.mark.parametrize(
    "uri", ["copied:../../../workspace.db", "copied:/etc/passwd", "s3://bucket/a.png", "", "a.png"]
)
def test_a_place_outside_the_project_is_not_opened(uri: str, intake: Intake, cells: Image):
    with pytest.raises(DataError, match="is not one that is known here"):
        intake.library.open_original(intake.slug, replace(cells, uri=uri))


def test_deep_pixels_are_given_in_full_depth(intake: Intake, originals: Path):
    (image,) = intake.take(originals / "nuclei.png").added
    pixels = intake.library.pixels(intake.slug, image)
    np.testing.assert_array_equal(pixels, np.load(IMAGES / "nuclei_expected.npy")[2])


def test_pixels_of_a_changed_original_are_not_given(intake: Intake, cells: Image, originals: Path):
    shutil.copyfile(CAT, originals / "cells.jpg")
    with pytest.raises(DataError, match="has changed since"):
        intake.library.pixels(intake.slug, cells)


# --- renditions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "size"), [("thumb", (256, 192)), ("preview", (640, 480)), ("full", (640, 480))]
)
def test_every_rendition_is_there(kind: str, size: tuple[int, int], intake: Intake, cells: Image):
    with Pillow.open(intake.library.rendition(intake.slug, cells, kind)) as picture:  # pyright: ignore[reportArgumentType]
        assert picture.size == size


def test_the_cache_may_be_deleted_at_any_time(intake: Intake, cells: Image):
    before = intake.library.rendition(intake.slug, cells, "thumb").read_bytes()
    shutil.rmtree(intake.library.cache)
    assert intake.library.rendition(intake.slug, cells, "thumb").read_bytes() == before


def test_a_rendition_that_a_power_cut_emptied_is_made_again(intake: Intake, cells: Image):
    path = intake.library.rendition(intake.slug, cells, "thumb")
    path.write_bytes(b"")
    assert intake.library.rendition(intake.slug, cells, "thumb").stat().st_size > 1000


def test_a_rendition_outlives_its_original(intake: Intake, cells: Image, originals: Path):
    (originals / "cells.jpg").unlink()
    assert intake.library.rendition(intake.slug, cells, "preview").is_file()
    with pytest.raises(DataError, match="is not there"):
        intake.library.rendition(intake.slug, cells, "full")


def test_a_changed_original_is_not_rendered(intake: Intake, cells: Image, originals: Path):
    shutil.copyfile(CAT, originals / "cells.jpg")
    with pytest.raises(DataError, match="has changed since"):
        intake.library.rendition(intake.slug, cells, "full")


def test_an_unknown_kind_is_refused(intake: Intake, cells: Image):
    with pytest.raises(UnknownName, match="'poster' is not a rendition"):
        intake.library.rendition(intake.slug, cells, "poster")  # pyright: ignore[reportArgumentType]


def test_many_requests_at_once_make_one_file(intake: Intake, cells: Image):
    with ThreadPoolExecutor(8) as threads:
        paths = set(
            threads.map(lambda _: intake.library.rendition(intake.slug, cells, "full"), range(16))
        )
    (path,) = paths
    assert not list(path.parent.glob("*.tmp"))


def test_all_eight_orientations_are_shown_alike(intake: Intake):
    report = intake.take(IMAGES / "exif")
    shown = []
    for image in report.added:
        with Pillow.open(intake.library.rendition(intake.slug, image, "preview")) as picture:
            assert "exif" not in picture.info
            shown.append(np.asarray(picture, int))
    assert len(shown) == 8
    for picture in shown[1:]:
        assert np.abs(picture - shown[0]).mean() < 3
