"""The table of all objects: measured as a job, narrowed, sorted, saved; picks for the gallery."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from datasetbuilder.app import explore_jobs, tables
from datasetbuilder.app.charts import charts
from datasetbuilder.app.object_rows import narrowed, ordered, rows_to_wire
from datasetbuilder.app.pages.explore import column_definitions, page_of_rows
from datasetbuilder.app.picks import keep_pick, read_pick
from datasetbuilder.errors import UnknownName, WireError
from datasetbuilder.exporters.measurements import read_parquet
from datasetbuilder.model import Box, Tag

CATS = "/api/v1/projects/cats"
TABLE = pd.DataFrame(
    {
        "image_id": [1, 1, 2],
        "label": ["cat", "dog", "cat"],
        "area": [10.0, np.nan, 30.123456],
    }
)


@pytest.fixture
def grey(workspace, project, monkeypatch):
    """Pictures of one grey, a cat on the first image, a dog and a tag on the second."""
    pixels = np.full((80, 100), 7, np.uint8)
    monkeypatch.setattr(workspace.library, "pixels", lambda slug, image: pixels)
    monkeypatch.setattr(workspace.library, "pixel_size", lambda slug, image: None)
    project.annotate(1, [("cat", Box(0, 0, 10, 4))])
    project.annotate(2, [("dog", Box(5, 5, 20, 10)), ("cat", Tag())])
    return project


def measure(project) -> Any:
    return explore_jobs.objects_of(project, {"sets": ["truth"]}, lambda *far: None)


def areas(table: pd.DataFrame) -> list[float]:
    return [value for value in table["area"] if value == value]


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ({"type": "inRange", "filter": 10, "filterTo": 20}, [10.0]),
        ({"type": "greaterThan", "filter": 10}, [30.123456]),
        ({"type": "blank"}, []),
        (
            {
                "operator": "OR",
                "conditions": [
                    {"type": "equals", "filter": 10},
                    {"type": "greaterThanOrEqual", "filter": 30},
                ],
            },
            [10.0, 30.123456],
        ),
    ],
)
def test_numbers_are_narrowed_by_range(condition, kept):
    assert areas(narrowed(TABLE, {"area": condition})) == kept


def test_words_are_found_whatever_their_case_and_are_no_pattern():
    found = narrowed(TABLE, {"label": {"type": "contains", "filter": "CA"}})
    assert found["label"].tolist() == ["cat", "cat"]
    assert narrowed(TABLE, {"label": {"type": "contains", "filter": "c.t"}}).empty


@pytest.mark.parametrize(
    "filters",
    [
        {"nothing": {"type": "equals", "filter": 1}},
        {"area": {"type": "equals", "filter": "1"}},
        {"area": {"type": "equals", "filter": True}},
        {"area": {"type": "like", "filter": 1}},
        {"area": "big"},
        {"area": {"operator": "AND", "conditions": []}},
        {"label": {"type": "contains", "filter": 1}},
    ],
)
def test_a_filter_that_is_none_is_refused_by_name(filters):
    with pytest.raises(WireError, match="filter"):
        narrowed(TABLE, filters)


def test_rows_are_sorted_with_the_unknown_last():
    assert ordered(TABLE, [{"colId": "area", "sort": "desc"}])["area"].tolist()[:2] == [
        30.123456,
        10,
    ]
    with pytest.raises(WireError, match="sort"):
        ordered(TABLE, [{"colId": "nothing"}])


def test_a_row_has_null_for_no_number_and_no_digits_that_nobody_reads():
    assert [row["area"] for row in rows_to_wire(TABLE)] == [10.0, None, 30.12]


def test_every_annotation_has_a_row_and_the_grid_gets_its_page(grey):
    assert measure(grey)["n"] == 3
    asked = {"startRow": 0, "endRow": 2, "filterModel": {}, "sortModel": []}
    page = page_of_rows(grey, asked, sets=["truth"])
    assert page["rowCount"] == 3
    assert [(row["label"], row["area"], row["mean_1"]) for row in page["rowData"]] == [
        ("cat", 40, 7),
        ("dog", 200, 7),
    ]
    kept = tables.newest(grey, explore_jobs.OBJECTS, ["truth"])
    assert kept is not None
    table = kept.table()
    assert table["kind"].tolist() == ["box", "box", "tag"]
    assert {"author", "created_at", "state", "image_width"} <= set(table.columns)
    shown = [one["field"] for one in column_definitions(list(table.columns))]
    assert shown[:4] == ["image", "label", "kind", "area"]
    assert "mean_1" in shown


def test_what_was_measured_is_not_measured_again_until_something_changed(grey, monkeypatch):
    first = measure(grey)
    monkeypatch.setattr(type(grey), "objects", None)
    assert measure(grey) == first
    monkeypatch.undo()
    grey.annotate(3, [("cat", Box(0, 0, 5, 5))])
    kept = tables.newest(grey, explore_jobs.OBJECTS, ["truth"])
    assert kept is not None
    assert kept.seq == first["seq"]


def test_before_the_first_measuring_there_is_a_plain_hint(client, project):
    assert client.get(f"{CATS}/objects").json["table"] is None
    answer = client.get(f"{CATS}/objects.csv")
    assert answer.status_code == 422
    assert "not measured yet" in answer.json["error"]


def test_a_project_without_objects_gives_an_empty_table(project):
    assert measure(project)["n"] == 0
    assert page_of_rows(project, {}, sets=["truth"])["rowData"] == []


def test_the_table_is_saved_as_the_grid_shows_it(client, grey, tmp_path):
    measure(grey)
    query = (
        '?filter={"area":{"type":"greaterThan","filter":50}}&sort=[{"colId":"area","sort":"asc"}]'
    )
    text = client.get(f"{CATS}/objects.csv{query}").text
    assert [line.split(",")[5] for line in text.splitlines()] == ["label", "dog"]
    path = tmp_path / "objects.parquet"
    path.write_bytes(client.get(f"{CATS}/objects.parquet").data)
    assert read_parquet(path)["label"].tolist() == ["cat", "dog", "cat"]
    assert client.get(f"{CATS}/objects.xls").status_code == 404
    assert client.get(f"{CATS}/objects.csv?filter=[1").status_code == 400


def test_picked_images_are_what_the_gallery_lists(client, grey):
    measure(grey)
    dogs = {"filter": {"label": {"type": "equals", "filter": "dog"}}}
    answer = client.post(f"{CATS}/picks", json=dogs).json
    assert answer["images"] == 1
    listed = client.get(f"{CATS}/images?pick={answer['pick']}").json
    assert [one["id"] for one in listed["images"]] == [2]
    assert listed["next"] is None


def test_a_pick_is_paged_by_id_and_narrowed_by_label(client, grey):
    pick = client.post(f"{CATS}/picks", json={"images": [3, 1, 2, 3, 77]}).json["pick"]
    first = client.get(f"{CATS}/images?pick={pick}&limit=2").json
    assert ([one["id"] for one in first["images"]], first["next"]) == ([1, 2], 2)
    rest = client.get(f"{CATS}/images?pick={pick}&limit=2&after=2").json
    assert [one["id"] for one in rest["images"]] == [3]
    dogs = client.get(f"{CATS}/images?pick={pick}&label=2").json
    assert [one["id"] for one in dogs["images"]] == [2]


def test_the_same_choice_has_the_same_name_and_a_lost_one_says_so(project):
    assert keep_pick(project, [2, 1]) == keep_pick(project, [1, 2, 2])
    assert read_pick(project, keep_pick(project, [2, 1])) == [1, 2]
    for name in ("0" * 20, "../../secret", ""):
        with pytest.raises(UnknownName, match="choose them again"):
            read_pick(project, name)


def test_every_bar_of_the_charts_asks_for_as_many_objects_as_it_counts(grey):
    measure(grey)
    kept = tables.newest(grey, explore_jobs.OBJECTS, ["truth"])
    assert kept is not None
    table = kept.table()
    drawn = charts(table, {"cat": "#ff0000"})
    assert [name for name, _, _ in drawn][:3] == ["labels", "sizes", "places"]
    for name, _, figure in drawn:
        traces: Any = figure.data
        for trace in traces:
            assert "gl" not in trace.type
            counts = np.ravel(trace.z if trace.type == "heatmap" else trace.y)
            asked = [json.loads(one) for one in np.ravel(trace.customdata)]
            assert [len(narrowed(table, one)) for one in asked] == counts.tolist(), name
