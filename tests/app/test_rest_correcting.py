"""Recipes over REST: kept as operations, tried on a small picture, refused by name."""

import io
import json
import sys

import numpy as np
import pytest
from PIL import Image as Pillow

from datasetbuilder.app.cli import main
from datasetbuilder.app.security.permissions import Role

AT = "/api/v1/projects/cats/images/1"
TURN = [{"correction": "turn", "quarters": 1}]


@pytest.fixture
def pictures(workspace, project, monkeypatch):
    """Pictures of 100 by 80 pixels, dark on the left and light on the right."""
    ramp = np.tile(np.linspace(0, 255, 100).astype(np.uint8), (80, 1))
    monkeypatch.setattr(workspace.library, "pixels", lambda slug, image: ramp.copy())
    return project


def test_a_recipe_is_kept_and_taken_back(client, pictures):
    assert client.get(f"{AT}/recipe").json["from"] is None
    said = client.put(f"{AT}/recipe", json={"recipe": TURN}).json
    assert (said["from"], said["width"], said["height"], said["exact"]) == ("image", 80, 100, True)
    client.put(f"{AT}/recipe", json={"of": "project", "recipe": []})
    assert client.put(f"{AT}/recipe", json={"recipe": None}).json["from"] == "project"


def test_a_recipe_is_tried_without_being_kept(client, pictures):
    answer = client.post(f"{AT}/corrected", json={"recipe": TURN})
    picture = np.asarray(Pillow.open(io.BytesIO(answer.data)))
    assert picture.shape == (100, 80)
    assert (picture[0, 0], picture[-1, 0]) == (0, 255)
    assert pictures.recipe(1) == ()


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ([{"correction": "blur"}], "recipe[0].correction"),
        ([{"correction": "crop", "x": 500, "y": 0, "width": 1, "height": 1}], "outside"),
    ],
)
def test_a_recipe_that_is_none_is_refused_and_nothing_is_kept(client, pictures, recipe, words):
    for answer in (
        client.put(f"{AT}/recipe", json={"recipe": recipe}),
        client.post(f"{AT}/corrected", json={"recipe": recipe}),
    ):
        assert answer.status_code in (400, 422)
        assert words in answer.json["error"]
    assert pictures.recipe(1) == ()


def test_an_annotator_corrects_one_image_and_not_all(client_as, pictures):
    client = client_as(Role.ANNOTATOR)
    assert client.put(f"{AT}/recipe", json={"recipe": TURN}).status_code == 200
    body = {"of": "project", "recipe": TURN}
    assert client.put(f"{AT}/recipe", json=body).status_code == 403


@pytest.mark.slow
def test_the_command_sets_shows_and_clears_a_recipe(
    project, workspace, tmp_path, capsys, monkeypatch
):
    (tmp_path / "turn.json").write_text(json.dumps(TURN))
    workspace.close()
    place = ["--workspace", str(workspace.root)]
    for words, shown in (
        (["--recipe", str(tmp_path / "turn.json")], TURN),
        ([], TURN),
        (["--clear"], []),
    ):
        monkeypatch.setattr(sys, "argv", ["datasetbuilder", "correct", "cats", *words, *place])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        assert json.loads(capsys.readouterr().out)["recipe"] == shown
