import os
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasetbuilder.errors import DataError, StoreUnavailable, UsageError
from datasetbuilder.pixels.decoder import DecoderPool
from datasetbuilder.projects import ingest as ingest_module
from datasetbuilder.projects.ingest import Refusal
from datasetbuilder.projects.sources import natural_key, require_images
from datasetbuilder.projects.store import Store
from tests.pixels import hostile, odd
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
def pictures(tmp_path: Path) -> Path:
    return fill(tmp_path / "slides", cell10_png=CAT, cell2_jpg=CELLS, deep__a_png=NUCLEI)


# --- what goes in -----------------------------------------------------------------------------


def test_a_folder_goes_in_with_its_subfolders_in_natural_order(intake: Intake, pictures: Path):
    report = intake.take(pictures)
    assert intake.names == ["cell2.jpg", "cell10.png", "deep/a.png"]
    assert [image.id for image in report.added] == [1, 2, 3]
    assert (report.refused, report.unchanged, report.ignored) == ((), 0, 0)


def test_a_row_says_what_the_picture_is(intake: Intake):
    intake.take(IMAGES / "exif" / "orientation_6.jpg", IMAGES / "nuclei_rgb16_lzw.tif")
    photo, deep = intake.images
    assert (photo.width, photo.height, photo.orientation) == (320, 240, 6)
    assert (photo.format, photo.dtype, photo.channels) == ("JPEG", "uint8", 3)
    assert (deep.format, deep.dtype, deep.channels) == ("TIFF", "uint16", 3)
    assert (deep.width, deep.height, len(deep.sha256)) == (120, 100, 64)


def test_in_place_means_that_nothing_is_copied(intake: Intake, pictures: Path):
    intake.take(pictures)
    assert intake.images[0].uri == f"file:{pictures / 'cell2.jpg'}"
    assert not (intake.folder / "images").exists()


def test_a_copy_outlives_its_source(intake: Intake, pictures: Path):
    intake.take(pictures, copy=True)
    for path in pictures.rglob("*.*"):
        path.unlink()
    image = intake.images[0]
    assert image.uri.startswith("copied:")
    with intake.library.open_original(intake.slug, image) as file:
        assert file.read() == CELLS.read_bytes()


def test_thumbnail_and_preview_are_ready(intake: Intake, pictures: Path):
    intake.take(pictures)
    made = [path for path in intake.library.cache.rglob("*") if path.is_file()]
    assert len(made) == 6


def test_further_pages_are_mentioned(intake: Intake):
    report = intake.take(IMAGES / "nuclei_big_endian_3pages.tif")
    assert report.notes == (
        Refusal("nuclei_big_endian_3pages.tif", "only the first of 3 pages is used"),
    )


def test_a_relative_path_is_stored_whole(intake: Intake, pictures: Path, monkeypatch):
    monkeypatch.chdir(pictures.parent)
    intake.take(Path("slides") / "cell2.jpg", Path("slides") / "deep")
    assert [image.uri for image in intake.images] == [
        f"file:{pictures}/cell2.jpg",
        f"file:{pictures}/deep/a.png",
    ]


