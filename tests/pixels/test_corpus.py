"""Every file of the corpus is refused for its reason, or read as it is meant."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from datasetbuilder.errors import ImageRefused
from datasetbuilder.pixels.decoder import DecoderPool
from datasetbuilder.pixels.display import to_display
from tests.pixels import hostile, odd
from tests.pixels.corpus import Case


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecoderPool]:
    with DecoderPool(1) as pool:
        yield pool


def written(case: Case, folder: Path) -> Path:
    path = folder / case.file
    case.write(path)
    return path


@pytest.mark.parametrize("case", hostile.CASES, ids=lambda case: case.name)
def test_a_hostile_file_is_refused_with_its_reason(
    case: Case, decoder: DecoderPool, tmp_path: Path
):
    path, cache = written(case, tmp_path), tmp_path / "cache"
    with pytest.raises(ImageRefused, match=case.refused):
        decoder.take_in(path, cache)
    assert not cache.exists()


@pytest.mark.parametrize("case", odd.CASES, ids=lambda case: case.name)
def test_an_odd_file_is_read_as_it_is_meant(case: Case, decoder: DecoderPool, tmp_path: Path):
    path, cache = written(case, tmp_path), tmp_path / "cache"
    _, info = decoder.take_in(path, cache)
    pixels = decoder.pixels(path)
    assert info is not None
    assert (info.width, info.height, info.dtype) == (*case.size, case.dtype)
    assert (info.channels, info.orientation) == (case.channels, case.orientation)
    assert info.pages == case.pages
    assert case.note in " ".join(info.notes)
    assert pixels.shape[:2] == (info.height, info.width)
    assert pixels.dtype == case.dtype
    assert pixels[0, 0].size == case.channels
    if case.pixel is not None:
        (x, y), value = case.pixel
        np.testing.assert_allclose(pixels[y, x].astype(float), value, atol=case.tolerance)


@pytest.mark.parametrize("case", odd.CASES, ids=lambda case: case.name)
def test_an_odd_file_can_be_shown(case: Case, decoder: DecoderPool, tmp_path: Path):
    shown = to_display(decoder.pixels(written(case, tmp_path)))
    assert shown.dtype == np.uint8
    assert shown.shape in (case.size[::-1], (*case.size[::-1], 3))


def test_the_corpus_is_as_large_as_it_should_be():
    assert len(hostile.CASES) >= 40
    assert len(odd.CASES) >= 30
    assert len({case.file for case in (*hostile.CASES,)}) == len(hostile.CASES)
