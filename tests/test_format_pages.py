"""Every format has a page that says what the format itself says."""

import re
from pathlib import Path

import pytest

from datasetbuilder.exporters.export import plan
from datasetbuilder.exporters.reading import READERS
from datasetbuilder.exporters.registry import FORMATS
from tests.exporters.campaigns import everything

DOCS = Path(__file__).parents[1] / "docs"
NAMES = sorted({*FORMATS, *READERS})


def page(name: str) -> str:
    return (DOCS / "formats" / f"{name}.md").read_text(encoding="utf-8")


def declared(name: str) -> set[str]:
    """What the format says it loses of a project with all there is, without the numbers."""
    return {
        re.sub(r"\b\d+ ", "", loss.removeprefix(f"{name}: "))
        for task in FORMATS[name].tasks
        for loss in plan(everything(), formats=[name], task=task).losses
    }


def test_there_is_a_page_for_each_format_and_for_nothing_else():
    assert sorted(path.stem for path in (DOCS / "formats").glob("*.md")) == NAMES


def test_the_list_of_formats_leads_to_every_page():
    assert (
        sorted(re.findall(r"\(formats/([\w-]+)\.md\)", (DOCS / "formats.md").read_text())) == NAMES
    )


@pytest.mark.parametrize("name", FORMATS)
def test_a_page_tells_the_tasks_and_every_loss_that_the_format_declares(name):
    head, _, rest = page(name).partition("## What it cannot hold")
    assert f"Tasks: {', '.join(FORMATS[name].tasks)}." in head
    told = rest.partition("## Reading it")[0]
    assert set(re.findall(r"^- (.*)$", told, re.MULTILINE)) == declared(name)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "coco"])
def test_a_page_says_whether_the_format_is_read(name):
    assert ("It is not read." in page(name)) == (name not in READERS)


@pytest.mark.parametrize("name", NAMES)
def test_the_links_of_a_page_lead_somewhere(name):
    for target in re.findall(r"\]\(([\w-]+\.md)\)", page(name)):
        assert (DOCS / "formats" / target).is_file(), target
