"""Samples, profiles, the scale and the objects of an image over REST, on a 16-bit picture."""

import numpy as np
import pytest

from datasetbuilder.app.security.permissions import Role
from datasetbuilder.model import Box, Image

AT = "/api/v1/projects/cells/images/1"


@pytest.fixture
def deep(workspace, monkeypatch):
    """A project whose one picture is 6 by 4 pixels deep to 60,000."""
    made = workspace.create_project("Cells", labels=["cell"])
    row = Image(0, "cell.tif", 6, 4, uri="file:/nowhere/cell.tif", sha256="4" * 64, dtype="uint16")
    workspace.store.add_images(made.info.id, [row], author="local")
    pixels = (np.arange(24).reshape(4, 6) * 2500).astype(np.uint16)
    monkeypatch.setattr(workspace.library, "pixels", lambda slug, image: pixels)
    monkeypatch.setattr(workspace.library, "pixel_size", lambda slug, image: None)
    return made


def test_samples_come_in_their_original_depth(client, deep):
    answer = client.get(f"{AT}/samples?x=2&y=1&width=2&height=2")
    assert answer.headers["X-Samples"] == "uint16 1"
    assert np.frombuffer(answer.data, "<u2").tolist() == [20000, 22500, 35000, 37500]


def test_a_window_over_the_edge_is_cut_there(client, deep):
    answer = client.get(f"{AT}/samples?x=5&y=3&width=512&height=512")
    assert np.frombuffer(answer.data, "<u2").tolist() == [57500]
    assert client.get(f"{AT}/samples?x=6").status_code == 400
    assert client.get(f"{AT}/samples?width=5000").status_code == 400


def test_the_profile_is_exact_and_says_null_outside(client, deep):
    answer = client.post(f"{AT}/profile", json={"points": [[-1, 0.5], [1.5, 0.5]], "width": 1})
    assert answer.json["distance"][0] == 0
    assert answer.json["values"][0][0] is None
    assert answer.json["values"][0][-1] == 2500
    assert answer.json["length"] == 2.5


def test_a_scale_is_said_and_taken_back(client, deep):
    assert client.get(f"{AT}/scale").json == {"scale": None, "from": None}
    body = {"pixels": 4, "known": 1, "unit": "µm"}
    said = client.put(f"{AT}/scale", json=body).json
    assert said == {"scale": {"per_pixel": 0.25, "unit": "µm"}, "from": "image"}
    client.put(f"{AT}/scale", json={"of": "project", "per_pixel": 2, "unit": "mm"})
    assert client.get(f"{AT}/scale").json["from"] == "image"
    assert client.put(f"{AT}/scale", json={}).json["from"] == "project"
    events = [event.after for event in deep.events() if event.target.type == "settings"]
    assert len(events) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"per_pixel": 0, "unit": "µm"},
        {"pixels": 0, "known": 3, "unit": "µm"},
        {"pixels": 3, "known": 0, "unit": "µm"},
        {"per_pixel": 1, "unit": ""},
    ],
)
def test_a_scale_of_zero_is_refused(client, deep, body):
    answer = client.put(f"{AT}/scale", json=body)
    assert answer.status_code in (400, 422)
    assert client.get(f"{AT}/scale").json["scale"] is None


def test_a_settings_operation_cannot_smuggle_a_scale_of_zero_in(client, deep):
    operation = {
        "op_id": "one",
        "kind": "change",
        "target": {"type": "settings", "key": "project"},
        "payload": {"scale": {"per_pixel": 0, "unit": "µm"}},
        "base_version": deep.info.settings_version,
    }
    body = {"client": "tab", "since": 0, "operations": [operation]}
    answer = client.post("/api/v1/projects/cells/operations", json=body)
    assert answer.json["results"][0]["outcome"] == "refused"
    assert "above zero" in answer.json["results"][0]["reason"]


def test_an_annotator_says_the_scale_of_an_image_but_not_of_all(client_as, project):
    annotator = client_as(Role.ANNOTATOR)
    place = "/api/v1/projects/cats/images/1/scale"
    body = {"per_pixel": 2, "unit": "mm"}
    assert annotator.put(place, json=body).status_code == 200
    assert annotator.put(place, json={**body, "of": "project"}).status_code == 403


@pytest.mark.slow
def test_objects_are_measured_in_pixels_and_in_the_unit(client, deep):
    deep.annotate(1, [("cell", Box(1, 1, 2, 2))])
    client.put(f"{AT}/scale", json={"per_pixel": 0.5, "unit": "µm"})
    found = client.get(f"{AT}/measurements").json
    values = {name: column[0] for name, column in found["values"].items()}
    assert (values["label"], values["area"], values["area_scaled"]) == ("cell", 4, 1)
    assert values["mean_1"] == 2500 * (7 + 8 + 13 + 14) / 4
    assert values["length"] is None
    assert found["problems"] == []


def test_samples_come_shrunk_in_their_original_depth(client, deep):
    answer = client.get(f"{AT}/samples?shrink=2")
    assert answer.headers["X-Samples"] == "uint16 1"
    assert np.frombuffer(answer.data, "<u2")[:3].tolist() == [8750, 13750, 18750]
    assert client.get(f"{AT}/samples?shrink=65").status_code == 400


def test_the_histogram_is_of_the_original_depth(client, deep):
    answer = client.get(f"{AT}/histogram").json
    assert (answer["low"], answer["high"], sum(answer["counts"])) == (0, 57501, 24)
    assert 0 <= answer["window"][0] < answer["window"][1] <= 57500
