import numpy as np
import pytest

from datasetbuilder.refine.cues import context_cues, stroke_cues
from datasetbuilder.refine.evidence import Drawn, seeds_from_pixels
from datasetbuilder.refine.graph import graph_from_lab
from datasetbuilder.refine.lab import lab_from_pixels, levels_of, pixels_from_image
from tests.refine.pictures import cup


@pytest.fixture(scope="module")
def graph():
    pixels = pixels_from_image(cup().image)
    return graph_from_lab(lab_from_pixels(pixels, levels_of(pixels)))


def drawn_on(graph, **more):
    pixels = np.zeros(graph.labels.shape, np.int8)
    pixels[100:140, 100:200] = 1
    pixels[230:, :] = -1
    newest = pixels < 0
    return Drawn(pixels, seeds_from_pixels(graph, pixels), newest, **more)


def test_there_are_43_finite_cues_for_every_region(graph):
    cues = stroke_cues(graph, drawn_on(graph))
    assert cues.shape == (graph.count, 43)
    assert np.isfinite(cues).all()


def test_on_the_strokes_themselves_the_cues_of_likeness_agree_with_them(graph):
    drawn = drawn_on(graph)
    likeness = stroke_cues(graph, drawn)[:, 1]
    assert likeness[drawn.seeds > 0].mean() > 0 > likeness[drawn.seeds < 0].mean()


def test_without_an_answer_before_there_is_no_memory(graph):
    assert not stroke_cues(graph, drawn_on(graph))[:, 21:27].any()


def test_the_answer_before_is_remembered(graph):
    previous = (np.arange(graph.count) % 2).astype(float)
    memory = stroke_cues(graph, drawn_on(graph, previous=previous))[:, 21:27]
    np.testing.assert_array_equal(memory[:, 0], 2 * previous - 1)
    assert (memory[:, 2] <= 0).all()  # the newest stroke is background


def test_the_surroundings_of_a_sure_region_are_rather_sure(graph):
    seeds = drawn_on(graph).seeds
    context = context_cues(graph, seeds, np.zeros(graph.count))
    assert context.shape == (graph.count, 12)
    assert (context[seeds > 0, 0] == 5).all()
    assert context[seeds > 0, 1].mean() > 3