def test_many_images_go_in_as_batches_of_one_event_each(
    intake: Intake, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(ingest_module, "BATCH", 3)
    folder = fill(tmp_path / "many", **{f"c{k}_png": CAT for k in range(1, 9)})
    before = intake.store.project(intake.slug).seq
    intake.take(folder)
    assert intake.names == [f"c{k}.png" for k in range(1, 9)]
    assert len(intake.store.events(intake.project.id, after=before)) == 3


@given(st.lists(st.text("ab019/é", min_size=1), min_size=2))
def test_any_names_can_be_put_in_order(names: list[str]):
    assert sorted(sorted(names, key=natural_key), key=natural_key) == sorted(names, key=natural_key)


def test_numbers_count_as_numbers():
    names = ["b/1.png", "a10.png", "a2.png", "a02.png", "a.png", "a2/9.png", "a2/10.png"]
    assert sorted(names, key=natural_key) == [
        "a02.png",
        "a2/9.png",
        "a2/10.png",
        "a2.png",
        "a10.png",
        "a.png",
        "b/1.png",
    ]


# --- what stays out ---------------------------------------------------------------------------


def test_a_bad_file_is_listed_and_the_rest_goes_in(intake: Intake, pictures: Path):
    fill(pictures, cell3_png=b"a note", cell4_jpg=CELLS.read_bytes()[:9000])
    report = intake.take(pictures)
    assert intake.names == ["cell2.jpg", "cell10.png", "deep/a.png"]
    first, second = report.refused
    assert (first.name, second.name) == ("cell3.png", "cell4.jpg")
    assert first.reason.startswith("is a text file")
    assert second.reason.startswith("is damaged or cut short")


@pytest.mark.slow
def test_the_whole_corpus_as_one_folder(intake: Intake, tmp_path: Path):
    folder = tmp_path / "everything"
    for kind, cases in (("bad", hostile.CASES), ("good", odd.CASES)):
        (folder / kind).mkdir(parents=True)
        for case in cases:
            case.write(folder / kind / case.file)
    report = intake.take(folder)
    refused = {refusal.name for refusal in report.refused}
    is_file = {c.file for c in hostile.CASES} - {"folder.png"}
    assert refused == {f"bad/{name}" for name in is_file}
    assert set(intake.names) == {f"good/{case.file}" for case in odd.CASES}


def test_other_files_are_counted_not_refused(intake: Intake, pictures: Path):
    fill(pictures, notes_txt=b"hello", boxes_xml=b"<a/>", deep__table_csv=b"a,b")
    (pictures / ".hidden.png").write_bytes(b"x")
    (pictures / ".git").mkdir()
    (pictures / ".git" / "a.png").write_bytes(b"x")
    report = intake.take(pictures)
    assert report.refused == ()
    assert report.ignored == 5


def test_a_named_file_is_read_whatever_its_name_says(intake: Intake, tmp_path: Path):
    fill(tmp_path, picture_dat=CAT, broken_xyz=b"hello")
    report = intake.take(tmp_path / "picture.dat", tmp_path / "broken.xyz")
    assert intake.names == ["picture.dat"]
    assert [refusal.name for refusal in report.refused] == ["broken.xyz"]


def test_links_are_not_followed(intake: Intake, pictures: Path, tmp_path: Path):
    secret = fill(tmp_path / "secret", a_png=CAT)
    (pictures / "linked.png").symlink_to(secret / "a.png")
    (pictures / "folder").symlink_to(secret)
    (pictures / "round").symlink_to(pictures)
    report = intake.take(pictures)
    assert {refusal.name for refusal in report.refused} == {"linked.png", "folder", "round"}
    assert all("is a link" in refusal.reason for refusal in report.refused)
    assert len(intake.names) == 3


def test_a_linked_folder_that_is_named_outright_is_read(
    intake: Intake, pictures: Path, tmp_path: Path
):
    (tmp_path / "shortcut").symlink_to(pictures)
    intake.take(tmp_path / "shortcut")
    assert intake.images[0].uri == f"file:{pictures}/cell2.jpg"


def test_a_name_that_is_not_utf8_is_refused_with_its_bytes(intake: Intake, pictures: Path):
    (pictures / os.fsdecode(b"caf\xe9.png")).write_bytes(CAT.read_bytes())
    report = intake.take(pictures)
    (refusal,) = report.refused
    assert refusal.name == "caf\\xe9.png"
    assert "63 61 66 e9 2e 70 6e 67" in refusal.reason
    assert len(intake.names) == 3


def test_a_folder_that_is_not_utf8_can_only_be_copied(intake: Intake, tmp_path: Path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    fill(folder, a_png=CAT)
    report = intake.take(folder)
    assert "folder whose name is not UTF-8" in report.refused[0].reason
    assert len(intake.take(folder, copy=True).added) == 1


@pytest.mark.parametrize(
    "name",
    ["naïve 图像.png", "a\nb.png", "=cmd|calc.png", "<b>.png", "a\\b.png", "x" * 200 + ".png"],
)
def test_unusual_names_survive(name: str, intake: Intake, tmp_path: Path):
    (tmp_path / name).write_bytes(CAT.read_bytes())
    intake.take(tmp_path / name, copy=True)
    assert intake.names == [name]
    with intake.library.open_original(intake.slug, intake.images[0]) as file:
        assert file.read() == CAT.read_bytes()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
def test_a_folder_that_cannot_be_listed_is_named(intake: Intake, pictures: Path):
    (pictures / "deep").chmod(0)
    report = intake.take(pictures)
    assert report.refused == (Refusal("deep/", "cannot be listed: Permission denied"),)


# --- names ------------------------------------------------------------------------------------


def test_equal_names_of_two_folders_are_kept_apart(intake: Intake, tmp_path: Path):
    monday = fill(tmp_path / "monday", a_png=CAT)
    friday = fill(tmp_path / "friday", a_png=NUCLEI)
    later = fill(tmp_path / "later" / "friday", a_png=IMAGES / "nuclei_tiled_deflate.tif")
    intake.take(monday, friday)
    intake.take(later)
    assert intake.names == ["a.png", "friday/a.png", "friday-2/a.png"]


def test_uploads_of_one_name_are_kept_apart_without_saying_where_they_lay(
    intake: Intake, tmp_path: Path
):
    with intake.library.incoming(intake.slug) as folder:
        fill(folder, one__a_png=CAT, two__a_png=NUCLEI, three__notes_zip=_zip(tmp_path))
        intake.take(folder / "one" / "a.png", folder / "two" / "a.png", copy=True)
        with pytest.raises(
            DataError, match=r"^notes\.zip holds no images \(1 other file ignored\)"
        ):
            intake.take(folder / "three" / "notes.zip", copy=True)
    assert intake.names == ["a.png", "upload/a.png"]


def _zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "notes.zip", "w") as file:
        file.writestr("notes.txt", "hello")
    return folder / "notes.zip"


@pytest.mark.parametrize("copy", [False, True])
def test_taking_in_again_changes_nothing(copy: bool, intake: Intake, tmp_path: Path):
    monday = fill(tmp_path / "monday", a_png=CAT, b_png=CELLS)
    friday = fill(tmp_path / "friday", a_png=NUCLEI)
    intake.take(monday, friday, copy=copy)
    before = intake.store.project(intake.slug).seq
    report = intake.take(monday, friday, copy=copy)
    assert (report.added, report.refused, report.unchanged) == ((), (), 3)
    assert intake.store.project(intake.slug).seq == before


def test_one_file_by_two_ways_goes_in_once(intake: Intake, pictures: Path):
    report = intake.take(pictures, pictures / "deep", pictures / "deep" / "a.png")
    assert (len(report.added), report.unchanged) == (3, 2)


def test_only_what_is_new_goes_in(intake: Intake, pictures: Path):
    intake.take(pictures)
    fill(pictures, cell11_png=NUCLEI)
    report = intake.take(pictures)
    assert [image.name for image in report.added] == ["cell11.png"]
    assert report.unchanged == 3


def test_a_file_that_changed_in_place_is_refused(intake: Intake, pictures: Path):
    intake.take(pictures)
    fill(pictures, cell10_png=NUCLEI)
    (refusal,) = intake.take(pictures).refused
    assert refusal.name == "cell10.png"
    assert "is in the project as cell10.png and has changed since" in refusal.reason
    assert len(intake.names) == 3


def test_equal_pictures_under_two_names_share_one_copy(intake: Intake, tmp_path: Path):
    folder = fill(tmp_path / "twins", a_png=CAT, b_png=CAT)
    intake.take(folder, copy=True)
    first, second = intake.images
    assert (first.name, second.name) == ("a.png", "b.png")
    assert first.uri == second.uri


# --- wrong use --------------------------------------------------------------------------------


def test_a_missing_source_is_named_and_nothing_goes_in(intake: Intake, pictures: Path):
    with pytest.raises(UsageError, match=r"nowhere does not exist\. Name a folder"):
        intake.take(pictures, pictures / "nowhere")
    assert intake.names == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"holds no images\. JPEG, PNG"),
        ({"a_txt": b"x"}, r"holds no images \(1 other file ignored\)"),
        ({"a_txt": b"x", "b_csv": b"y"}, r"holds no images \(2 other files ignored\)"),
    ],
)
def test_a_folder_without_images_is_said_to_be_one(
    files: dict[str, bytes], message: str, intake: Intake, tmp_path: Path
):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=message):
        intake.take(fill(tmp_path / "empty", **files))


