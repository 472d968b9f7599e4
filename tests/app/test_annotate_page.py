"""The frame of the annotate page, and its agreement with the scripts and pictures beside it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash import dcc
from dash.development.base_component import Component

from datasetbuilder.api import Project
from datasetbuilder.app import figures, ids
from datasetbuilder.app.pages import annotate
from datasetbuilder.errors import UnknownName

ASSETS = Path(annotate.__file__).parents[1] / "assets"


def scripts() -> str:
    """The whole canvas as one text."""
    return "\n".join(path.read_text() for path in sorted((ASSETS / "canvas").glob("*.js")))


def parts(component: Any) -> Iterator[Component]:
    """Every component of a layout, the outermost first."""
    if isinstance(component, Component):
        yield component
        component = getattr(component, "children", None)
    if isinstance(component, list | tuple):
        for child in component:
            yield from parts(child)
    elif isinstance(component, Component):
        yield from parts(component)


def prop(component: Component, name: str) -> Any:
    """A property, None when it was not given."""
    return component.to_plotly_json()["props"].get(name)


@pytest.fixture
def page(project: Project) -> list[Component]:
    return list(parts(annotate.layout(project, 2)))


def by_id(page: list[Component], key: str) -> Component:
    return next(part for part in page if prop(part, "id") == key)


def test_the_page_tells_the_script_which_image_to_open(page: list[Component]) -> None:
    root = by_id(page, ids.ANNOTATE)
    assert (prop(root, "data-slug"), prop(root, "data-image")) == ("cats", "2")


def test_the_crumbs_name_the_project_and_the_image(page: list[Component]) -> None:
    assert prop(by_id(page, "annotate-project"), "href") == "/p/cats/images"
    assert prop(by_id(page, "annotate-project"), "children") == "Cats"
    assert prop(by_id(page, "annotate-name"), "children") == "two.png"


def test_an_image_that_is_not_there_is_refused_by_its_number(project: Project) -> None:
    with pytest.raises(UnknownName, match="99"):
        annotate.layout(project, 99)


def test_the_drawing_surface_and_the_save_state_have_their_fixed_names(
    page: list[Component],
) -> None:
    assert isinstance(by_id(page, "canvas"), dcc.Graph)
    assert prop(by_id(page, "save-state"), "data-state") == "saved"


def test_nothing_on_the_page_is_sent_to_a_plotly_cloud(page: list[Component]) -> None:
    config = prop(by_id(page, ids.CANVAS), "config")
    assert (config["showSendToCloud"], config["displayModeBar"]) == (False, False)


def test_pictures_stay_addresses(page: list[Component]) -> None:
    """In a static plot plotly would copy each picture into the page as base64."""
    assert not prop(by_id(page, ids.CANVAS), "config").get("staticPlot")


def test_the_stores_of_the_page_hold_no_geometry(page: list[Component]) -> None:
    assert not [part for part in page if isinstance(part, dcc.Store)]


def test_every_control_without_words_has_a_name(page: list[Component]) -> None:
    for button in page:
        if button.to_plotly_json()["type"] == "Button":
            words = prop(button, "aria-label") or prop(button, "title")
            assert words, button


def test_each_tool_of_the_rail_is_registered_by_a_script() -> None:
    registered = re.findall(r"dsb\.register\('(\w+)'", scripts())
    off_the_rail = ["comment", "look", "walk"]
    assert sorted([*(tool for tool, *_ in annotate.TOOLS), *off_the_rail]) == sorted(registered)


def test_each_tool_has_the_key_that_the_rail_shows() -> None:
    for tool, _, key, _ in annotate.TOOLS:
        assert f"show: '{key}', keys: ['{key.lower()}']" in scripts()
        assert f"run: tool('{tool}')" in scripts()


def test_every_icon_that_is_asked_for_is_there(page: list[Component]) -> None:
    classes = " ".join(str(prop(part, "className") or "") for part in page) + scripts()
    for name in set(re.findall(r"icon-([a-z0-9-]+)", classes)):
        assert (ASSETS / "icons" / f"{name}.svg").is_file(), name
        assert f".icon-{name} " in (ASSETS / "icons.css").read_text()


def test_the_icons_carry_their_licence() -> None:
    assert "MIT License" in (ASSETS / "icons" / "LICENSE.txt").read_text()


def test_every_place_that_the_script_fills_is_on_the_page(page: list[Component]) -> None:
    known = {prop(part, "id") for part in page}
    for name in re.findall(r"part\('(\w+)'\)", scripts()):
        assert f"annotate-{name}" in known
    for name in re.findall(r"find\('#([\w-]+)'\)", scripts()):
        assert name in known


def test_the_two_pictures_never_have_the_same_size() -> None:
    """Plotly keys layout images by their placement: it would draw the first one only."""
    small, full = figures.empty_canvas().to_plotly_json()["layout"]["images"]
    assert small["sizex"] != full["sizex"]
    assert 0 < full["sizex"] - small["sizex"] < 0.01


def test_the_figure_holds_no_traces() -> None:
    assert figures.empty_canvas().to_plotly_json()["data"] == []


@pytest.mark.parametrize("banned", ["eval(", "new Function", "innerHTML", "outerHTML", "scattergl"])
def test_the_scripts_need_no_hole_in_the_policy(banned: str) -> None:
    assert banned not in scripts()


def test_the_scripts_load_nothing_from_elsewhere() -> None:
    addresses = set(re.findall(r"https?://[^\s'\"]+", scripts()))
    assert addresses == {"http://www.w3.org/2000/svg"}
