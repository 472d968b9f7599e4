"""Apps are made from their arguments alone: many in one process, nothing taken from outside."""

import os
import subprocess
import sys

import pytest

from datasetbuilder.api import open_workspace
from datasetbuilder.app import ids
from datasetbuilder.app.factory import frame
from datasetbuilder.app.services import services_of
from tests.app.requests import logged_in


def test_two_apps_in_one_process_do_not_mix(tmp_path, make_app, workspace, project):
    with open_workspace(tmp_path / "other") as other:
        first, second = make_app(), make_app(other)
        assert '"slug":"cats"' in logged_in(first).get("/api/v1/projects").text
        assert logged_in(second).get("/api/v1/projects").json == {"projects": []}
        assert services_of(first) is not services_of(second)
        assert set(first.callback_map) == set(second.callback_map)


@pytest.mark.parametrize(
    "variables",
    [
        {"DASH_DEBUG": "true", "DASH_UI": "true", "DASH_HOT_RELOAD": "true"},
        {"DASH_MCP_ENABLED": "true", "DASH_MCP_PATH": "assets"},
        {"DASH_PRUNE_ERRORS": "true", "DASH_SERVE_DEV_BUNDLES": "true"},
        {"DASH_ASSETS_EXTERNAL_PATH": "https://evil.example/"},
        {"DASH_URL_BASE_PATHNAME": "/elsewhere/"},
        {"DASH_SUPPRESS_CALLBACK_EXCEPTIONS": "false", "DASH_COMPRESS": "true"},
        {"DASH_INCLUDE_ASSETS_FILES": "false"},
        {"DASH_REQUESTS_PATHNAME_PREFIX": "/elsewhere/", "DASH_APP_NAME": "elsewhere"},
        {"dash_debug": "true", "dash_mcp_enabled": "true"},
        {"HOST": "0.0.0.0", "PORT": "1", "FLASK_DEBUG": "1", "FLASK_ENV": "development"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_variables_of_the_environment_change_nothing(make_app, monkeypatch, variables):
    plain = make_app()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    app = make_app()
    assert {rule.rule for rule in app.server.url_map.iter_rules()} == {
        rule.rule for rule in plain.server.url_map.iter_rules()
    }
    assert logged_in(app).get("/_mcp").mimetype == "text/html"
    assert logged_in(app).post("/_mcp", json={}).status_code == 405
    assert dict(app._dev_tools) == dict(plain._dev_tools)
    assert not any(app._dev_tools[name] for name in ("ui", "hot_reload", "props_check"))
    assert _scripts(logged_in(app)) == _scripts(logged_in(plain))
    assert {name: os.environ[name] for name in variables} == variables
    assert app.server.debug is False


def _scripts(client) -> list[str]:
    return [
        line for line in client.get("/").text.splitlines() if "<script" in line and "src" in line
    ]


def test_the_frame_holds_the_address_the_notice_and_the_page():
    held = {getattr(child, "id", None) for child in frame().children}
    assert held == {ids.LOCATION, ids.NOTICE, ids.PAGE}


def test_the_title_stays_while_callbacks_run(app):
    assert app.config.update_title is None


@pytest.mark.slow
def test_nothing_heavy_is_loaded_to_serve():
    code = (
        "import sys, datasetbuilder.app.serving\n"
        "heavy = {'sklearn', 'skimage', 'scipy', 'pandas', 'pyarrow', 'cv2', 'imagecodecs',"
        " 'dash_mantine_components', 'datasetbuilder.app.refine_worker'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
