import gc
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from datasetbuilder.errors import DatasetBuilderError, ImageRefused, StoreUnavailable
from datasetbuilder.pixels.decoder import DecoderLimits, DecoderPool
from datasetbuilder.pixels.reader import inspect, read_pixels
from datasetbuilder.pixels.rendition import rendition_path
from tests.pixels.corpus import DATA, nuclei

CELLS = DATA / "blood_cells.jpg"
FAULTY = "tests.pixels.faulty_worker"
PATIENT = DecoderLimits(cpu_seconds=0.5)
IMPATIENT = DecoderLimits(seconds=1.0)


@pytest.fixture
def decoder() -> Iterator[DecoderPool]:
    with DecoderPool(1) as pool:
        yield pool


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Iterator[DecoderPool]:
    monkeypatch.syspath_prepend(str(DATA.parents[2]))
    with DecoderPool(1, limits=PATIENT, program=FAULTY) as pool:
        yield pool


def process_of(pool: DecoderPool) -> int:
    """The process number of the child; only the faulty worker tells it."""
    with pytest.raises(ImageRefused) as refused:
        pool.inspect(Path("pid"))
    return int(str(refused.value))


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


# --- what it gives ----------------------------------------------------------------------------


def test_the_child_reads_what_the_reader_reads(decoder: DecoderPool):
    data = CELLS.read_bytes()
    assert decoder.inspect(CELLS) == inspect(data)
    np.testing.assert_array_equal(decoder.pixels(CELLS), read_pixels(data))


def test_deep_pixels_cross_the_pipe_unchanged(decoder: DecoderPool):
    pixels = decoder.pixels(DATA / "nuclei_rgb16_lzw.tif")
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels, np.moveaxis(nuclei(), 0, -1))
    pixels[0, 0] = 0


def test_taking_in_prepares_thumbnail_and_preview(decoder: DecoderPool, tmp_path: Path):
    sha256, info = decoder.take_in(CELLS, tmp_path)
    assert info is not None
    assert info.likeness is not None
    assert replace(info, likeness=None) == inspect(CELLS.read_bytes())
    for kind, size in (("thumb", (256, 192)), ("preview", (640, 480))):
        with Pillow.open(rendition_path(tmp_path, sha256, kind, longest=640)) as picture:
            assert (picture.size, picture.format) == (size, "JPEG")


def test_a_known_content_is_not_decoded(decoder: DecoderPool, tmp_path: Path):
    sha256, _ = decoder.take_in(CELLS, tmp_path / "first")
    assert decoder.take_in(CELLS, tmp_path / "second", known=[sha256]) == (sha256, None)
    assert not (tmp_path / "second").exists()


def test_one_rendition_is_made_on_demand(decoder: DecoderPool, tmp_path: Path):
    sha256 = decoder.inspect(CELLS).sha256
    decoder.render(CELLS, "full", tmp_path, sha256=sha256)
    (made,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert made == rendition_path(tmp_path, sha256, "full", longest=640)


def test_a_rendition_that_is_there_is_left_alone(decoder: DecoderPool, tmp_path: Path):
    sha256, _ = decoder.take_in(CELLS, tmp_path)
    thumb = rendition_path(tmp_path, sha256, "thumb", longest=640)
    thumb.write_bytes(b"kept")
    decoder.render(CELLS, "thumb", tmp_path)
    assert thumb.read_bytes() == b"kept"


def test_another_content_than_expected_is_refused(decoder: DecoderPool):
    with pytest.raises(ImageRefused, match="has changed since it was added"):
        decoder.pixels(CELLS, sha256="0" * 64)


def test_a_cache_that_cannot_be_written_is_not_the_image_s_fault(
    decoder: DecoderPool, tmp_path: Path
):
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(StoreUnavailable, match="cannot be written to the cache"):
        decoder.take_in(CELLS, tmp_path / "cache")


# --- children ---------------------------------------------------------------------------------


def test_a_child_serves_many_files(faulty: DecoderPool):
    first = process_of(faulty)
    faulty.inspect(CELLS)
    assert process_of(faulty) == first


def test_a_child_is_replaced_after_its_share_of_files(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DATA.parents[2]))
    with DecoderPool(1, limits=DecoderLimits(requests=2), program=FAULTY) as pool:
        assert process_of(pool) == process_of(pool)
        third = process_of(pool)
    assert not is_alive(third)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("crash", r"crashed the decoder \(exit -11\)"),
        ("leave", r"crashed the decoder \(exit 3\)"),
        ("killed", "stopped by the system"),
        ("spin", r"took more than 0\.5 s of processor time"),
    ],
)
def test_a_file_that_kills_its_child_costs_only_itself(
    fault: str, reason: str, faulty: DecoderPool
):
    before = process_of(faulty)
    with pytest.raises(ImageRefused, match=reason):
        faulty.inspect(Path(fault))
    assert not is_alive(before)
    assert faulty.inspect(CELLS).width == 640


def test_a_child_that_waits_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DATA.parents[2]))
    with DecoderPool(1, limits=IMPATIENT, program=FAULTY) as pool:
        with pytest.raises(ImageRefused, match="took longer than 1 s to decode"):
            pool.inspect(Path("hang"))
        assert process_of(pool) > 0


def test_a_file_that_needs_too_much_memory_is_refused(faulty: DecoderPool):
    with pytest.raises(ImageRefused, match="more memory than one image may take"):
        faulty.inspect(Path("eat"))
    assert faulty.inspect(CELLS).width == 640


def test_a_library_that_prints_does_not_disturb_the_answers(faulty: DecoderPool, tmp_path: Path):
    (tmp_path / "print.jpg").write_bytes(CELLS.read_bytes())
    assert faulty.inspect(tmp_path / "print.jpg").width == 640


def test_many_threads_share_few_children(tmp_path: Path):
    with DecoderPool(2) as pool, ThreadPoolExecutor(8) as threads:
        infos = list(threads.map(pool.inspect, [CELLS] * 20))
    assert {info.width for info in infos} == {640}


def test_closing_ends_the_children(faulty: DecoderPool):
    child = process_of(faulty)
    faulty.close()
    assert not is_alive(child)
    with pytest.raises(DatasetBuilderError, match="closed"):
        faulty.inspect(CELLS)


def test_a_forgotten_pool_ends_its_children(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DATA.parents[2]))
    pool = DecoderPool(1, program=FAULTY)
    child = process_of(pool)
    del pool
    gc.collect()
    assert not is_alive(child)


def test_a_child_that_cannot_start_says_why():
    with (
        DecoderPool(1, program="no_such_module") as pool,
        pytest.raises(DatasetBuilderError, match=r"cannot start: ModuleNotFoundError.*no_such"),
    ):
        pool.inspect(CELLS)


PARENT = """
import json, os, signal, sys
sys.path[:] = json.loads(sys.argv[1])
from pathlib import Path
from datasetbuilder.errors import ImageRefused
from datasetbuilder.pixels.decoder import DecoderPool
pool = DecoderPool(1, program="tests.pixels.faulty_worker")
try:
    pool.inspect(Path("pid"))
except ImageRefused as child:
    print(child, flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("end", "code"), [("leaves", 0), ("killed", -signal.SIGKILL)])
def test_children_end_with_their_parent(end: str, code: int):
    path = json.dumps([str(DATA.parents[2]), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", PARENT, path, end],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    wait_for_end(int(done.stdout))


def wait_for_end(process: int) -> None:
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        return
    assert select.select([watched], [], [], 30)[0], "the child outlived its parent"
    os.close(watched)
