"""A classifier taught by examples, its proposals, and the folder that it is taken along in."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from datasetbuilder.errors import DataError, GeometryError
from datasetbuilder.refine import teaching
from datasetbuilder.refine.taking_along import read_classifier, write_classifier
from datasetbuilder.refine.teaching import Example

pytestmark = pytest.mark.slow

DISK, SQUARE = 1, 4


def picture(seed, disk, square):
    """A bright disk of radius 8 and a dim square of 16 on a dark, noisy ground; what is where."""
    rows, columns = np.mgrid[:60, :80]
    known = np.zeros((60, 80), int)
    known[square[0] : square[0] + 16, square[1] : square[1] + 16] = SQUARE
    known[np.hypot(rows - disk[0], columns - disk[1]) <= 8] = DISK
    light = np.choose(np.searchsorted([0, DISK, SQUARE], known), [40, 210, 120])
    noise = np.random.default_rng(seed).integers(-8, 9, known.shape)
    return (light + noise).astype(np.uint8), known


FIRST, OTHER = picture(0, (20, 20), (30, 50)), picture(1, (40, 60), (10, 10))


@pytest.fixture(scope="module")
def taught():
    return teaching.teach([Example(*FIRST)])


def test_one_image_teaches_the_next(taught):
    image, known = OTHER
    assert taught.labels == (DISK, SQUARE)
    best = teaching.likelihood(taught, image).best
    assert (best == known).mean() > 0.97


def test_the_rim_is_less_certain_than_the_middle(taught):
    unsure = teaching.likelihood(taught, OTHER[0]).uncertainty
    assert unsure.shape == (60, 80)
    assert unsure.min() >= 0
    assert unsure.max() <= 1
    assert unsure[40, 60] < 0.1


def test_objects_are_proposed_with_scores_the_surest_first(taught):
    found = teaching.proposals(taught, OTHER[0])
    assert {one.label for one in found} == {DISK, SQUARE}
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    (disk,) = [one for one in found if one.label == DISK]
    truth = OTHER[1] == DISK
    assert (disk.mask & truth).sum() / (disk.mask | truth).sum() > 0.9


def test_small_and_unsure_objects_can_be_left_out(taught):
    assert teaching.proposals(taught, OTHER[0], smallest=10_000) == []
    assert teaching.proposals(taught, OTHER[0], least_score=1.1) == []


def test_the_same_lessons_make_the_same_classifier_and_others_another_version(taught):
    again = teaching.teach([Example(*FIRST)])
    other = teaching.teach([Example(*OTHER)])
    assert again.version == taught.version != other.version
    one, two = (teaching.arrays_from_classifier(each) for each in (taught, again))
    assert list(one) == list(two)
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name])


def test_strokes_alone_teach_too():
    image, known = FIRST
    drawn = np.full(known.shape, teaching.UNKNOWN)
    drawn[18:22, 14:26] = DISK
    drawn[5:8, 40:70] = 0
    taught = teaching.teach([Example(image, drawn)])
    assert taught.labels == (DISK,)


@pytest.mark.parametrize(
    "examples",
    [
        [],
        [Example(FIRST[0], np.full((60, 80), -1))],
        [Example(FIRST[0], np.zeros((60, 80), int))],
    ],
)
def test_too_little_to_learn_from_is_said(examples):
    with pytest.raises(GeometryError, match="too little to learn from"):
        teaching.teach(examples)


def test_what_is_known_must_fit_the_image():
    with pytest.raises(GeometryError, match=r"what is known is \(3, 3\)"):
        teaching.teach([Example(FIRST[0], np.zeros((3, 3), int))])


@pytest.mark.parametrize("form", [lambda i: i.astype(np.uint16) * 99, lambda i: np.dstack([i] * 3)])
def test_any_depth_and_colour_is_looked_at(form):
    taught = teaching.teach([Example(form(FIRST[0]), FIRST[1])])
    assert (teaching.likelihood(taught, form(OTHER[0])).best == OTHER[1]).mean() > 0.95


def test_round_an_accepted_object_is_background_and_further_off_nothing_is_known():
    mask = np.zeros((60, 80), bool)
    mask[20:40, 20:40] = True
    known = teaching.known_from_masks([(3, mask)], (60, 80), finished=False)
    assert (known[30, 30], known[18, 30], known[30, 75]) == (3, 0, -1)
    whole = teaching.known_from_masks([(3, mask)], (60, 80), finished=True)
    assert whole[30, 75] == 0


# --- taken along ------------------------------------------------------------------------------


def test_a_classifier_comes_back_from_its_folder(taught, tmp_path):
    write_classifier(taught, tmp_path / "taught")
    back = read_classifier(tmp_path / "taught")
    assert (back.version, back.labels) == (taught.version, taught.labels)
    np.testing.assert_array_equal(
        teaching.likelihood(back, OTHER[0]).chances, teaching.likelihood(taught, OTHER[0]).chances
    )


@pytest.mark.parametrize("deep", [False, True])
def test_its_script_says_the_same_without_this_package(taught, tmp_path, deep):
    write_classifier(taught, tmp_path / "taught")
    image = OTHER[0].astype(np.uint16) * 200 if deep else OTHER[0]
    Image.fromarray(image).save(tmp_path / "image.png")
    script = tmp_path / "taught" / "predict.py"
    command = [sys.executable, "-I", "-c", _ALONE, str(script), "image.png", "out.png"]
    subprocess.run(command, check=True, cwd=tmp_path)
    labels = np.array(Image.open(tmp_path / "out.png"))
    np.testing.assert_array_equal(labels, teaching.likelihood(taught, image).best)


_ALONE = """
import runpy, sys
sys.modules["datasetbuilder"] = None
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rsplit("/", 1)[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_an_existing_folder_is_never_written_over(taught, tmp_path):
    with pytest.raises(DataError, match="exists"):
        write_classifier(taught, tmp_path)


def test_what_is_no_classifier_is_refused(tmp_path):
    with pytest.raises(DataError, match="no classifier"):
        read_classifier(tmp_path)
    np.savez(tmp_path / "classifier.npz", labels=np.array([1]))
    with pytest.raises(DataError, match="not the arrays of a classifier"):
        read_classifier(tmp_path)
    np.savez(tmp_path / "classifier.npz", labels=np.array([object()]), allow_pickle=True)
    with pytest.raises(DataError, match="no classifier"):
        read_classifier(tmp_path)
