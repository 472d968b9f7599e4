import io
import os
import zipfile

from datasetbuilder.app.archive import missing_files, zip_stream


def folder_with_files(tmp_path):
    folder = tmp_path / "2026-coco"
    (folder / "images").mkdir(parents=True)
    (folder / "annotations.json").write_text("{}")
    (folder / "images" / "b.png").write_bytes(os.urandom(3_000_000))
    (folder / "images" / "a.png").write_bytes(b"")
    return folder


def test_a_streamed_zip_holds_the_folder(tmp_path):
    folder = folder_with_files(tmp_path)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zip_stream(folder))))
    assert archive.testzip() is None
    assert archive.namelist() == [
        "2026-coco/annotations.json",
        "2026-coco/images/a.png",
        "2026-coco/images/b.png",
    ]
    assert archive.read("2026-coco/images/b.png") == (folder / "images" / "b.png").read_bytes()


def test_the_same_folder_gives_the_same_bytes(tmp_path):
    folder = folder_with_files(tmp_path)
    first = b"".join(zip_stream(folder))
    os.utime(folder / "annotations.json", (0, 0))
    assert b"".join(zip_stream(folder)) == first


def test_large_files_come_in_pieces(tmp_path):
    pieces = list(zip_stream(folder_with_files(tmp_path)))
    assert len(pieces) >= 4
    assert max(map(len, pieces)) < 1_200_000


def test_a_link_to_an_original_that_is_gone_is_named(tmp_path):
    folder = folder_with_files(tmp_path)
    (folder / "images" / "c.png").symlink_to(tmp_path / "original.png")
    assert missing_files(folder) == ["images/c.png"]
    (tmp_path / "original.png").write_bytes(b"")
    assert missing_files(folder) == []
