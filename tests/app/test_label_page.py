import pytest

from datasetbuilder.app.pages import settings, skeleton_field
from datasetbuilder.model import Skeleton


@pytest.fixture
def cat(project):
    """The first label of the project."""
    return project.labels()[0]


def said(notice):
    assert notice is not None
    return notice.children, notice.className


def test_a_label_is_recoloured_under_its_id(project, cat):
    notice = settings.recolour_label(project, cat.uid, "#AA3377", author="local")
    assert said(notice) == ("cat is #aa3377 from now on.", "notice good")
    assert next((x.id, x.name, x.color) for x in project.labels()) == (1, "cat", "#aa3377")


@pytest.mark.parametrize("unfinished", ["#aa", "red", "", "#aa33771", "#gg3377"])
def test_a_colour_that_is_still_being_typed_changes_nothing(project, cat, unfinished):
    before = project.info.seq
    assert settings.recolour_label(project, cat.uid, unfinished, author="local") is None
    assert project.info.seq == before


def test_the_same_name_again_is_no_change(project, cat):
    before = project.info.seq
    assert settings.change_label(project, cat.uid, {"name": "cat"}, author="local") is None
    assert project.info.seq == before


def test_a_name_that_another_label_has_is_refused_in_words(project, cat):
    words, kind = said(settings.change_label(project, cat.uid, {"name": "Dog"}, author="local"))
    assert kind == "notice bad"
    assert "dog" in str(words).lower()
    assert [label.name for label in project.labels()] == ["cat", "dog"]


def test_an_empty_name_is_asked_for(project):
    assert said(settings.add_label(project, "  ", author="local")) == (
        "Type a name first.",
        "notice bad",
    )


def test_a_removed_label_comes_back_with_its_id_and_colour(project, cat):
    settings.remove_label(project, cat.uid, author="local")
    assert [label.name for label in project.labels()] == ["dog"]
    settings.restore_label(project, cat.uid, author="local")
    back = project.labels()[0]
    assert (back.id, back.name, back.color) == (1, "cat", cat.color)


def test_the_keypoints_of_a_label_are_named_in_one_line(project, cat):
    notice = settings.change_skeleton(project, cat.uid, "tip, tail , fin | 1-2, 3-1", author="ada")
    assert said(notice) == ("cat has 3 keypoints.", "notice good")
    skeleton = project.labels()[0].skeleton
    assert skeleton == Skeleton(("tip", "tail", "fin"), ((0, 1), (0, 2)))
    line = skeleton_field.text_from_skeleton(skeleton)
    assert line == "tip, tail, fin | 1-2, 1-3"
    assert settings.change_skeleton(project, cat.uid, line, author="ada") is None


def test_an_empty_line_takes_the_keypoints_away(project, cat):
    settings.change_skeleton(project, cat.uid, "tip, tail", author="ada")
    assert said(settings.change_skeleton(project, cat.uid, " ", author="ada"))[0] == (
        "cat has no keypoints."
    )
    assert project.labels()[0].skeleton is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("tip, tail | 1:2", '"1:2" is not an edge; write two positions as 1-2'),
        ("tip, tail | 1-3", "must be two different positions from 0 to 1"),
        ("tip, tip", 'is a second "tip"'),
    ],
)
def test_keypoints_that_make_no_sense_are_refused_in_words(project, cat, line, reason):
    words, kind = said(settings.change_skeleton(project, cat.uid, line, author="ada"))
    assert (kind, reason in str(words)) == ("notice bad", True)
    assert project.labels()[0].skeleton is None
