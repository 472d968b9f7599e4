"""Refine requests: a real worker process, the newest request wins, a crash is survived."""

import io
import os
import signal
import threading

import numpy as np
import pytest
from PIL import Image as Picture

from datasetbuilder.api import Project, open_workspace
from datasetbuilder.app.refining import Failure, Refining, Shape
from datasetbuilder.errors import (
    DataError,
    GeometryError,
    ImageRefused,
    StoreUnavailable,
    UnknownName,
)
from datasetbuilder.geometry import array_from_geometry
from datasetbuilder.model import Box, Image, Mask, Part, Polygon, Stroke

WAIT = 30
DISK = (60, 50, 25)
INSIDE = Stroke(((50.0, 50.0), (70.0, 50.0)), 6.0, 1)
OUTSIDE = Stroke(((10.0, 10.0), (110.0, 10.0)), 6.0, 0)


def picture_of_a_disk() -> np.ndarray:
    """A bright disk on a dark ground, 120 x 100, with a little noise."""
    x, y, radius = DISK
    rows, columns = np.mgrid[:100, :120]
    disk = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    noise = np.random.default_rng(0).integers(0, 20, (100, 120, 3))
    return (np.where(disk, 180, 40)[..., None] + noise).astype(np.uint8)


def truth() -> np.ndarray:
    x, y, radius = DISK
    rows, columns = np.mgrid[:100, :120]
    return (columns - x) ** 2 + (rows - y) ** 2 < radius**2


def overlap(geometry: Mask | Polygon) -> float:
    mask = array_from_geometry(geometry, (100, 120))
    return (mask & truth()).sum() / (mask | truth()).sum()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory):
    """A workspace with one image of a disk, closed again: the worker needs its files alone."""
    folder = tmp_path_factory.mktemp("refining")
    Picture.fromarray(picture_of_a_disk()).save(folder / "disk.png")
    with open_workspace(folder / "workspace") as workspace:
        project: Project = workspace.create_project("Disks", labels=["disk"])
        project.add_images(folder / "disk.png")
        return workspace.root, project.images()[0]


@pytest.fixture(scope="module")
def refining(place):
    made = Refining(place[0])
    yield made
    made.close()


@pytest.fixture(scope="module")
def image(place) -> Image:
    return place[1]


def rough_square() -> Polygon:
    return Polygon((Part(((33.0, 28.0), (87.0, 27.0), (88.0, 74.0), (32.0, 73.0))),))


@pytest.mark.slow
def test_strokes_become_the_mask_of_the_object(refining, image):
    refining.prepare("disks", image)
    shape = refining.scribbles("disks", image, "tab", (INSIDE, OUTSIDE), label=1, settings={})
    assert isinstance(shape.geometry, Mask)
    assert overlap(shape.geometry) > 0.9
    assert shape.area == array_from_geometry(shape.geometry, (100, 120)).sum()
    assert 0 <= shape.quality <= 1
    assert shape.method != "auto"


@pytest.mark.slow
def test_every_label_that_was_drawn_becomes_a_mask(refining, image):
    other = Stroke(OUTSIDE.points, OUTSIDE.width, 4)
    found = dict(refining.scribbles_each("disks", image, "tab", (INSIDE, other), {}))
    assert list(found) == [1, 4]
    masks = [shape.geometry for shape in found.values() if isinstance(shape.geometry, Mask)]
    one, two = (array_from_geometry(mask, (100, 120)) for mask in masks)
    assert not (one & two).any()
    assert overlap(masks[0]) > 0.8


@pytest.mark.slow
def test_strokes_without_an_object_bring_a_hint(refining, image):
    shape = refining.scribbles("disks", image, "tab", (OUTSIDE,), label=1, settings={})
    assert shape.geometry is None
    assert shape.hint


def test_an_object_is_cut_out_with_nothing_round_it(refining, image):
    png = refining.cutout("disks", image, "tab", Box(50, 40, 20, 10), soft=0)
    picture = np.array(Picture.open(io.BytesIO(png)))
    assert picture.shape == (10, 20, 4)
    assert (picture[..., 3] == 255).all()


def test_a_shape_without_pixels_cannot_be_cut_out(refining, image):
    with pytest.raises(GeometryError, match="covers no pixel"):
        refining.cutout("disks", image, "tab", Box(50, 40, 0.1, 0.1), soft=0)


def test_a_rough_outline_is_pulled_onto_the_object(refining, image):
    shape = refining.outline("disks", image, "tab", rough_square(), {"method": "auto"})
    assert isinstance(shape.geometry, Polygon)
    assert overlap(shape.geometry) > overlap(rough_square()) + 0.05


@pytest.mark.parametrize(
    ("tool", "settings"),
    [
        ("box", {"box": Box(34, 24, 52, 52)}),
        ("wand", {"point": (60.0, 50.0), "tolerance": 20.0}),
        ("grow", {"label": 1, "strokes": (INSIDE,)}),
        ("threshold", {"shape": Box(28, 18, 64, 64)}),
    ],
)
def test_a_region_is_found_by_each_tool(refining, image, tool, settings):
    shape = refining.region("disks", image, "tab", tool, settings)
    assert isinstance(shape.geometry, Mask)
    assert overlap(shape.geometry) > 0.85


