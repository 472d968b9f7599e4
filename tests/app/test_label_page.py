import pytest

from datasetbuilder.app.pages import attribute_field, settings, skeleton_field
from datasetbuilder.model import Attribute, AttributeKind, LabelGroup, Skeleton


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


def test_what_a_label_asks_is_said_in_one_line(project, cat):
    line = "colour*: red | green = red; cut off: yes/no = no; length: number = 2.5; remark: text"
    notice = settings.change_attributes(project, cat.uid, line, author="ada")
    assert said(notice) == ("cat asks for colour, cut off, length, remark.", "notice good")
    label = project.labels()[0]
    assert label.attributes == (
        Attribute("colour", AttributeKind.CHOICE, ("red", "green"), True, "red"),
        Attribute("cut off", AttributeKind.CHECK, default=False),
        Attribute("length", AttributeKind.NUMBER, default=2.5),
        Attribute("remark", AttributeKind.TEXT),
    )
    assert attribute_field.text_from_attributes(label.attributes) == line
    assert settings.change_attributes(project, cat.uid, line, author="ada") is None
    nothing = settings.change_attributes(project, cat.uid, "", author="ada")
    assert said(nothing) == ("cat asks nothing.", "notice good")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("colour", "asks nothing"),
        ("*: text", "asks nothing"),
        ("age: number = old", "not a number"),
        ("cut: yes/no = perhaps", "neither yes nor no"),
        ("colour: red", "2 to 500 options"),
        ("colour: red | red", "an option twice"),
        ("colour: red | green = blue", "must be one of red, green"),
        ("a: text; a: number", 'a second "a"'),
        ("note: text", "every object has one anyway"),
    ],
)
def test_a_line_that_asks_nothing_sensible_is_refused_in_words(project, cat, line, why):
    words, kind = said(settings.change_attributes(project, cat.uid, line, author="ada"))
    assert kind == "notice bad"
    assert why in str(words)
    assert project.labels()[0].attributes == ()


def test_a_label_goes_into_a_group_and_out_again(project, cat):
    notice = settings.change_group(project, cat.uid, " weather  (several)", author="ada")
    assert said(notice) == ("cat answers weather.", "notice good")
    assert project.labels()[0].group == LabelGroup("weather", several=True)
    assert attribute_field.text_from_group(project.labels()[0].group) == "weather (several)"
    settings.change_group(project, cat.uid, "weather", author="ada")
    assert project.labels()[0].group == LabelGroup("weather")
    settings.change_group(project, cat.uid, "", author="ada")
    assert project.labels()[0].group is None
