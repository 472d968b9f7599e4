"""Whatever is sent, the answer is a plain sentence with a 4xx, and the log stays short."""

import json

import pytest

from datasetbuilder.app.rest.errors import LONGEST_LINE, status_of
from datasetbuilder.errors import (
    AlreadyExists,
    DatasetBuilderError,
    GeometryError,
    ImageRefused,
    PermissionDenied,
    StoreUnavailable,
    UnknownName,
    UsageError,
    WireError,
    WorkspaceError,
)
from tests.app.requests import OPERATIONS, box_operation

UPDATE = "/_dash-update-component"
WRITING = (
    OPERATIONS,
    "/api/v1/projects",
    "/api/v1/projects/cats/operations",
    "/api/v1/projects/cats/images",
    "/api/v1/projects/cats/exports",
    "/api/v1/projects/cats/images/1/refine/scribbles",
    "/api/v1/projects/cats/images/1/refine/outline",
    UPDATE,
)
BODIES = (
    "",
    "nonsense",
    "{",
    "null",
    "true",
    "7",
    '"text"',
    "[]",
    "[1, 2]",
    "{}",
    '{"x": NaN}',
    '{"x": Infinity}',
    '{"x": 1e999}',
    "\ufeff{}",
    "[" * 900 + "]" * 900,
    "[" * 100_000,
    '{"a":' * 900 + "1" + "}" * 900,
    '{"output": {}}',
    '{"output": "none.children"}',
    '{"operations": 7, "client": 7, "since": "x"}',
    '{"operations": [null], "client": "tab", "since": 0}',
    '{"operations": [[]], "client": "tab", "since": 0}',
    '{"operations": [{}], "client": "tab", "since": 0}',
    '{"operations": [], "client": "../x", "since": 0}',
    '{"operations": [], "client": "tab", "since": -1}',
    '{"operations": [], "client": "tab", "since": 1e30}',
    '{"operations": [], "client": "tab", "since": true}',
    '{"operations": [], "client": "tab", "since": 0, "extra": 1}',
    '{"name": "", "labels": [1]}',
    '{"folder": 7}',
    '{"folder": "a\\u0000b"}',
    '{"formats": [], "task": []}',
    '{"request": 1, "client": "tab", "label": 1, "strokes": [{"points": [[1e308, 1]]}]}',
    '{"request": 1, "client": "tab", "label": 0, "strokes": []}',
    '{"request": 1, "client": "tab", "geometry": {"parts": [[[[0, 0], [1, 1]]]]}}',
)


@pytest.mark.parametrize("address", WRITING)
def test_a_malformed_body_is_answered_plainly(client, project, caplog, address):
    for body in BODIES:
        answer = client.post(address, data=body.encode(), content_type="application/json")
        assert 400 <= answer.status_code < 500, body[:80]
        assert answer.json["error"]
        assert len(answer.data) < 2 * LONGEST_LINE
    assert all(len(record.getMessage()) <= LONGEST_LINE for record in caplog.records)


