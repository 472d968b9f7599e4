"""The overview: reviewers see everybody, everybody else themselves."""

import pyarrow.parquet as pq
import pytest

from datasetbuilder.app.overview_figures import by_day, progress, scores
from datasetbuilder.app.pages.overview import sentence
from datasetbuilder.insight.progress import Forecast, activity
from datasetbuilder.model import Box, ImageState
from tests.app.people import browser_of, enrol
from tests.app.requests import page_at

OVERVIEW = "/api/v1/projects/cats/overview"


@pytest.fixture
def team(app, workspace, project):
    for name, role in (("ada", "annotator"), ("bob", "annotator"), ("judge", "reviewer")):
        enrol(workspace, name, cats=role)
    for name in ("ada", "bob"):
        project.annotate(1, [("cat", Box(1, 1, 5, 5))], author=name)
    return {name: browser_of(app, name) for name in ("ada", "bob", "judge")}


def people(answer) -> list[str]:
    return sorted({row["person"] for row in (*answer["days"], *answer["people"])})


def test_whoever_reviews_sees_all_and_an_annotator_their_own_numbers(team):
    found = {name: browser.get(OVERVIEW).json for name, browser in team.items()}
    assert people(found["judge"]) == ["ada", "bob"]
    assert people(found["ada"]) == ["ada"]
    assert "bob" not in team["ada"].get(OVERVIEW).text
    assert found["ada"]["states"]["in_progress"] == 1
    assert found["judge"]["forecast"] == {"open": 3, "per_day": 0.0, "end": None}
    assert [one["count"] for one in found["ada"]["labels"]] == [2, 0]


def test_the_days_can_be_taken_along(team, tmp_path):
    table = team["judge"].get(f"{OVERVIEW}?format=csv")
    assert table.text.splitlines()[0] == "person,day,images,objects,active_minutes"
    assert len(table.text.splitlines()) == 3
    file = tmp_path / "days.parquet"
    file.write_bytes(team["ada"].get(f"{OVERVIEW}?format=parquet").data)
    assert pq.read_table(file).column("person").to_pylist() == ["ada"]
    assert team["ada"].get(f"{OVERVIEW}?format=xls").status_code == 400


def test_the_page_holds_what_its_reader_may_see(team):
    def page(name: str) -> str:
        return page_at(team[name], "/p/cats/overview")

    assert '"bob"' in page("judge")
    assert '"bob"' not in page("ada")
    assert "What you did" in page("ada")


def test_the_charts_are_drawn_without_webgl():
    days = activity([("ada", 1, "box", 1, 1, 5.0)], []).days
    for figure in (
        progress(dict.fromkeys(ImageState, 2)),
        by_day(days, "objects", "objects"),
        scores([("ada", "1970-01-02", 0.5)]),
    ):
        kinds = {trace["type"] for trace in figure.to_dict()["data"]}
        assert kinds <= {"bar", "scatter"}


def test_a_forecast_is_told_in_words():
    assert sentence(Forecast(0, 0, None)) == "Every image is finished."
    assert sentence(Forecast(5, 0, None)) == "5 images are open; no pace to tell an end from yet."