def test_sources_can_be_looked_at_before_anything_is_made(pictures: Path, tmp_path: Path):
    require_images([pictures])
    require_images([_zip(tmp_path)])
    with pytest.raises(UsageError, match="does not exist"):
        require_images([pictures, tmp_path / "nowhere"])
    with pytest.raises(DataError, match="holds no images"):
        require_images([fill(tmp_path / "texts", a_txt=b"x")])


# --- while it runs ----------------------------------------------------------------------------


def test_progress_counts_every_file(intake: Intake, pictures: Path):
    fill(pictures, broken_png=b"x")
    seen: list[tuple[int, int, str]] = []
    intake.take(pictures, progress=lambda *step: seen.append(step))
    assert seen == [
        (1, 4, "broken.png"),
        (2, 4, "cell2.jpg"),
        (3, 4, "cell10.png"),
        (4, 4, "deep/a.png"),
    ]


def test_what_went_in_before_a_cancel_stays(intake: Intake, pictures: Path):
    answers = iter([False, True])
    report = intake.take(pictures, copy=True, cancelled=lambda: next(answers))
    assert report.cancelled
    assert intake.names == ["cell2.jpg", "cell10.png"]
    assert len(intake.take(pictures, copy=True).added) == 1


def test_a_full_run_is_not_called_cancelled(intake: Intake, pictures: Path):
    assert not intake.take(pictures, cancelled=lambda: False).cancelled


