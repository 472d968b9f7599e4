"""The frame of the review page, and its agreement with the script that fills it."""

import re

import pytest

from datasetbuilder.app import ids
from datasetbuilder.app.pages import review
from datasetbuilder.errors import UnknownName
from tests.app.people import browser_of, enrol
from tests.app.requests import page_at
from tests.app.test_annotate_page import ASSETS, by_id, parts, prop

SCRIPT = (ASSETS / "canvas" / "89_reviewing.js").read_text()


def test_every_place_of_the_review_is_on_the_page_or_built_by_its_script(project):
    known = {prop(part, "id") for part in parts(review.layout(project))}
    built = {f"review-{name}" for name in re.findall(r"named\(\s*'\w+', '(\w+)'", SCRIPT)}
    for name in re.findall(r"piece\('(\w+)'\)", SCRIPT):
        assert f"review-{name}" in known | built, name


def test_the_shared_panes_find_their_places_on_the_review_page(project):
    known = {prop(part, "id") for part in parts(review.layout(project))}
    page = (ASSETS / "canvas" / "90_page.js").read_text()
    shared = page[page.index("function buildShared") : page.index("function buildPanes")]
    top = (ASSETS / "canvas" / "86_panes_top.js").read_text()
    named = {f"annotate-{name}" for name in re.findall(r"part\('(\w+)'\)", shared)}
    named |= set(re.findall(r"find\('#([\w-]+)'\)", top))
    assert named - known == set()


def test_the_page_says_which_image_it_opens(project):
    root = by_id(list(parts(review.layout(project, 2))), ids.ANNOTATE)
    assert (prop(root, "data-image"), prop(root, "data-mode")) == ("2", "review")
    with pytest.raises(UnknownName):
        review.layout(project, 99)


@pytest.mark.parametrize(("role", "status"), [("annotator", False), ("reviewer", True)])
def test_the_page_is_for_reviewers(app, workspace, project, role, status):
    enrol(workspace, "mia", cats=role)
    assert ('"data-mode":"review"' in page_at(browser_of(app, "mia"), "/p/cats/review")) is status
