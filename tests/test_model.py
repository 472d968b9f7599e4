"""The nouns: frozen, with stable words, and never a list position for an id."""

import dataclasses

import pytest

import datasetbuilder.model as model
from datasetbuilder import errors
from datasetbuilder.model import (
    Annotation,
    Box,
    Ellipse,
    Image,
    ImageState,
    Keypoints,
    Kind,
    Mask,
    OperationKind,
    Outcome,
    Part,
    Points,
    Polygon,
    Polyline,
    RotatedBox,
    Stroke,
    Tag,
    TargetType,
)

NOUNS = [
    noun
    for noun in vars(model).values()
    if dataclasses.is_dataclass(noun) and isinstance(noun, type)
]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_every_noun_is_frozen_and_slotted(noun):
    assert noun.__dataclass_params__.frozen
    assert not hasattr(noun, "__dict__") or "__dict__" not in noun.__slots__


def test_a_shape_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Box(1, 2, 3, 4).x = 9  # pyright: ignore[reportAttributeAccessIssue]


def test_shapes_are_equal_by_their_numbers_and_may_be_set_members():
    ring = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    assert len({Polygon((Part(ring),)), Polygon((Part(ring),)), Mask(0, 0, 1, 1, "01")}) == 2


@pytest.mark.parametrize(
    ("geometry", "kind"),
    [
        (Tag(), Kind.TAG),
        (Box(0, 0, 1, 1), Kind.BOX),
        (Polygon(()), Kind.POLYGON),
        (Mask(0, 0, 1, 1, "01"), Kind.MASK),
        (RotatedBox(0, 0, 1, 1), Kind.ROTATED_BOX),
        (Ellipse(0, 0, 1, 1), Kind.ELLIPSE),
        (Polyline(()), Kind.POLYLINE),
        (Points(()), Kind.POINTS),
        (Keypoints(()), Kind.KEYPOINTS),
    ],
)
def test_an_annotation_is_of_the_kind_of_its_shape(geometry, kind):
    assert Annotation(uid="a", label=1, geometry=geometry).kind is kind


def test_the_shape_of_an_image_is_height_then_width():
    assert Image(1, "a.png", width=640, height=480).shape == (480, 640)


def test_an_annotation_is_born_as_truth_by_a_person_and_not_yet_stored():
    born = Annotation(uid="a", label=1, geometry=Tag())
    assert (born.set, born.source, born.crowd) == ("truth", "person", False)
    assert (born.id, born.version, born.bbox) == (0, 0, None)


def test_the_background_of_a_scribble_is_no_label():
    assert Stroke(((0.0, 0.0),), 1.0, model.BACKGROUND).label == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (ImageState, "new in_progress done accepted rejected skipped"),
        (OperationKind, "add change remove"),
        (Outcome, "accepted conflict refused"),
        (TargetType, "annotation scribble label image_state split comment settings"),
        (Kind, "tag box rotated_box polygon mask ellipse polyline points keypoints"),
    ],
)
def test_words_that_are_stored_stay_words(words, expected):
    assert set(expected.split()) <= set(words)


def test_every_error_is_one_of_ours_and_drawn_at_the_head_of_its_module():
    drawn = errors.__doc__ or ""
    for name, error in vars(errors).items():
        if isinstance(error, type):
            assert issubclass(error, errors.DatasetBuilderError)
            assert name in drawn


def test_a_wire_error_keeps_its_path_apart_from_its_problem():
    error = errors.WireError("operations[3].payload", "is missing")
    assert str(error) == "operations[3].payload: is missing"
    assert (error.path, error.problem) == ("operations[3].payload", "is missing")