class Stop(Exception):
    pass


def test_an_interruption_leaves_nothing_half_done(intake: Intake, pictures: Path):
    def stop(done: int, _total: int, _name: str) -> None:
        if done == 2:
            raise Stop

    with pytest.raises(Stop):
        intake.take(pictures, copy=True, progress=stop)
    assert intake.names == []
    assert not [path for path in intake.folder.rglob("*") if path.is_file()]


def test_a_store_that_refuses_leaves_no_copies(intake: Intake, pictures: Path, monkeypatch):
    def full(*_args: object, **_options: object):
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(Store, "add_images", full)
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        intake.take(pictures, copy=True)
    assert not [path for path in intake.folder.rglob("*") if path.is_file()]


def test_two_intakes_at_once_share_the_names(intake: Intake, tmp_path: Path):
    folders = [
        fill(tmp_path / name, a_png=content)
        for name, content in (("one", CAT), ("two", NUCLEI), ("three", CELLS))
    ]
    threads = [threading.Thread(target=intake.take, args=(folder,)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(intake.names) == 3
    assert "a.png" in intake.names


def test_litter_of_a_killed_intake_is_cleared_in_time(intake: Intake, pictures: Path):
    old, young = intake.folder / "incoming" / "old", intake.folder / "incoming" / "young"
    for folder in (old, young):
        fill(folder, a_png=CAT)
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    intake.take(pictures)
    assert not old.exists()
    assert young.exists()
