"""Measuring a project from Python and by command."""

import json
import sys

import numpy as np
import pytest
import tifffile
from pandas.testing import assert_frame_equal
from PIL import Image as Pillow

from datasetbuilder import Box, Polyline, Tag, open_workspace
from datasetbuilder.app.cli import main
from datasetbuilder.exporters.measurements import read_parquet
from datasetbuilder.measure import Scale
from datasetbuilder.projects.job_engine import Engine

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path):
    """A grey, a colour and a 16-bit picture in one project."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    Pillow.new("L", (8, 8), 10).save(folder / "a_grey.png")
    Pillow.new("RGB", (8, 8), (1, 2, 3)).save(folder / "b_colour.png")
    tifffile.imwrite(folder / "c_deep.tif", np.full((8, 8), 50000, np.uint16))
    with open_workspace(tmp_path / "workspace") as workspace:
        project = workspace.create_project("Mixed", labels=["cell", "=cmd"])
        project.add_images(folder)
        for image_id in (1, 2, 3):
            project.annotate(image_id, [("cell", Box(1, 1, 3, 2)), ("=cmd", Tag())])
        project.annotate(3, [("cell", Polyline(((0, 0), (3, 4))))])
        project.set_scale(Scale(2.0, "mm"), image_id=3)
    return tmp_path


def test_grey_colour_and_deep_pictures_share_one_table(place):
    with open_workspace(place / "workspace") as workspace:
        found = workspace.project("Mixed").measure()
    table = found.table
    assert found.problems == ()
    assert table["image"].tolist() == ["a_grey.png", "b_colour.png", "c_deep.tif", "c_deep.tif"]
    assert table["mean_1"].tolist()[:3] == [10, 1, 50000]
    assert table["mean_3"].fillna(-1).tolist() == [-1, 3, -1, -1]
    assert table["length"].tolist()[3] == 5
    assert table["length_scaled"].tolist()[3] == 10
    assert table["area_scaled"].fillna(0).tolist() == [0, 0, 24, 0]
    assert table["unit"].tolist() == ["", "", "mm", "mm"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_command_writes_the_table_and_never_over_another(place, suffix, capsys, monkeypatch):
    out = place / f"cells.{suffix}"
    words = ["measure", "Mixed", str(out), "--workspace", str(place / "workspace"), "--json"]
    assert run(monkeypatch, words) == 0
    assert json.loads(capsys.readouterr().out)["objects"] == 4
    if suffix == "parquet":
        assert read_parquet(out)["area"].tolist() == [6, 6, 6, 0]
    else:
        head, first, *_ = out.read_text().splitlines()
        assert head.startswith("image_id,image,annotation_id,uid,label_id,label")
        assert first.startswith("1,a_grey.png,1,")
    before = out.read_bytes()
    assert run(monkeypatch, words) == 2
    assert out.read_bytes() == before
    assert [path.name for path in place.glob(".datasetbuilder*")] == []


def test_another_suffix_is_refused_before_the_work(place, capsys, monkeypatch):
    out = place / "cells.xls"
    words = ["measure", "Mixed", str(out), "--workspace", str(place / "workspace")]
    assert run(monkeypatch, words) == 2
    assert ".csv or .parquet" in capsys.readouterr().err
    assert not out.exists()


def test_a_picture_that_is_gone_costs_its_intensities_alone(place):
    (place / "pictures" / "b_colour.png").unlink()
    with open_workspace(place / "workspace") as workspace:
        found = workspace.project("Mixed").measure()
    assert found.table["area"].tolist() == [6, 6, 6, 0]
    assert len(found.problems) == 1
    assert "b_colour.png" in found.problems[0]


def test_a_project_without_objects_gives_an_empty_table_with_all_columns(tmp_path):
    with open_workspace(tmp_path / "workspace") as workspace:
        found = workspace.create_project("Empty").measure()
    assert len(found.table) == 0
    assert {"area", "length", "unit"} <= set(found.table.columns)


def run(monkeypatch, words) -> int:
    monkeypatch.setattr(sys, "argv", ["datasetbuilder", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_workers_measure_what_this_process_measures(place):
    (place / "pictures" / "b_colour.png").unlink()
    with open_workspace(place / "workspace") as workspace:
        project = workspace.project("Mixed")
        here, there = project.measure(), project.measure(engine=Engine(workers=2))
    assert_frame_equal(there.table, here.table)
    assert there.problems == here.problems
    assert [said.partition(":")[0] for said in there.problems] == ["b_colour.png"]
