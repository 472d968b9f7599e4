import os
from pathlib import Path

import pytest

from datasetbuilder.errors import ImageRefused
from datasetbuilder.pixels.files import open_regular, read_regular


def test_a_file_is_read_whole(tmp_path: Path):
    path = tmp_path / "a.png"
    path.write_bytes(b"abc")
    assert read_regular(path) == b"abc"
    with open_regular(path) as file:
        assert file.read() == b"abc"
        assert file.name == str(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(ImageRefused, match="is not there"):
        read_regular(tmp_path / "a.png")


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path):
    path = tmp_path / "a.png"
    path.write_bytes(bytes(3 * 2**20))
    with pytest.raises(ImageRefused, match=r"more than 2 MB, which is the limit \(3 MB\)"):
        read_regular(path, limit=2 * 2**20)


@pytest.mark.skipif(os.name != "posix", reason="named pipes are a POSIX thing")
def test_a_pipe_without_a_writer_does_not_block(tmp_path: Path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ImageRefused, match="is a named pipe"):
        read_regular(tmp_path / "a.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_said_to_be_forbidden(tmp_path: Path):
    path = tmp_path / "a.png"
    path.write_bytes(b"abc")
    path.chmod(0)
    with pytest.raises(ImageRefused, match="permission denied"):
        read_regular(path)


def test_a_refused_file_is_closed(tmp_path: Path):
    (tmp_path / "a.png").touch()
    descriptors = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(20):
        with pytest.raises(ImageRefused, match="is empty"):
            open_regular(tmp_path / "a.png")
    if descriptors:
        assert len(os.listdir("/proc/self/fd")) == descriptors