def test_bytes_that_are_no_text_are_answered_plainly(client, project):
    answer = client.post(OPERATIONS, data=b"\xff\xfe{}\x00", content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"label": "cat"}, "label"),
        ({"geometry": {"x": "5", "y": 6, "width": 1, "height": 1}}, "geometry.x"),
        ({"geometry": {"x": 1e300, "y": 6, "width": 1, "height": 1}}, "geometry.x"),
        ({"geometry": {"x": 5, "y": 6, "width": 0, "height": 1}}, ""),
        ({"geometry": {"x": 500, "y": 600, "width": 10, "height": 10}}, ""),
        ({"geometry": {"x": 5}}, "geometry"),
        ({"geometry": []}, "geometry"),
        ({"kind": "hexagon"}, "kind"),
        ({"kind": "polygon", "geometry": {"parts": []}}, "geometry.parts"),
        (
            {"kind": "mask", "geometry": {"x": 0, "y": 0, "width": 2, "height": 2, "counts": "~"}},
            "",
        ),
        ({"unknown": 1}, "unknown"),
        ({"attributes": {"a": []}}, "attributes.a"),
        ({"set": ""}, "set"),
        ({"score": True}, "score"),
    ],
)
def test_a_shape_without_meaning_is_refused_by_name_and_nothing_is_stored(
    client, project, payload, fault
):
    operation = box_operation(1)
    operation["payload"] = {**operation["payload"], **payload}
    body = {"client": "tab", "since": 0, "operations": [operation]}
    answer = client.post(OPERATIONS, json=body)
    if answer.status_code == 200:
        (result,) = answer.json["results"]
        assert result["outcome"] == "refused"
        said = result["reason"]
    else:
        assert answer.status_code == 400
        said = answer.json["error"]
    assert fault in said
    assert project.info.n_annotations == 0


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/projects/cats/images/0/annotations",
        "/api/v1/projects/cats/images/-1/annotations",
        "/api/v1/projects/cats/images/abc/annotations",
        "/api/v1/projects/cats/images/99999999999999999999999/annotations",
        "/api/v1/projects/cats/images/1/pixels/original",
        "/api/v1/projects/cats/images/1/pixels/..%2f..%2fworkspace.db",
        "/api/v1/projects/..%2f..%2fetc/images",
        "/api/v1/projects/%00/images",
        "/api/v1/projects/cats/exports/..%2f..%2fworkspace.db.zip",
        "/api/v1/projects/cats/exports/....zip",
        "/api/v1/projects/cats/exports/none.zip",
        "/api/v1/projects/cats/exports/%2e%2e.zip",
        "/api/v1/projects/cats/exports/..\\..\\x.zip",
        "/api/v1/projects/cats/jobs/none",
        "/api/v1/projects/cats/jobs/99999999999999999999999",
        "/assets/..%2ffactory.py",
        "/assets/%2e%2e/factory.py",
        "/assets/..\\factory.py",
        "/assets/%00",
        "/_dash-component-suites/dash/..%2f..%2fdash.py",
        "/_dash-component-suites/os/path.py",
        "/_dash-component-suites/dash/dash.py",
    ],
)
def test_no_path_leads_out(client, project, path):
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code in (400, 404), answer.data[:100]
    assert b"root:" not in answer.data
    assert b"SQLite format" not in answer.data


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=-1", "limit=x", "after=x", "label=0", "state=none", "label=²"],
)
def test_a_query_without_meaning_is_refused_by_name(client, project, query):
    answer = client.get(f"/api/v1/projects/cats/images?{query}")
    assert answer.status_code == 400
    assert answer.json["error"].startswith(query.partition("=")[0])


# --- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnknownName("x"), 404),
        (AlreadyExists("x"), 409),
        (WorkspaceError("x"), 503),
        (UsageError("x"), 400),
        (WireError("a", "b"), 400),
        (GeometryError("x"), 422),
        (ImageRefused("x"), 422),
        (PermissionDenied("x"), 403),
        (StoreUnavailable("x"), 503),
        (DatasetBuilderError("x"), 500),
    ],
)
def test_each_of_our_errors_has_its_status(error, status):
    assert status_of(error) == status


def test_a_disk_that_refuses_is_told_as_unavailable(client, project, workspace, monkeypatch):
    def full(*_args, **_kwargs):
        raise StoreUnavailable("the disk is full; nothing was saved")

    monkeypatch.setattr(workspace.store, "apply", full)
    body = {"client": "tab", "since": 0, "operations": [box_operation(1)]}
    answer = client.post(OPERATIONS, json=body)
    assert answer.status_code == 503
    assert answer.json == {"error": "the disk is full; nothing was saved"}


def test_a_fault_of_ours_tells_no_secret_and_logs_one_short_line(
    client, project, workspace, monkeypatch, caplog
):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("secret value\n" * 1000)

    monkeypatch.setattr(workspace.store, "apply", broken)
    body = {"client": "tab", "since": 0, "operations": [box_operation(1)]}
    answer = client.post(OPERATIONS, json=body)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    (record,) = caplog.records
    line = record.getMessage()
    assert len(line) <= LONGEST_LINE
    assert "\n" not in line
    assert "ZeroDivisionError" in line


def test_a_large_unknown_output_does_not_fill_the_log(client, caplog):
    body = json.dumps({"output": "x" * 900_000})
    answer = client.post(UPDATE, data=body, content_type="application/json")
    assert answer.status_code == 403
    assert sum(len(record.getMessage()) for record in caplog.records) <= LONGEST_LINE
