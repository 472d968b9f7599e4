from dataclasses import replace

import pytest

from datasetbuilder.errors import FormatError, UsageError
from datasetbuilder.exporters.options import WHOLE, ExportOptions
from datasetbuilder.exporters.placement import place
from datasetbuilder.model import Image
from tests.exporters.snapshots import SnapshotFake


def images(*names: str, **fields) -> list[Image]:
    return [
        Image(k, name, 4, 3, sha256=f"{k:064x}", **fields) for k, name in enumerate(names, start=1)
    ]


def placed(given: list[Image], **options):
    return place(SnapshotFake([(image, ()) for image in given]), ExportOptions(**options))


def file_names(*names: str) -> list[str]:
    given = images(*names)
    placement = placed(given)
    return [placement.file_name(image) for image in given]


# --- names ------------------------------------------------------------------------------------


def test_names_of_the_project_are_kept_with_their_folders():
    assert file_names("a.png", "day 1/b.JPG", "tag/日.tif") == [
        "a.png",
        "day 1/b.JPG",
        "tag/日.tif",
    ]


@pytest.mark.parametrize("name", ["/etc/a", "../a", "a/../../b", "a//b", "./a", "", "a/", ".."])
def test_names_that_leave_the_folder_are_refused(name):
    with pytest.raises(FormatError, match="leads out of the export's folder"):
        file_names("good.png", name)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("C:\\x\\a.png", "C__x_a.png"),
        ('what?"<a>|*.png', "what___a___.png"),
        ("line\nbreak\x00.png", "line_break_.png"),
        ("dots...", "dots___"),
        ("folder /a.png", "folder_/a.png"),
        ("e\u0301.png", "\u00e9.png"),
    ],
)
def test_what_some_file_systems_refuse_is_replaced(name, written):
    assert file_names(name) == [written]


def test_names_that_differ_by_case_alone_are_kept_apart():
    assert file_names("a.png", "A.PNG", "b.png", "a.Png") == [
        "a.png",
        "A~2.PNG",
        "b.png",
        "a~4.Png",
    ]


def test_a_name_made_to_keep_apart_is_not_taken_itself():
    assert file_names("a.png", "A.png", "a~2.png") == ["a.png", "A~2~.png", "a~2.png"]


def test_names_that_become_one_by_replacement_are_kept_apart():
    assert file_names("a?.png", "a*.png") == ["a_.png", "a_~2.png"]


def test_a_file_is_not_called_as_a_folder_is():
    assert file_names("scan", "Scan/1.png") == ["scan~1", "Scan/1.png"]


def test_no_image_takes_the_place_of_a_metadata_file():
    assert file_names("Metadata.parquet") == ["Metadata~1.parquet"]


# --- splits -----------------------------------------------------------------------------------


def test_without_shares_everything_is_one():
    given = images("a", "b")
    placement = placed(given)
    assert placement.splits == (WHOLE,)
    assert {placement.split(image) for image in given} == {WHOLE}


def test_a_split_given_by_hand_wins():
    (image,) = images("a")
    for name in ("train", "val", "test", "hard"):
        by_hand = replace(image, split=name)
        placement = placed([by_hand], splits={"train": 0.5, "val": 0.5})
        assert placement.split(by_hand) == name
        assert name in placement.splits


def test_a_split_given_by_hand_counts_without_shares_too():
    first, second = images("a", "b")
    first = replace(first, split="test")
    placement = placed([first, second])
    assert placement.splits == ("train", "test")
    assert [placement.split(first), placement.split(second)] == ["test", "train"]


def test_a_copy_follows_the_image_that_was_given_a_split():
    first, second, third = images("a", "b", "c")
    first = replace(first, split="test")
    copy = replace(second, sha256=first.sha256)
    placement = placed([first, copy, third], splits={"train": 1.0})
    assert [placement.split(i) for i in (first, copy, third)] == ["test", "test", "train"]


def test_adding_images_moves_none():
    given = images(*map(str, range(60)))
    shares = {"train": 0.7, "val": 0.3}
    before, after = placed(given[:20], splits=shares), placed(given, splits=shares)
    assert [before.split(i) for i in given[:20]] == [after.split(i) for i in given[:20]]


def test_a_split_name_that_files_cannot_carry_is_refused():
    (image,) = images("a", split="my split/1")
    with pytest.raises(UsageError, match="'my split/1' must be a letter"):
        placed([image])
