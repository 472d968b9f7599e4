from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasetbuilder.geometry import array_from_geometry, extent, iou
from datasetbuilder.insight.agreement import Comparison, Tally, agreement, disagreement
from datasetbuilder.model import Annotation, Box, Image, Points, Tag
from tests.strategies import boxes

SHAPE = (10, 12)
IMAGE = Image(1, "a.png", SHAPE[1], SHAPE[0])
LABELS = {1: "cat", 2: "dog"}


def drawn(uid, label, geometry):
    size = extent(geometry, SHAPE)
    return Annotation(uid, label, geometry, bbox=size.bbox, area=size.area)


A = drawn("a", 1, Box(0, 0, 4, 4))
B = drawn("b", 1, Box(0, 0, 4, 3))
C = drawn("c", 1, Box(0, 0, 4, 4))
DOG = drawn("dog", 2, Box(6, 6, 2, 2))


def test_two_raters_who_draw_nearly_the_same_are_told_how_nearly():
    found = agreement([(IMAGE, {"ada": [A, DOG], "bob": [B]})], LABELS)
    assert found.raters == ("ada", "bob")
    cat, dog = found.classes.to_dict("records")
    assert (cat["objects"], cat["found"], cat["iou"], cat["pixels"]) == (2, 1.0, 0.75, 0.75)
    assert (dog["objects"], dog["found"], dog["pixels"]) == (1, 0.0, 0.0)
    assert np.isnan([dog["iou"], dog["kappa"]]).all()
    (image,) = found.images.to_dict("records")
    assert (image["findings"], image["agreed"]) == (2, 1)
    assert image["score"] == pytest.approx(2 * 0.75 / 3)
    (pair,) = found.pairs.to_dict("records")
    assert (pair["rater"], pair["other"], pair["images"], pair["found"]) == ("ada", "bob", 1, 2 / 3)


def test_objects_are_one_finding_though_the_raters_name_them_differently():
    cat, dog = drawn("x", 1, Box(0, 0, 4, 4)), drawn("y", 2, Box(0, 0, 4, 4))
    (found,) = Comparison(IMAGE, {"ada": [cat], "bob": [dog], "eve": [C]}).findings()
    assert [(rater, one.uid) for rater, one in found.objects] == [
        ("ada", "x"),
        ("bob", "y"),
        ("eve", "c"),
    ]
    assert (found.typical.uid, found.iou, found.missed) == ("x", 1.0, ())
    assert (found.is_majority, found.is_agreed) == (True, False)


def test_what_one_of_three_drew_is_no_majority():
    seen = Comparison(IMAGE, {"ada": [A, DOG], "bob": [B], "eve": [C]}).findings()
    assert [(one.typical.uid, one.missed, one.is_majority) for one in seen] == [
        ("a", (), True),
        ("dog", ("bob", "eve"), False),
    ]


def test_points_are_compared_by_the_box_around_them():
    near = [drawn(uid, 1, Points(((1.0, 1.0), (x, 6.0)))) for uid, x in (("p", 5.0), ("q", 6.0))]
    (found,) = Comparison(IMAGE, {"ada": near[:1], "bob": near[1:]}).findings()
    assert found.iou == pytest.approx(4 / 5)


def test_whole_image_classes_have_a_kappa():
    cat, dog = Annotation("t", 1, Tag()), Annotation("u", 2, Tag())
    rows = [
        (IMAGE, {"ada": [cat], "bob": [cat]}),
        (Image(2, "b.png", 5, 5), {"ada": [dog], "bob": [dog]}),
        (Image(3, "c.png", 5, 5), {"ada": [cat], "bob": [dog]}),
        (Image(4, "d.png", 5, 5), {"ada": [cat]}),
    ]
    found = agreement(rows, LABELS)
    # Seen 2/3; Fleiss expects ½² + ½², Cohen 2/3 · 1/3 + 1/3 · 2/3.
    assert found.tag_kappa == pytest.approx(1 / 3)
    assert found.classes.kappa.tolist() == pytest.approx([1 / 3, 1 / 3])
    assert found.pairs.kappa.tolist() == pytest.approx([(2 / 3 - 4 / 9) / (1 - 4 / 9)])
    assert found.images[["image_id", "score"]].to_numpy().tolist() == [[3, 0], [1, 1], [2, 1]]


def test_without_images_the_tables_are_empty():
    found = agreement([], LABELS)
    assert [len(table) for table in (found.classes, found.images, found.pairs, found.objects)] == [
        0,
        0,
        0,
        0,
    ]
    assert (found.label_kappa, found.tag_kappa) == (None, None)


def test_the_map_says_which_share_of_the_raters_stands_alone():
    share = disagreement(IMAGE, {"ada": [A], "bob": [B], "eve": [C, Annotation("t", 1, Tag())]})
    expected = np.zeros(SHAPE)
    expected[3, :4] = 1 / 3
    np.testing.assert_allclose(share, expected, atol=1e-6)


objects = st.lists(st.tuples(st.sampled_from((1, 2)), boxes(SHAPE)), max_size=3)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(objects, min_size=2, max_size=3))
def test_the_sums_are_what_trying_every_pairing_gives(raters):
    rated = {
        f"r{k}": [drawn(f"{k}-{n}", label, box) for n, (label, box) in enumerate(mine)]
        for k, mine in enumerate(raters)
    }
    seen = Comparison(IMAGE, rated).by_pair()
    for label in (1, 2):
        found = Tally()
        for tallies in seen.values():
            found.add(tallies.get(label, Tally()))
        sums = (found.objects, found.pairs, found.iou, found.both, found.any)
        assert sums == pytest.approx(by_trying(rated, label))


def by_trying(rated, label):
    """Objects, pairs, their IoUs, shared and all pixels over every two raters."""
    sums = np.zeros(5)
    for one, other in combinations(sorted(rated), 2):
        ours, theirs = (
            [x.geometry for x in rated[who] if x.label == label] for who in (one, other)
        )
        if len(ours) > len(theirs):
            ours, theirs = theirs, ours
        best = (0, 0.0)
        for order in permutations(theirs, len(ours)):
            close = [
                value
                for a, b in zip(ours, order, strict=True)
                if (value := iou(a, b, SHAPE)) >= 0.5
            ]
            best = max(best, (len(close), sum(close)))
        mine, yours = (painted(shapes) for shapes in (ours, theirs))
        n = len(ours) + len(theirs)
        sums += (n, *best, (mine & yours).sum(), (mine | yours).sum())
    return sums


def painted(shapes):
    seen = np.zeros(SHAPE, bool)
    for one in shapes:
        seen |= array_from_geometry(one, SHAPE)
    return seen