def test_a_mask_is_cut_in_two_and_a_polygon_stays_one(refining, image):
    across = Stroke(((60.0, 10.0), (60.0, 90.0)), 2.0, 0)
    box = Box(35.0, 25.0, 50.0, 50.0)
    pieces = refining.edit("disks", image, "tab", "split", box, {"stroke": across})
    assert sorted(piece.area for piece in pieces) == pytest.approx([1250, 1250], abs=60)
    (grown,) = refining.edit("disks", image, "tab", "grow", rough_square(), {"amount": 3.0})
    assert isinstance(grown.geometry, Polygon)
    assert grown.area > 2500


def test_a_method_that_is_none_is_refused_and_the_worker_lives_on(refining, image):
    with pytest.raises(DataError, match="magic"):
        refining.outline("disks", image, "tab", rough_square(), {"method": "magic"})
    assert refining._run("warm") > 0


def test_an_image_whose_file_is_gone_is_refused(refining, image):
    gone = Image(7, "gone.png", 10, 10, uri="file:/nowhere/gone.png", sha256="0" * 64)
    with pytest.raises(DataError, match=r"gone\.png"):
        refining.prepare("disks", gone)


def test_the_web_process_never_loads_the_tools(refining):
    worker = refining._run("warm")
    assert worker != os.getpid()


@pytest.mark.slow
def test_a_crash_is_told_and_the_next_request_has_a_fresh_worker(refining, image):
    first = refining._run("warm")
    os.kill(first, signal.SIGKILL)
    with pytest.raises(DataError, match="ready again"):
        refining._run("warm")
    assert refining._run("warm") != first


@pytest.mark.slow
def test_the_worker_does_not_outlive_its_pool(place):
    made = Refining(place[0])
    worker = made._run("warm")
    made.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    with pytest.raises(StoreUnavailable):
        made._run("warm")


def test_a_server_that_stops_while_it_warms_up_stays_silent(place, caplog):
    made = Refining(place[0])
    made.close()
    made._warm()
    assert caplog.text == ""


@pytest.mark.slow
def test_work_that_takes_too_long_is_stopped(place, image):
    made = Refining(place[0], patience=0.0)
    with pytest.raises(DataError, match="too long"):
        made.prepare("disks", image)
    made.close()


# --- turns, without a process ---------------------------------------------------------------------


class Stage(Refining):
    """Runs nothing: the first call waits until the test lets it go."""

    def __init__(self, root) -> None:
        super().__init__(root)
        self.started, self.go_on = threading.Event(), threading.Event()
        self.ran: list[tuple[Stroke, ...]] = []

    def _run(self, name, *arguments):
        strokes = arguments[1]
        self.ran.append(strokes)
        self.started.set()
        assert self.go_on.wait(WAIT)
        return Shape(None, 0.0, "test", 0.0, str(len(strokes)))


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path)
    yield made
    made.go_on.set()
    made.close()


def ask(stage, image, answers, client, count):
    def work():
        answers[client, count] = stage.scribbles(
            "disks", image, client, (INSIDE,) * count, label=1, settings={}
        )

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def in_line(stage, client):
    """Return once a request of the client waits for its turn."""
    with stage._changed:
        assert stage._changed.wait_for(lambda: client in stage._newest, WAIT)


def test_of_the_waiting_requests_of_a_person_only_the_newest_runs(stage):
    image, answers = Image(1, "a", 9, 9), {}
    threads = [ask(stage, image, answers, "bob", 1)]
    assert stage.started.wait(WAIT)
    threads.append(ask(stage, image, answers, "ann", 2))
    in_line(stage, "ann")
    threads.append(ask(stage, image, answers, "ann", 3))
    threads[1].join(WAIT)
    assert answers["ann", 2] is None
    stage.go_on.set()
    for thread in threads:
        thread.join(WAIT)
    assert [len(strokes) for strokes in stage.ran] == [1, 3]
    assert answers["ann", 3].hint == "3"


def test_other_people_keep_their_turn(stage):
    image, answers = Image(1, "a", 9, 9), {}
    threads = [ask(stage, image, answers, "ann", 1)]
    assert stage.started.wait(WAIT)
    threads += [ask(stage, image, answers, "bob", 2)]
    stage.go_on.set()
    for thread in threads:
        thread.join(WAIT)
    assert answers["ann", 1].hint == "1"
    assert answers["bob", 2].hint == "2"


def test_closing_lets_everyone_who_waits_go(stage):
    image, answers = Image(1, "a", 9, 9), {}
    first = ask(stage, image, answers, "ann", 1)
    assert stage.started.wait(WAIT)
    second = ask(stage, image, answers, "bob", 2)
    in_line(stage, "bob")
    stage.close()
    second.join(WAIT)
    assert answers["bob", 2] is None
    stage.go_on.set()
    first.join(WAIT)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Failure("ImageRefused", "broken"), ImageRefused),
        (Failure("UnknownName", "no method"), DataError),
        (Failure("WireError", "a.b: wrong"), DataError),
    ],
)
def test_an_error_crosses_as_its_name_and_sentence(failure, kind):
    error = failure.to_error()
    assert type(error) is kind
    assert str(error) == failure.message
    assert not isinstance(error, UnknownName)
