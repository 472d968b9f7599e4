"""The OpenAPI document: every route of the API is in it, with what its code really reads."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from datasetbuilder.app import rest
from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.catalogue import CATALOGUE
from datasetbuilder.app.rest.openapi import document
from tests.test_docs import ROOT, fenced

BESIDE = {
    "HandedProject",
    "HandedImages",
    "HandedOperations",
    "HandedIntake",
    "HandedExport",
    "HandedPreviews",
    "HandedJob",
}
FOLDER = Path(rest.__file__).parent


@pytest.fixture
def told(client) -> dict:
    return client.get("/api/v1/openapi.json").get_json()


def routes(app) -> set[tuple[str, str]]:
    return {
        (rule.endpoint.removeprefix("api."), method)
        for rule in app.server.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.unknown"
    }


def test_every_route_of_the_api_is_described(app):
    assert routes(app) == set(CATALOGUE)


def test_every_body_that_a_route_reads_is_described():
    code = "".join(path.read_text() for path in FOLDER.glob("*.py"))
    read = set(re.findall(r"bodies\.read\(\s*bodies\.(\w+)", code))
    described = {entry.body.__name__ for entry in CATALOGUE.values() if entry.body is not None}
    assert read - BESIDE == described


def test_every_query_argument_that_the_code_reads_is_described():
    code = "".join(path.read_text() for path in FOLDER.glob("*.py"))
    read = set(re.findall(r'(?:request\.args\.get|number_argument)\(\s*"(\w+)"', code))
    described = {name for entry in CATALOGUE.values() for name in entry.query or {}}
    assert read - {"v"} == described


def test_an_operation_says_what_it_takes_and_what_it_demands(told):
    assign = told["paths"]["/api/v1/projects/{slug}/assignments"]["post"]
    assert assign["operationId"] == "assign"
    assert assign["x-permission"] == "manage"
    assert assign["parameters"] == [
        {"name": "slug", "in": "path", "required": True, "schema": {"type": "string"}}
    ]
    content = assign["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Assignment"}


def test_the_schema_of_a_body_is_the_one_that_requests_are_held_to(told):
    schema = told["components"]["schemas"]["NewToken"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name", "scope"]
    assert schema["properties"]["days"]["maximum"] == 365
    assert set(schema["properties"]) == set(bodies.NewToken.model_fields)


def test_every_reference_leads_somewhere(told):
    references = set(re.findall(r"'#/components/schemas/(\w+)'", str(told)))
    assert references
    assert references <= set(told["components"]["schemas"])


def test_a_token_opens_what_is_not_personal(told):
    paths = told["paths"]
    assert {"token": []} in paths["/api/v1/projects"]["get"]["security"]
    assert {"token": []} not in paths["/api/v1/tokens"]["post"]["security"]
    assert paths["/api/v1/session"]["post"]["security"] == []


def test_a_route_that_is_not_in_the_catalogue_is_not_invented(app):
    rules = [rule for rule in app.server.url_map.iter_rules() if rule.endpoint == "health"]
    assert document(rules)["paths"] == {}


@pytest.mark.slow
def test_the_program_in_the_documents_draws_a_box(app, client, project):
    token = client.post("/api/v1/tokens", json={"name": "robot", "scope": "annotate"})
    program = fenced((ROOT / "docs" / "rest.md").read_text(encoding="utf-8"), "python")
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        place = {"SERVER": f"http://127.0.0.1:{server.port}", "TOKEN": token.json["token"]}
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **place},
            capture_output=True,
            text=True,
        )
    finally:
        server.shutdown()
        serving.join()
    assert (done.stdout, done.stderr) == ("accepted\n", "")
    (drawn,) = project.annotations(1)
    assert (drawn.source, drawn.area) == ("robot", 200)
